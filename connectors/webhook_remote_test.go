package connectors

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/bol"
	"github.com/koppel-io/koppel/fakes/exact"
)

// endpoint takes the calls of a remote as our server would, by a connector's words.
type endpoint struct {
	*httptest.Server
	receiver *rest.Receiver
	mu       sync.Mutex
	keys     map[string]string
	taken    []taken
	pings    int
}

// taken is a call that was verified, with what follows from it.
type taken struct {
	event   rest.Event
	effects []rest.Effect
}

func newEndpoint(t *testing.T, c *Connector, by Caller) *endpoint {
	t.Helper()
	receiver, err := c.Receiver(by)
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{receiver: receiver}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		call := &rest.Call{Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body}
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, ping, err := receiver.Ping(call); ping && err == nil {
			e.pings++
			return
		}
		if err := receiver.Verify(call, e.keys, time.Now()); err != nil {
			t.Logf("refused %s: %v", body, err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		event, err := receiver.Event(call, "")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		effects, err := receiver.Effects(event.Topic, r.Header.Get("Content-Type"), body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		e.taken = append(e.taken, taken{event, effects})
	}))
	t.Cleanup(e.Close)
	return e
}

// await waits for a call that is as is wants it.
func (e *endpoint) await(t *testing.T, what string, is func(taken) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		e.mu.Lock()
		for _, one := range e.taken {
			if is(one) {
				e.mu.Unlock()
				return
			}
		}
		all := e.taken
		e.mu.Unlock()
		select {
		case <-ctx.Done():
			t.Fatalf("no call of %s; there were %+v", what, all)
		case <-tick.C:
		}
	}
}

func TestBolTellsByWebhook(t *testing.T) {
	t.Parallel()
	account, client := newBol(t, bol.Config{Orders: 3})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go account.Run(ctx)
	source, err := ReadSource("bol")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	e := newEndpoint(t, c, Caller{Settings: c.Defaults(nil)})
	if e.keys, err = client.PublicKeys(ctx); err != nil || len(e.keys) != 1 {
		t.Fatalf("keys %v, %v", e.keys, err)
	}
	subscriptions, topics := c.Subscriptions(c.Defaults(nil))
	if len(subscriptions) != 1 || subscriptions[0] != AllTopics {
		t.Fatalf("subscriptions %v of %v", subscriptions, topics)
	}
	sub := rest.Subscription{Topic: AllTopics, Topics: topics, Callback: e.URL + "/hooks/abc"}
	if sub.ID, err = client.Subscribe(ctx, sub); err != nil {
		t.Fatal(err)
	}
	if ids, err := client.Subscriptions(ctx, sub, e.URL+"/hooks/a"); err != nil || len(ids) != 1 || ids[0] != sub.ID {
		t.Errorf("listed %v, %v", ids, err)
	}
	if _, err := account.PlaceOrder(bol.NewOrder{Items: []bol.NewItem{{EAN: "8712345000017"}}}); err != nil {
		t.Fatal(err)
	}
	e.await(t, "an order", func(one taken) bool {
		return one.event.Topic == "ORDER" && len(one.effects) == 1 && one.effects[0].Changed && one.effects[0].Stream == "order_changes"
	})
	if standing, err := client.SubscriptionHealth(ctx, sub); err != nil || standing != rest.Stands {
		t.Errorf("it stands as %v, %v", standing, err)
	}
	if err := client.RenewSubscription(ctx, sub); err != nil {
		t.Error(err)
	}
	if err := client.Unsubscribe(ctx, sub); err != nil {
		t.Error(err)
	}
}

func TestExactTellsByWebhook(t *testing.T) {
	t.Parallel()
	a := newAdministration(t, exact.Config{Items: 40, Seed: 7, PlainCallbacks: true}, nil)
	c := a.run.connector
	app := map[string]koppel.Secret{"client_id": koppel.NewSecret("fake-app"), "client_secret": koppel.NewSecret("fake-secret"), "webhook_secret": koppel.NewSecret("fake-webhook-secret")}
	e := newEndpoint(t, c, Caller{App: app, Captured: map[string]any{"division": int64(123456)}, Settings: c.Defaults(nil)})
	sub := rest.Subscription{Topic: "Items", Callback: e.URL + "/hooks/abc"}
	if _, err := a.run.client.Subscribe(t.Context(), sub); koppel.KindOf(err) != koppel.KindConflict || !strings.Contains(err.Error(), "app-credential") {
		t.Errorf("without a secret it is subscribed all the same: %v", err)
	}
	client := a.client(app)
	var err error
	if sub.ID, err = client.Subscribe(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	if e.pings != 1 {
		t.Errorf("%d empty calls", e.pings)
	}
	again := sub
	if _, err := client.Subscribe(t.Context(), again); err == nil {
		t.Error("a topic is subscribed to twice")
	}
	if err := a.site.Mutate(123456, 60); err != nil {
		t.Fatal(err)
	}
	e.await(t, "an item", func(one taken) bool {
		return one.event.Topic == "Items" && len(one.effects) == 1 && one.effects[0].Stream == "items" && len(one.effects[0].IDs) == 1
	})
	if ids, err := client.Subscriptions(t.Context(), sub, e.URL+"/hooks/a"); err != nil || len(ids) != 1 || ids[0] != sub.ID {
		t.Errorf("listed %v, %v", ids, err)
	}
	if standing, err := client.SubscriptionHealth(t.Context(), sub); err != nil || standing != rest.Stands {
		t.Errorf("it stands as %v, %v", standing, err)
	}
	if err := client.Unsubscribe(t.Context(), sub); err != nil {
		t.Error(err)
	}
	if standing, err := client.SubscriptionHealth(t.Context(), sub); err != nil || standing != rest.Lost {
		t.Errorf("ended, it stands as %v, %v", standing, err)
	}
	if err := e.receiver.Verify(&rest.Call{Body: []byte(`{"Content":{},"HashCode":""}`)}, nil, time.Now()); koppel.KindOf(err) != koppel.KindAuth || errors.Is(err, rest.ErrUnknownKey) {
		t.Errorf("an unsigned call: %v", err)
	}
}
