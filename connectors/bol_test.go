package connectors

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/bol"
)

// newBol is a client of the connector on a fake account of its own.
func newBol(t *testing.T, cfg bol.Config) (*bol.Account, *rest.Client) {
	t.Helper()
	account, err := bol.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account.Handler())
	t.Cleanup(func() { account.Close(); server.Close() })
	source, err := ReadSource("bol")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.NewTransport(rest.TransportConfig{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	credentials := map[string]koppel.Secret{}
	for name, value := range map[string]string{"client_id": "client_demo", "client_secret": "secret_demo", "api_url": server.URL, "login_url": server.URL} {
		credentials[name] = koppel.NewSecret(value)
	}
	client, err := rest.NewClient(rest.ClientConfig{
		Manifest: c.Manifest, Credentials: credentials, CredentialKey: t.Name(), Transport: transport,
		Settings: c.Defaults(map[string]any{"orders_per_minute": int64(600), "order_details_per_minute": int64(6000)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return account, client
}

// readBol reads a stream to its end and gives the records by id.
func readBol(t *testing.T, c *rest.Client, stream string, opts rest.ReadOptions) (map[string]string, rest.End) {
	t.Helper()
	r, err := c.Read(stream, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	records := map[string]string{}
	for {
		page, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return records, r.End()
		}
		if pending := (*rest.Pending)(nil); errors.As(err, &pending) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page.Records {
			if record.Err != nil {
				t.Errorf("record %s: %v", record.Raw, record.Err)
			}
			records[record.ID] = string(record.Raw)
		}
		page.Release()
	}
}

// One token serves every request, until bol takes it no more: then one more is
// got. Three months of orders are read day by day, each of them.
func TestBolReadsEveryOrderWithOneToken(t *testing.T) {
	t.Parallel()
	account, client := newBol(t, bol.Config{NoLimits: true, Orders: 120, Offers: 60})
	orders, end := readBol(t, client, "order_changes", rest.ReadOptions{})
	if len(orders) != 120 || !end.Complete {
		t.Errorf("%d orders, %+v", len(orders), end)
	}
	for id, raw := range orders {
		detail, _ := readBol(t, client, "orders", rest.ReadOptions{Parent: &rest.ParentRecord{ID: id, Raw: []byte(raw)}})
		var order struct {
			Items []struct {
				Price float64 `json:"unitPrice"`
			} `json:"orderItems"`
		}
		if err := json.Unmarshal([]byte(detail[id]), &order); err != nil || len(order.Items) == 0 || order.Items[0].Price <= 0 {
			t.Fatalf("order %s: %s, %v", id, detail[id], err)
		}
	}
	if n := account.Ledger().Tokens; n != 1 {
		t.Errorf("%d tokens were asked for, want 1", n)
	}
	account.RevokeTokens()
	if recent, _ := readBol(t, client, "order_changes", rest.ReadOptions{Since: time.Now().Add(-10 * time.Minute)}); len(recent) > 5 {
		t.Errorf("%d orders changed in the last minutes", len(recent))
	}
	if n := account.Ledger().Tokens; n != 2 {
		t.Errorf("%d tokens after the first was revoked, want 2", n)
	}
	if offers, end := readBol(t, client, "offers", rest.ReadOptions{}); len(offers) != 60 || !end.Complete {
		t.Errorf("%d offers, %+v", len(offers), end)
	}
}

// A write that bol took is done when its process status says so, and no sooner;
// what bol refuses later was not done.
func TestBolStockIsDoneWithItsProcess(t *testing.T) {
	t.Parallel()
	account, client := newBol(t, bol.Config{NoLimits: true, Orders: -1, Offers: 4, ProcessPolls: 2})
	offer := account.Offers()[0]
	target := int64(offer.Stock + 7)
	push := rest.Pushing{Object: koppel.Stock, Operation: rest.PushSetTo, ID: offer.ID, Target: target}
	push.Save = func(_ context.Context, state rest.PushState) error { push.State = state; return nil }
	waits := 0
	for {
		result, err := client.Push(t.Context(), push)
		if err != nil {
			t.Fatal(err)
		}
		if result.Wait == 0 {
			break
		}
		waits++
		if waits > 5 {
			t.Fatal("the write is never done")
		}
	}
	if waits != 2 || account.Offers()[0].Stock != int(target) || len(account.Effects()) != 1 {
		t.Errorf("after %d waits the stock is %d, want %d; writes %+v", waits, account.Offers()[0].Stock, target, account.Effects())
	}
	if err := account.Misbehave(bol.Misbehaviour{Faults: []bol.Fault{{Kind: bol.ProcessFailure, Method: "PUT", Times: 1}}}); err != nil {
		t.Fatal(err)
	}
	push.State, push.Target = rest.PushState{}, int64(1)
	for range 4 {
		result, err := client.Push(t.Context(), push)
		if err != nil {
			if account.Offers()[0].Stock != int(target) {
				t.Errorf("failed, and the stock is %d", account.Offers()[0].Stock)
			}
			return
		}
		if result.Wait == 0 {
			break
		}
	}
	t.Error("a write that bol failed counts as done")
}
