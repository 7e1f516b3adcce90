package temporal

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
)

func newCodec(t *testing.T, primary string, ids ...string) *Codec {
	t.Helper()
	keys := map[string][]byte{}
	for _, id := range ids {
		keys[id] = bytes.Repeat([]byte(id[:1]), 32)
	}
	codec, err := NewCodec(primary, keys)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func payload(t *testing.T, value any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCodecHidesInputsAndKeepsSummariesReadable(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, "a", "a")
	input := payload(t, activities.RunRef{Webshop: 7, Run: 9, ID: "0197-secret"})
	summary := payload(t, "full products of woocommerce")
	sealed, err := codec.Encode([]*commonpb.Payload{input, summary})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed[0].Data, []byte("0197-secret")) {
		t.Error("the sealed payload shows its content")
	}
	if diff := cmp.Diff(summary, sealed[1], protocmp.Transform()); diff != "" {
		t.Errorf("the summary changed:\n%s", diff)
	}
	opened, err := codec.Decode(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*commonpb.Payload{input, summary}, opened, protocmp.Transform()); diff != "" {
		t.Errorf("decoded payloads differ:\n%s", diff)
	}
}

func TestCodecRotates(t *testing.T) {
	t.Parallel()
	old := newCodec(t, "a", "a")
	sealed, err := old.Encode([]*commonpb.Payload{payload(t, activities.RunRef{Run: 1})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newCodec(t, "b", "a", "b").Decode(sealed); err != nil {
		t.Errorf("a payload of the old key cannot be read after rotation: %v", err)
	}
	if _, err := newCodec(t, "b", "b").Decode(sealed); koppel.KindOf(err) != koppel.KindInternal || !strings.Contains(err.Error(), "key a") {
		t.Errorf("Decode without the key = %v, want an error that names key a", err)
	}
	sealed[0].Data[len(sealed[0].Data)-1] ^= 1
	if _, err := old.Decode(sealed); err == nil {
		t.Error("a forged payload was accepted")
	}
}

func TestCodecEndpointNeedsTheToken(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, "a", "a")
	sealed, err := codec.Encode([]*commonpb.Payload{payload(t, activities.RunRef{ID: "visible"})})
	if err != nil {
		t.Fatal(err)
	}
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: sealed})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(codec.Handler(koppel.NewSecret("letmein"), "http://127.0.0.1:8233"))
	defer server.Close()
	for _, tc := range []struct {
		authorization string
		want          int
	}{
		{"", http.StatusUnauthorized}, {"Bearer wrong", http.StatusUnauthorized}, {"letmein", http.StatusUnauthorized},
		{"Bearer letmein", http.StatusOK}, {basic("wrong"), http.StatusUnauthorized}, {basic("letmein"), http.StatusOK},
	} {
		req, err := http.NewRequest(http.MethodPost, server.URL+"/decode", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", tc.authorization)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != tc.want {
			t.Errorf("authorization %q: status %d, want %d", tc.authorization, res.StatusCode, tc.want)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+password))
}

func TestScheduleIDIsOnePerLine(t *testing.T) {
	t.Parallel()
	wish := func(coupling, cron, zone string) string {
		return ScheduleID(activities.ScheduleWish{Tick: activities.Tick{CouplingRef: activities.CouplingRef{ID: coupling}, Cron: cron, Zone: zone}})
	}
	ids := map[string]bool{
		wish("c1", "0 3 * * *", "UTC"): true, wish("c1", "0 4 * * *", "UTC"): true,
		wish("c1", "0 3 * * *", "Europe/Amsterdam"): true, wish("c2", "0 3 * * *", "UTC"): true,
	}
	if len(ids) != 4 {
		t.Errorf("lines share an id: %v", ids)
	}
	if again := wish("c1", "0 3 * * *", "UTC"); !ids[again] {
		t.Errorf("the same line has another id, %s", again)
	}
}
