package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/bol"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var marketplaces = []scenario{
	{"a marketplace's orders find the shop's products and follow their changes", marketplaceOrdersFollow},
	{"tracking reaches the marketplace once though the answer was lost", trackingReachesTheMarketplace},
}

// market is a bol account that a webshop is coupled to.
type market struct {
	*site
	account *bol.Account
}

// newMarket couples a bol account to a webshop, as a draft.
func newMarket(t *testing.T, l *land, webshop client.Webshop, cfg bol.Config, role koppel.Role) *market {
	t.Helper()
	account, err := bol.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account.Handler())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); account.Run(ctx) }()
	t.Cleanup(func() { stop(); account.Close(); server.Close(); <-done })
	m := &market{&site{land: l, url: server.URL, webshop: webshop}, account}
	m.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: webshop.ID, Connector: "bol", Name: t.Name() + " bol",
		Settings:    map[string]any{"orders_per_minute": 600, "order_details_per_minute": 6000, "shipments_per_minute": 600, "role.products": role},
		Credentials: client.Credentials{"client_id": "client_demo", "client_secret": "secret_demo", "api_url": server.URL, "login_url": server.URL},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asked counts the requests of a route that the account has seen.
func (m *market) asked(method, path string) int64 {
	var n int64
	for _, c := range m.account.Ledger().Counts {
		if c.Method == method && c.Path == path {
			n += c.Count
		}
	}
	return n
}

const orderDetail = "/retailer/orders/{id}"

// sync.md 2 and the sheet: activation takes the orders of three months, an
// incremental read takes only what changed, an order that is cancelled as a
// whole counts as zero, and products are found and never made.
func marketplaceOrdersFollow(t *testing.T, l *land) {
	shop := newSite(t, l, demoshop.Config{Products: 20, Orders: -1})
	shop.activate(t)
	products := len(shop.objects(t, koppel.Products))
	var eans []string
	for _, o := range shop.objects(t, koppel.Products) {
		var ean string
		if err := json.Unmarshal(o.Values["ean_code"], &ean); err == nil && ean != "" {
			eans = append(eans, ean)
		}
	}
	if len(eans) < 10 {
		t.Fatalf("%d products with an EAN: too few to sell", len(eans))
	}
	m := newMarket(t, l, shop.webshop, bol.Config{Offers: len(eans), EANs: eans, Orders: 70, NoLimits: true}, koppel.RoleSecondary)
	m.activate(t)
	if now := len(shop.objects(t, koppel.Products)); now != products {
		t.Errorf("%d products, %d before the marketplace: it made some", now, products)
	}
	orders := m.objects(t, koppel.SellOrders)
	if len(orders) != 70 {
		t.Errorf("%d orders, bol has 70", len(orders))
	}
	for id, o := range orders {
		if unresolved := unresolvedLines(t, o); unresolved != 0 {
			t.Fatalf("order %s has %d lines without a product: %s", id, unresolved, o.Values["lines"])
		}
	}
	// A slice that ends within the orders asks for its last one again.
	if asked := m.asked("GET", orderDetail); asked < 70 || asked > 80 {
		t.Errorf("%d orders were read one by one, want each of 70", asked)
	}

	cancelled, err := m.account.PlaceOrder(bol.NewOrder{Items: []bol.NewItem{{EAN: eans[0], Quantity: 2}, {EAN: "8710000000003"}}})
	if err != nil {
		t.Fatal(err)
	}
	since := func() { m.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince}) }
	since()
	o := m.objects(t, koppel.SellOrders)[cancelled]
	if unresolvedLines(t, o) != 1 || !same(o, "status_remote", "OPEN") || !same(o, "cancelled", false) {
		t.Errorf("the new order is %s", o.Values)
	}
	if err := m.account.Apply(bol.Change{Order: cancelled, Cancel: true}); err != nil {
		t.Fatal(err)
	}
	before := m.asked("GET", orderDetail)
	since()
	if o = m.objects(t, koppel.SellOrders)[cancelled]; !same(o, "cancelled", true) || !same(o, "total_gross", "0") {
		t.Errorf("cancelled as a whole, the order is %s", o.Values)
	}
	if asked := m.asked("GET", orderDetail) - before; asked > 10 {
		t.Errorf("%d orders were read again for one that changed", asked)
	}
	before = m.asked("GET", orderDetail)
	m.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSingle, Numbers: []string{cancelled}})
	if asked := m.asked("GET", orderDetail) - before; asked != 1 {
		t.Errorf("%d requests for a single order", asked)
	}
	if ledger := m.account.Ledger(); ledger.Tokens > 2 {
		t.Errorf("%d tokens were asked for, one serves five minutes", ledger.Tokens)
	}
}

// unresolvedLines counts an order's lines that found no product.
func unresolvedLines(t *testing.T, o client.Object) int {
	t.Helper()
	var lines []struct {
		Product *struct {
			ID *string `json:"id"`
		} `json:"product"`
	}
	if err := json.Unmarshal(o.Values["lines"], &lines); err != nil {
		t.Fatalf("lines of %v: %v", o.Values, err)
	}
	n := 0
	for _, line := range lines {
		if line.Product == nil || line.Product.ID == nil || *line.Product.ID == "" {
			n++
		}
	}
	return n
}

// sync.md 2: the job of an export is a part of the position. The worker that
// ordered it is killed while bol makes it; the next one fetches that export.
func TestAnExportSurvivesAKilledWorker(t *testing.T) {
	t.Parallel()
	l := newLand(t, landConfig{noWorker: true})
	first := l.workApart(t)
	webshop, err := l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"})
	if err != nil {
		t.Fatal(err)
	}
	m := newMarket(t, l, webshop, bol.Config{Offers: 40, Orders: -1, NoLimits: true, ProcessTime: 20 * time.Second}, koppel.RolePrimary)
	if _, err := l.api.Activate(t.Context(), m.coupling.ID); err != nil {
		t.Fatal(err)
	}
	run := m.stepRun(t, koppel.Products)
	m.awaitRun(t, run, "the run to wait for the export", func(r client.Run) bool {
		if r.State.Ended() {
			t.Fatalf("the run ended before it could be disturbed: %s", describeRun(r))
		}
		return r.State == koppel.RunWaiting
	})
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.workApart(t)
	if ended := m.ended(t, run); ended.State != koppel.RunSucceeded || ended.Counts.Records != 40 {
		t.Errorf("the run ended %s", describeRun(ended))
	}
	if exports := m.asked(http.MethodPost, "/retailer/offers/export"); exports != 1 {
		t.Errorf("%d exports were ordered, want 1: the job is gone on with", exports)
	}
	stock := map[string]int{}
	for _, offer := range m.account.Offers() {
		stock[offer.ID] = offer.Sellable
	}
	for id, o := range m.objects(t, koppel.Products) {
		if !same(o, "stock_level", stock[id]) {
			t.Errorf("offer %s has a stock of %s, bol tells %d", id, o.Values["stock_level"], stock[id])
		}
		delete(stock, id)
	}
	if len(stock) != 0 {
		t.Errorf("%d offers became no product", len(stock))
	}
}

// sync.md 6: what was sent of an order reaches the marketplace that it came
// from, with carrier and code, once though the answer was lost.
func trackingReachesTheMarketplace(t *testing.T, l *land) {
	shop := newSite(t, l, demoshop.Config{Products: 20, Orders: -1})
	shop.activate(t)
	m := newMarket(t, l, shop.webshop, bol.Config{Offers: 5, Orders: 2, NoLimits: true}, koppel.RoleSecondary)
	if _, err := l.api.SetSettings(t.Context(), m.coupling.ID, map[string]any{"push.shipments": true}); err != nil {
		t.Fatal(err)
	}
	m.activate(t)
	number, err := m.account.PlaceOrder(bol.NewOrder{Items: []bol.NewItem{{EAN: "8710000000003", Quantity: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	m.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	if err := m.account.Misbehave(bol.Misbehaviour{Faults: []bol.Fault{{Kind: bol.ErrorAfter, Method: "POST", Path: "/retailer/shipments", Times: 1}}}); err != nil {
		t.Fatal(err)
	}
	before := m.account.State().Shipments
	if _, err := l.api.BookShipment(t.Context(), m.objects(t, koppel.SellOrders)[number].ID, client.NewShipment{Carrier: "POSTNL", TrackingCode: "3SKOPPEL7"}); err != nil {
		t.Fatal(err)
	}
	writes := m.sent(t, koppel.Shipments)
	if len(writes) != 1 || m.account.State().Shipments != before+1 {
		t.Fatalf("%d writes, %d shipments: %+v", len(writes), m.account.State().Shipments-before, writes)
	}
	m.sync(t, client.Sync{Object: koppel.Shipments, Mode: koppel.ModeFull})
	if o := m.objects(t, koppel.Shipments)[writes[0].RemoteID]; !same(o, "tracking_code", "3SKOPPEL7") || !same(o, "carrier", "POSTNL") {
		t.Errorf("read back it is %s", o.Values)
	}
	if again := m.sent(t, koppel.Shipments); len(again) != 1 {
		t.Errorf("what was read back is sent again: %+v", again)
	}
}

// sent waits until there are writes of a kind and all of them are sent.
func (s *site) sent(t *testing.T, object koppel.Object) []client.Write {
	t.Helper()
	await(t, "a write of "+string(object), func(context.Context) (bool, string) {
		all := s.pushes(t)
		return slices.ContainsFunc(all, func(w client.Write) bool { return w.Object == object }), fmt.Sprintf("%+v", all)
	})
	return slices.DeleteFunc(s.settled(t), func(w client.Write) bool { return w.Object != object })
}
