package main

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/picqer"
)

var shadowings = []scenario{
	{"a coupling in shadow reads, writes nothing, tells what another platform has otherwise, and cuts over", aShadowCutsOver},
	{"a coupling that was in shadow from the start subscribes to nothing until it cuts over", aShadowFromTheStart},
}

// sync.md 9, shadow: pull and compare with what another platform wrote, push nothing, report, then cut over.
func aShadowCutsOver(t *testing.T, l *land) {
	s := newStockedShop(t, l)
	first := s.awaitStock(t)
	before := len(s.settled(t))
	puts := s.asked("PUT", productPut)
	shadowed, err := l.api.SetShadow(t.Context(), s.coupling.ID, true, false)
	if err != nil || shadowed.Shadow == nil || shadowed.State != koppel.CouplingActive {
		t.Fatalf("in shadow: %+v, %v", shadowed, err)
	}
	s.count(t, 29)
	o, err := l.api.Object(t.Context(), koppel.Products, s.id)
	if err != nil || same(o, "stock_level", first) {
		t.Fatalf("the webshop's stock is %s, %v", o.Values["stock_level"], err)
	}
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if now := s.pushes(t); len(now) != before {
		t.Errorf("%d writes, %d before the shadow: %+v", len(now), before, now)
	}
	_, err = l.api.PlaceBuyOrder(t.Context(), s.draft(t).ID, s.coupling.ID)
	if wantProblem(t, err, koppel.KindConflict); !strings.Contains(err.Error(), "shadow") {
		t.Errorf("an order to a shadow: %v", err)
	}
	stops, err := l.api.PushStops(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, stop := range stops {
		if stop.Coupling == s.coupling.ID {
			_, err := l.api.EndPushStop(t.Context(), stop.ID)
			wantProblem(t, err, koppel.KindConflict)
		}
	}
	s.takeover(t)
	_, err = l.api.SetShadow(t.Context(), s.coupling.ID, false, false)
	wantProblem(t, err, koppel.KindConflict)
	if s.asked("PUT", productPut) != puts || len(s.shop.PurchaseOrders()) != 0 {
		t.Error("the shadow wrote to the shop")
	}
	after, err := l.api.CutOver(t.Context(), s.coupling.ID)
	if err != nil || after.Shadow != nil {
		t.Fatalf("after the cut over: %+v, %v", after.Shadow, err)
	}
	if stock := s.awaitStock(t); stock == first {
		t.Errorf("the shop still has %d", stock)
	}
	s.settled(t)
	if now := s.asked("PUT", productPut) - puts; now != 1 {
		t.Errorf("%d writes after the cut over, want the one stock that differed", now)
	}
	_, err = l.api.CutOver(t.Context(), s.coupling.ID)
	wantProblem(t, err, koppel.KindConflict)
}

// draft is a buy order that is not placed.
func (s *site) draft(t *testing.T) client.Object {
	t.Helper()
	order := client.NewBuyOrder{Webshop: s.webshop.ID, ExpectedDeliveryDate: "2031-05-06"}
	for _, supplier := range s.objects(t, koppel.Suppliers) {
		order.Supplier = supplier.ID
	}
	for _, product := range s.objects(t, koppel.Products) {
		order.Lines = []client.NewBuyOrderLine{{Product: product.ID, Quantity: 3, SubtotalValue: "25.00"}}
	}
	draft, err := s.land.api.CreateBuyOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// takeover imports what another platform has of the shop, with one of each kind of difference, and wants them told.
func (s *stockedShop) takeover(t *testing.T) {
	t.Helper()
	all := s.truths(t)
	var rows []koppel.TakeoverRow
	for i, p := range all {
		row := koppel.TakeoverRow{Object: koppel.Products, RemoteID: fmt.Sprint(p.ID), ID: fmt.Sprint("their-", p.ID), SKU: p.SKU, Fields: map[string]any{"name": p.Name}}
		switch i {
		case 0:
			continue // they never had it
		case 1:
			row.SKU = "ANOTHER"
		case 2:
			row.Fields["name"] = "Another name"
		case 4:
			row.ID = rows[2].ID // one there, two here
		}
		rows = append(rows, row)
	}
	rows = append(rows, koppel.TakeoverRow{Object: koppel.Products, RemoteID: "424242", ID: "their-lost"})
	for range 2 { // importing again changes nothing
		if err := s.land.api.ImportTakeover(t.Context(), s.coupling.ID, rows); err != nil {
			t.Fatal(err)
		}
	}
	report, err := s.land.api.Takeover(t.Context(), s.coupling.ID)
	if err != nil || len(report.Objects) != 1 {
		t.Fatalf("report %+v, %v", report, err)
	}
	n := report.Objects[0]
	if n.Theirs != int64(len(rows)) || n.Ours != int64(len(all)) || n.OnlyTheirs != 1 || n.OnlyOurs != 1 || n.LinkedOtherwise != 3 || n.Fields["name"] != 1 || len(n.Fields) != 1 {
		t.Errorf("counts %+v", n)
	}
	for what, id := range map[koppel.TakeoverKind]string{koppel.OnlyTheirs: "424242", koppel.OnlyOurs: fmt.Sprint(all[0].ID), koppel.OtherValue: fmt.Sprint(all[2].ID), koppel.LinkedOtherwise: fmt.Sprint(all[1].ID)} {
		if !slices.ContainsFunc(report.Differing, func(d koppel.TakeoverDifference) bool { return d.What == what && d.RemoteID == id }) {
			t.Errorf("the report does not list %s %s: %+v", what, id, report.Differing)
		}
	}
	err = s.land.api.ImportTakeover(t.Context(), s.coupling.ID, []koppel.TakeoverRow{{Object: koppel.Products, RemoteID: "1", Fields: map[string]any{"colour": "red"}}})
	wantProblem(t, err, koppel.KindInvalidRequest)
}

func aShadowFromTheStart(t *testing.T, l *land) {
	remote, err := picqer.New(picqer.Config{Products: 12, Suppliers: 1, Orders: 3, RateLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(remote.Handler())
	t.Cleanup(func() { remote.Close(); server.Close() })
	a := &account{Account: remote, site: &site{land: l, url: server.URL}}
	if a.webshop, err = l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"}); err != nil {
		t.Fatal(err)
	}
	if a.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: a.webshop.ID, Connector: "picqer", Name: t.Name(), Settings: map[string]any{"main_warehouse": "1", "push.line_price": true},
		Credentials: client.Credentials{"url": server.URL, "api_key": "picqer_demo"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.api.SetShadow(t.Context(), a.coupling.ID, true, false); err != nil {
		t.Fatal(err)
	}
	_, err = l.api.CutOver(t.Context(), a.coupling.ID)
	wantProblem(t, err, koppel.KindConflict)
	a.activate(t)
	if hooks, err := l.api.Hooks(t.Context(), a.coupling.ID); err != nil || len(hooks) != 0 {
		t.Errorf("a shadow subscribes to %+v, %v", hooks, err)
	}
	if c := a.compare(t, koppel.Products, 20)["products"]; c.Outcomes[koppel.ComparedSame] == 0 || len(c.Differing) != 0 {
		t.Errorf("compared with the remote: %+v", c)
	}
	draft := a.buy(t)
	_, err = l.api.PlaceBuyOrder(t.Context(), draft.ID, "")
	wantProblem(t, err, koppel.KindConflict)
	if _, err := l.api.CutOver(t.Context(), a.coupling.ID); err != nil {
		t.Fatal(err)
	}
	a.awaitHook(t, "products.changed", "the webhook to be made after the cut over", func(h client.Hook) bool { return h.State == "active" })
	a.awaitWrite(t, a.place(t, draft.ID), "sent")
	if ledger := a.Ledger(); ledger.PurchaseOrders != 1 {
		t.Errorf("ledger %+v", ledger)
	}
}
