package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/temporaltest"
)

// With a codec on, Temporal stores no input, result or failure that can be read without the key; what people look for
// in its UI stays readable, and the server's endpoint decodes the rest for whoever has the token.
func TestTemporalStoresNothingReadable(t *testing.T) {
	t.Parallel()
	codec, err := temporal.NewCodec("k1", map[string][]byte{"k1": bytes.Repeat([]byte("k"), 32)})
	if err != nil {
		t.Fatal(err)
	}
	l := newLand(t, landConfig{codec: codec})
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Challenge, Path: "/suppliers", Share: 1})
	failed := s.ended(t, s.start(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull}))
	if failed.Error == nil || failed.Error.Detail == "" {
		t.Fatalf("the run ended %s", describeRun(failed))
	}
	s.misbehave(t, demoshop.Fault{Kind: demoshop.RateLimit, Path: "/products", Times: 1, RetryAfter: 1})
	waited := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})

	raw := l.config.Temporal
	raw.Codec = nil
	plain := temporaltest.Dial(t, raw)
	var sealed []json.RawMessage
	var readable []string
	for _, id := range []string{failed.WorkflowID, waited.WorkflowID, koppel.ActivateWorkflowID(s.coupling.ID)} {
		h := plain.History(t, id)
		if strings.Contains(string(h.JSON(t)), failed.Error.Detail) {
			t.Errorf("the history of %s shows what the remote said: %q", id, failed.Error.Detail)
		}
		for _, p := range h.Payloads(t) {
			if p.Encoding == "binary/koppel-aes-gcm" {
				sealed = append(sealed, p.JSON)
				continue
			}
			var summary string
			if err := json.Unmarshal(p.Data, &summary); err != nil {
				t.Errorf("a payload of %s can be read and is no summary: %s", id, p.Data)
			}
			readable = append(readable, summary)
		}
	}
	for _, want := range []string{"read products", "finish run", "wait as long as the remote asks"} {
		if !strings.Contains(strings.Join(readable, "\n"), want) {
			t.Errorf("no summary reads %q: %q", want, readable)
		}
	}
	wantDecoded(t, l, codec, sealed, waited.ID)
}

// wantDecoded asks a server's codec endpoint for the payloads and looks for a run among them.
func wantDecoded(t *testing.T, l *land, codec *temporal.Codec, sealed []json.RawMessage, run string) {
	t.Helper()
	const token, origin = "open sesame", "http://127.0.0.1:8233"
	config := l.as(l.databases.app)
	config.Temporal.Codec = codec
	server, err := process.NewServer(t.Context(), process.ServerConfig{
		Config: config, Listen: host + ":0", CodecToken: koppel.NewSecret(token), CodecOrigin: origin,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.run(t, "server with the codec endpoint", server.Run)
	body, err := json.Marshal(map[string]any{"payloads": sealed})
	if err != nil {
		t.Fatal(err)
	}
	for authorization, want := range map[string]int{"": http.StatusUnauthorized, "Bearer guess": http.StatusUnauthorized, "Bearer " + token: http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.Address()+"/codec/decode", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", authorization)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want || res.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("authorization %q: status %d for origin %q", authorization, res.StatusCode, res.Header.Get("Access-Control-Allow-Origin"))
		}
		if want != http.StatusOK {
			continue
		}
		var decoded struct {
			Payloads []struct{ Data []byte }
		}
		if err := json.Unmarshal(answer, &decoded); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, p := range decoded.Payloads {
			found = found || strings.Contains(string(p.Data), fmt.Sprintf(`"id":%q`, run))
		}
		if len(decoded.Payloads) != len(sealed) || !found {
			t.Errorf("%d of %d payloads came back, with run %s: %v", len(decoded.Payloads), len(sealed), run, found)
		}
	}
}
