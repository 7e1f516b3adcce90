package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/picqer"
)

var webhooks = []scenario{
	{"what a warehouse tells by webhook arrives without a scan", aWebhookArrives},
	{"a repeated call is stored once, an unsigned or stale one is refused", callsAreVerifiedOnce},
	{"a storm of calls is coalesced into few runs", aStormIsCoalesced},
	{"what only the sweep found is counted", theSweepIsCounted},
	{"a webhook that the remote switched off or lost is made anew, and a rotated one replaced", subscriptionsAreSeenTo},
}

// hooks are the coupling's webhooks by topic.
func (s *site) hooks(t *testing.T) map[string]client.Hook {
	t.Helper()
	list, err := s.land.api.Hooks(t.Context(), s.coupling.ID)
	if err != nil {
		t.Fatal(err)
	}
	byTopic := map[string]client.Hook{}
	for _, h := range list {
		if h.State != "leaving" {
			byTopic[h.Topic] = h
		}
	}
	return byTopic
}

// awaitHook waits until the webhook of a topic is as is wants it.
func (s *site) awaitHook(t *testing.T, topic, what string, is func(client.Hook) bool) (h client.Hook) {
	t.Helper()
	await(t, what, func(context.Context) (bool, string) {
		h = s.hooks(t)[topic]
		return is(h), fmt.Sprintf("%+v", h)
	})
	return h
}

// aWebhookArrives follows a change from the warehouse to the object: by a call that holds the record, and by one
// whose record is read.
func aWebhookArrives(t *testing.T, l *land) {
	a := newAccount(t, l)
	for topic, h := range a.hooks(t) {
		if h.State != "active" || h.RemoteID == "" {
			t.Errorf("the webhook of %s is %+v", topic, h)
		}
	}
	id := a.product(t)
	if err := a.SetStock(number(t, id), 1, 77); err != nil {
		t.Fatal(err)
	}
	a.awaitStock(t, id)
	// Some of them are of the warehouse that the coupling takes orders from.
	orders, err := a.Insert("orders", 8)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range orders {
		if err := a.SetOrderStatus(id, "completed"); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "an order to arrive", func(context.Context) (bool, string) {
		have := a.objects(t, koppel.SellOrders)
		return slices.ContainsFunc(orders, func(id int64) bool { _, there := have[fmt.Sprint(id)]; return there }), "none is there"
	})
	run := a.ended(t, a.hookRuns(t)[0].ID)
	if run.Mode != koppel.ModeSingle || run.State != koppel.RunSucceeded {
		t.Errorf("the run is %s", describeRun(run))
	}
	if told := strings.Join(a.events(t, run.ID), "\n"); !strings.Contains(told, `named {"calls":`) {
		t.Errorf("the run tells %s", told)
	}
}

// product is the first product, of which nothing is parked.
func (a *account) product(t *testing.T) string {
	t.Helper()
	return slices.Min(slices.Collect(maps.Keys(a.objects(t, koppel.Products))))
}

// awaitStock waits until a product's stock is the warehouse's.
func (a *account) awaitStock(t *testing.T, id string) {
	t.Helper()
	stock := a.FreeStock(number(t, id), 1)
	await(t, "the stock to arrive", func(context.Context) (bool, string) {
		o := a.objects(t, koppel.Products)[id]
		return same(o, "stock_level", stock), string(o.Values["stock_level"])
	})
}

// hookRuns are the coupling's runs that webhooks asked for, newest first.
func (s *site) hookRuns(t *testing.T) []client.Run {
	t.Helper()
	page, err := s.land.api.Runs(t.Context(), client.RunFilter{Coupling: s.coupling.ID, Page: client.Page{Limit: pageSize}})
	if err != nil {
		t.Fatal(err)
	}
	var runs []client.Run
	for _, run := range page.Data {
		if run.Trigger == koppel.TriggerWebhook {
			runs = append(runs, run)
		}
	}
	if len(runs) == 0 {
		t.Fatal("no run was asked for by a webhook")
	}
	return runs
}

// delivery waits for a call that the warehouse made of an event.
func (a *account) delivery(t *testing.T, event string) (d picqer.Delivery) {
	t.Helper()
	await(t, "a call of "+event, func(context.Context) (bool, string) {
		for _, one := range a.Deliveries() {
			if one.Event == event && one.Status/100 == 2 {
				d = one
				return true, ""
			}
		}
		return false, fmt.Sprintf("%d calls", len(a.Deliveries()))
	})
	return d
}

// callsAreVerifiedOnce replays a call as it came, and sends others that are not the warehouse's.
func callsAreVerifiedOnce(t *testing.T, l *land) {
	a := newAccount(t, l)
	ids, err := a.Insert("orders", 1)
	if err != nil {
		t.Fatal(err)
	}
	made := a.delivery(t, "orders.created")
	address, secret := a.Hook(made.Hook)
	send := func(method string, body, signature string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		if signature != "" {
			r.Header.Set("X-Picqer-Signature", signature)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	sign := func(body string) string { return picqer.Sign([]byte(body), secret) }
	stale := strings.Replace(made.Body, `"event_triggered_at":"20`, `"event_triggered_at":"19`, 1)
	for _, c := range []struct {
		what, method, body, signature string
		status                        int
	}{
		{"the same again", http.MethodPost, made.Body, sign(made.Body), 200},
		{"the same by PUT", http.MethodPut, made.Body, sign(made.Body), 200},
		{"not signed", http.MethodPost, made.Body, "", 401},
		{"signed by another secret", http.MethodPost, made.Body, picqer.Sign([]byte(made.Body), secret+"x"), 401},
		{"another body", http.MethodPost, made.Body + " ", sign(made.Body), 401},
		{"stale", http.MethodPost, stale, sign(stale), 401},
		{"too large", http.MethodPost, strings.Repeat("x", 3<<20), "", 413},
		{"by GET", http.MethodGet, "", "", 405},
	} {
		if status := send(c.method, c.body, c.signature); status != c.status {
			t.Errorf("%s is answered %d, want %d", c.what, status, c.status)
		}
	}
	if r, err := http.Post(l.url+"/hooks/"+strings.Repeat("a", 64), "application/json", strings.NewReader("{}")); err != nil || r.StatusCode != 404 {
		t.Errorf("an unknown address is answered %v, %v", r, err)
	} else {
		_ = r.Body.Close()
	}
	h := a.hooks(t)["orders.created"]
	if h.Received != 1 || h.Repeated != 2 || h.Refused == 0 || h.RefusedFor == "" {
		t.Errorf("the webhook counts %+v", h)
	}
	await(t, "the order to be asked for", func(context.Context) (bool, string) { return len(a.hookRunsOf(t, fmt.Sprint(ids[0]))) > 0, "" })
	if runs := a.hookRunsOf(t, fmt.Sprint(ids[0])); len(runs) != 1 {
		t.Errorf("a repeated call led to %d runs", len(runs))
	}
}

// hookRunsOf are the runs that webhooks asked for which read a record.
func (s *site) hookRunsOf(t *testing.T, id string) (runs []client.Run) {
	t.Helper()
	page, err := s.land.api.Runs(t.Context(), client.RunFilter{Coupling: s.coupling.ID, Page: client.Page{Limit: pageSize}})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range page.Data {
		if run.Trigger == koppel.TriggerWebhook && run.Keys != nil && strings.Contains(strings.Join(run.Keys.RemoteIDs, " "), id) {
			runs = append(runs, run)
		}
	}
	return runs
}

// aStormIsCoalesced changes one product many times: what is read is the last state, by few runs.
func aStormIsCoalesced(t *testing.T, l *land) {
	a := newAccount(t, l)
	id := a.product(t)
	const changes = 200
	for i := range changes {
		if err := a.SetStock(number(t, id), 1, int64(1000+i)); err != nil {
			t.Fatal(err)
		}
	}
	a.awaitStock(t, id)
	runs := a.hookRuns(t)
	if len(runs) > 20 {
		t.Errorf("%d changes led to %d runs", changes, len(runs))
	}
	for _, run := range runs {
		if len(run.Keys.RemoteIDs) != 1 {
			t.Errorf("a run reads %v", run.Keys.RemoteIDs)
		}
	}
}

// theSweepIsCounted loses the call of a change; the scan finds it and says so.
func theSweepIsCounted(t *testing.T, l *land) {
	a := newAccount(t, l)
	if err := a.Misbehave(picqer.Misbehaviour{Hooks: picqer.HookFaults{Lost: 1}}); err != nil {
		t.Fatal(err)
	}
	id := a.product(t)
	if err := a.SetStock(number(t, id), 1, 4321); err != nil {
		t.Fatal(err)
	}
	run := a.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	a.awaitStock(t, id)
	var swept int64
	for _, e := range run.Evidence {
		swept += e.Swept
	}
	if swept != 1 {
		t.Errorf("the scan found %d changes that no call told: %+v", swept, run.Evidence)
	}
	if h := a.hooks(t)["products.changed"]; h.Swept != 1 || h.SweptAt == nil {
		t.Errorf("the webhook counts %+v", h)
	}
}

// hooksDue makes a coupling's webhooks due for a look.
func (l *land) hooksDue(t *testing.T, coupling string) {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), l.databases.owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
	if _, err := owner.Exec(t.Context(), `UPDATE hook SET due_at = now() WHERE coupling_id = (SELECT id FROM coupling WHERE uuid = $1)`, coupling); err != nil {
		t.Fatal(err)
	}
}

// subscriptionsAreSeenTo switches one off at the remote, loses another, and rotates a third.
func subscriptionsAreSeenTo(t *testing.T, l *land) {
	a := newAccount(t, l)
	before := a.hooks(t)
	a.SwitchOff(number(t, before["orders.created"].RemoteID))
	a.ForgetHook(number(t, before["orders.completed"].RemoteID))
	l.hooksDue(t, a.coupling.ID)
	for _, topic := range []string{"orders.created", "orders.completed"} {
		a.awaitHook(t, topic, topic+" to be made anew", func(h client.Hook) bool {
			return h.State == "active" && h.RemoteID != before[topic].RemoteID
		})
	}
	old := before["products.changed"]
	address, _ := a.Hook(number(t, old.RemoteID))
	fresh, err := l.api.RotateHook(t.Context(), old.ID)
	if err != nil || fresh.ID == old.ID || fresh.State != "wanted" {
		t.Fatalf("rotated to %+v: %v", fresh, err)
	}
	rotated := a.awaitHook(t, "products.changed", "the new one to be made", func(h client.Hook) bool { return h.ID == fresh.ID && h.State == "active" })
	if now, _ := a.Hook(number(t, rotated.RemoteID)); now == address || now == "" {
		t.Errorf("the address is still %s", now)
	}
	if gone, _ := a.Hook(number(t, old.RemoteID)); gone != "" {
		t.Errorf("the old one is still there: %s", gone)
	}
	id := a.product(t)
	if err := a.SetStock(number(t, id), 1, 55); err != nil {
		t.Fatal(err)
	}
	a.awaitStock(t, id)
}
