package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// patience is how long a test waits for one condition. It is long because many tests share two cores.
const patience = 2 * time.Minute

// await polls until done reports true; done's text says how it stands when time runs out.
func await(t *testing.T, what string, done func(ctx context.Context) (bool, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	stands := ""
	for {
		ok, how := done(ctx)
		if ok {
			return
		}
		if ctx.Err() == nil {
			stands = how
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; it stands at: %s", what, stands)
		case <-tick.C:
		}
	}
}

// site is a webshop of its own on a land, coupled to a demo shop of its own.
type site struct {
	land     *land
	shop     *demoshop.Shop
	url      string
	webshop  client.Webshop
	coupling client.Coupling
}

// newSite opens a demo shop and couples it, as a draft.
func newSite(t *testing.T, l *land, cfg demoshop.Config) *site {
	t.Helper()
	return newSiteOf(t, l, cfg, demoConnector)
}

// newSiteOf is newSite with another connector.
func newSiteOf(t *testing.T, l *land, cfg demoshop.Config, connector string) *site {
	t.Helper()
	s := &site{land: l}
	var err error
	cfg.Key, cfg.Secret = shopKey, shopSecret
	if s.shop, err = demoshop.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.shop.Handler())
	t.Cleanup(func() {
		// Requests that hang on request are let go first.
		if err := s.shop.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	s.url = server.URL
	if s.webshop, err = l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"}); err != nil {
		t.Fatal(err)
	}
	s.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: s.webshop.ID, Connector: connector, Name: t.Name(), Settings: demoSettings(), Credentials: s.credentials(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) credentials() client.Credentials {
	return client.Credentials{"store_url": s.url, "consumer_key": shopKey, "consumer_secret": shopSecret}
}

// activate asks for the activation and waits until the coupling is active.
func (s *site) activate(t *testing.T) {
	t.Helper()
	if _, err := s.land.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.awaitState(t, koppel.CouplingActive)
}

// awaitState waits until the coupling is in a state; a step that failed ends the wait.
func (s *site) awaitState(t *testing.T, state koppel.CouplingState) {
	t.Helper()
	await(t, "the coupling to be "+string(state), func(ctx context.Context) (bool, string) {
		coupling, err := s.land.api.Coupling(ctx, s.coupling.ID)
		if err != nil {
			return false, err.Error()
		}
		s.coupling = coupling
		if failed := failedStep(coupling); failed != "" && state == koppel.CouplingActive && coupling.State == koppel.CouplingActivating {
			t.Fatalf("the coupling is %s: %s", coupling.State, failed)
		}
		return coupling.State == state, fmt.Sprintf("%s %+v", coupling.State, coupling.Steps)
	})
}

// start asks for a run and gives its id.
func (s *site) start(t *testing.T, sync client.Sync) string {
	t.Helper()
	started, err := s.land.api.Sync(t.Context(), s.coupling.ID, sync)
	if err != nil {
		t.Fatalf("sync %+v: %v", sync, err)
	}
	return started.Run
}

// awaitRun waits until a run is as is wants it.
func (s *site) awaitRun(t *testing.T, id, what string, is func(client.Run) bool) client.Run {
	t.Helper()
	var run client.Run
	await(t, what, func(ctx context.Context) (bool, string) {
		var err error
		if run, err = s.land.api.Run(ctx, id); err != nil {
			return false, err.Error()
		}
		return is(run), describeRun(run)
	})
	return run
}

// ended waits for the end of a run.
func (s *site) ended(t *testing.T, id string) client.Run {
	t.Helper()
	return s.awaitRun(t, id, "the end of run "+id, func(r client.Run) bool { return r.State.Ended() })
}

// sync starts a run and wants it to succeed.
func (s *site) sync(t *testing.T, sync client.Sync) client.Run {
	t.Helper()
	run := s.ended(t, s.start(t, sync))
	if run.State != koppel.RunSucceeded {
		t.Fatalf("%s run of %s ended %s", sync.Mode, sync.Object, describeRun(run))
	}
	return run
}

func describeRun(r client.Run) string {
	text := fmt.Sprintf("%s, %+v, evidence %+v", r.State, r.Counts, r.Evidence)
	if r.Error != nil {
		text += fmt.Sprintf(", error %+v", *r.Error)
	}
	if r.Wait != nil {
		text += fmt.Sprintf(", wait %+v", *r.Wait)
	}
	return text
}

// events are the names of what happened in a run, in order.
func (s *site) events(t *testing.T, run string) []string {
	t.Helper()
	var names []string
	list := func(ctx context.Context, page client.Page) (client.List[client.Event], error) {
		return s.land.api.Timeline(ctx, run, page)
	}
	for event, err := range client.All(t.Context(), client.Page{Limit: pageSize}, list) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, event.Event+" "+string(event.Data))
	}
	return names
}

// objects are those of one kind in the webshop, by the remote id of this coupling; those gone there are left out.
func (s *site) objects(t *testing.T, kind koppel.Object) map[string]client.Object {
	t.Helper()
	byID := map[string]client.Object{}
	list := func(ctx context.Context, page client.Page) (client.List[client.Object], error) {
		return s.land.api.Objects(ctx, kind, client.ObjectFilter{Page: page, Webshop: s.webshop.ID})
	}
	for o, err := range client.All(t.Context(), client.Page{Limit: pageSize}, list) {
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range o.Sources {
			if source.Coupling != s.coupling.ID || source.GoneAt != nil {
				continue
			}
			if _, twice := byID[source.RemoteID]; twice {
				t.Errorf("two %s have remote id %s", kind, source.RemoteID)
			}
			byID[source.RemoteID] = o
		}
	}
	return byID
}

// truth is one product as the shop itself tells.
type truth struct {
	ID     int64  `json:"id"`
	Type   string `json:"type"`
	SKU    string `json:"sku"`
	Name   string `json:"name"`
	Manage any    `json:"manage_stock"`
	Stock  *int64 `json:"stock"`
}

// truths are the shop's products that can be bought.
func (s *site) truths(t *testing.T) []truth {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/_demo/truth/products", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all []truth
	for lines := json.NewDecoder(res.Body); lines.More(); {
		var line truth
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return slices.DeleteFunc(all, func(p truth) bool { return p.Type == "variable" })
}

// wantProducts compares every product with what the shop itself tells: none missing, none too many, name and stock equal.
func (s *site) wantProducts(t *testing.T) {
	t.Helper()
	have := s.objects(t, koppel.Products)
	want := s.truths(t)
	if len(have) != len(want) {
		t.Errorf("%d products, the shop has %d", len(have), len(want))
	}
	wrong := 0
	for _, p := range want {
		o, ok := have[fmt.Sprint(p.ID)]
		switch {
		case !ok:
			t.Errorf("product %d is missing", p.ID)
		case p.Type == "simple" && !same(o, "name", p.Name):
			t.Errorf("product %d is named %s, in the shop %q", p.ID, o.Values["name"], p.Name)
		case p.Stock != nil && !same(o, "unlimited_stock", true) && !same(o, "stock_level", *p.Stock):
			t.Errorf("product %d has a stock of %s, in the shop %d", p.ID, o.Values["stock_level"], *p.Stock)
		default:
			continue
		}
		if wrong++; wrong == 5 {
			t.Fatal("and so on")
		}
	}
}

// same reports whether a field of an object is value.
func same(o client.Object, field string, value any) bool {
	want, err := json.Marshal(value)
	if err != nil {
		return false
	}
	var a, b any
	return json.Unmarshal(o.Values[field], &a) == nil && json.Unmarshal(want, &b) == nil && a == b
}

// wantCounts compares how many objects of each kind there are with what the shop tells.
func (s *site) wantCounts(t *testing.T) {
	t.Helper()
	counts := s.shop.Counts()
	for kind, want := range map[koppel.Object]int{
		koppel.Products: counts.Products, koppel.SellOrders: counts.Orders,
		koppel.Suppliers: counts.Suppliers, koppel.SupplierProducts: counts.SupplierProducts,
	} {
		if got := len(s.objects(t, kind)); got != want {
			t.Errorf("%d %s, the shop has %d", got, kind, want)
		}
	}
}

// misbehave replaces how the shop misbehaves; none makes it behave.
func (s *site) misbehave(t *testing.T, faults ...demoshop.Fault) {
	t.Helper()
	if err := s.shop.Misbehave(demoshop.Misbehaviour{Faults: faults}); err != nil {
		t.Fatal(err)
	}
}

// wantAdvice checks kind, owner and that the next step names what it must.
func wantAdvice(t *testing.T, got *koppel.Advice, kind koppel.Kind, owner koppel.Owner, next string) {
	t.Helper()
	if got == nil {
		t.Fatalf("no error is shown, want %s", kind)
	}
	if got.Kind != kind || got.Owner != owner {
		t.Errorf("error %+v, want kind %s and owner %s", *got, kind, owner)
	}
	if !strings.Contains(got.Next, next) || got.Detail == "" || got.Title == "" {
		t.Errorf("error %+v, want a title, a detail and a next step that names %s", *got, next)
	}
}

// asked counts the requests of a route that the shop has seen.
func (s *site) asked(method, path string) int64 {
	var n int64
	for _, c := range s.shop.Ledger().Counts {
		if c.Method == method && c.Path == path {
			n += c.Count
		}
	}
	return n
}
