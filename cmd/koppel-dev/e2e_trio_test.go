package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/bol"
	"github.com/koppel-io/koppel/fakes/picqer"
)

var trios = []scenario{
	{"an ERP, a warehouse and a marketplace serve one webshop", threeSystemsOneWebshop},
}

// sync.md 4 to 9 with all three at once. The parts follow each other on one webshop.
func threeSystemsOneWebshop(t *testing.T, l *land) {
	s := newTrio(t, l)
	for _, part := range []struct {
		name string
		play func(*testing.T)
	}{
		{"link before create: no product is there twice", s.nothingIsThereTwice},
		{"survivorship: the stock is the warehouse's, the price the ERP's", s.stockAndPriceHaveTheirOwners},
		{"gone is a fact about a source: an offer that is dropped disables nothing", s.aDroppedOfferDisablesNothing},
		{"a buy order goes to one system, comes back as ours, and its receipt completes it", s.aBuyOrderGoesToOneSystem},
		{"an order of the marketplace takes stock and is tracked, and both are told once", s.anOrderTakesStock},
		{"one bad record never stops a good one", s.aBadOrderIsParked},
		{"a token that ends in the middle of a run is renewed once", s.aTokenEndsMidway},
		{"a login that is revoked in the middle of a run stops only its coupling", s.aLoginIsRevokedMidway},
		{"a warehouse that is removed leaves its objects and the stock falls back", s.theWarehouseIsRemoved},
	} {
		t.Run(part.name, part.play)
	}
}

func (s *trio) nothingIsThereTwice(t *testing.T) {
	truth := s.exact.Truth(division)
	pairs, names, codes := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, x := range truth.Suppliers {
		names[x.ID] = x.Name
	}
	for _, x := range truth.Products {
		codes[x.ID] = x.SKU
	}
	for _, x := range truth.SupplierProducts {
		pairs[names[x.Supplier]+" "+codes[x.Item]] = true
	}
	for _, g := range s.goods {
		if g.Supplier != 0 {
			pairs[fmt.Sprintf("Supplier %d %s", g.Supplier-30, g.SKU)] = true
		}
	}
	for kind, want := range map[koppel.Object]int{
		koppel.Products: erpItems + wmsProducts - shared, koppel.Suppliers: len(truth.Suppliers), koppel.SupplierProducts: len(pairs),
		koppel.ProductCompositions: len(truth.Compositions), koppel.SellOrders: len(truth.SellOrders), koppel.BuyOrders: len(truth.BuyOrders),
	} {
		if got := len(s.every(t, kind)); got != want {
			t.Errorf("%d %s, want %d", got, kind, want)
		}
	}
	for i, g := range s.goods {
		want := "erp wms market"
		switch {
		case i >= shared:
			want = "wms"
		case i >= sold:
			want = "erp wms"
		}
		if got := s.carriers(s.product(t, g.SKU)); got != want {
			t.Errorf("product %s is carried by %s, want %s", g.SKU, got, want)
		}
	}
	if held := len(s.market.objects(t, koppel.Products)); held != sold {
		t.Errorf("the marketplace found %d products, want %d and nothing made of the offer that nobody knows", held, sold)
	}
}

func (s *trio) stockAndPriceHaveTheirOwners(t *testing.T) {
	webshop := s.erp.webshop.ID
	if _, err := s.land.api.SetPriority(t.Context(), webshop, client.Rank{Object: koppel.Products, Group: "stock", Couplings: []string{s.wms.coupling.ID, s.erp.coupling.ID}}); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.exact.Truth(division).Products[:shared] {
		g := s.goods[i]
		free := s.wms.FreeStock(g.ID, 1)
		await(t, "the warehouse's stock of "+g.SKU, func(context.Context) (bool, string) {
			o := s.product(t, g.SKU)
			return same(o, "stock_level", free), string(o.Values["stock_level"])
		})
		o := s.product(t, g.SKU)
		if p.Price != nil && tell(koppel.Products, o) != fmt.Sprintf("%q %q %s %d enabled", p.Name, p.SKU, money(*p.Price), free) {
			t.Errorf("product %s is %s, want the ERP's name and price %s", g.SKU, tell(koppel.Products, o), money(*p.Price))
		}
	}
	explained, err := s.land.api.Explain(t.Context(), koppel.Products, s.product(t, s.goods[0].SKU).ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range explained.Fields {
		var from string
		if f.Source != nil {
			from = explained.Sources[*f.Source].Coupling
		}
		switch f.Field {
		case "stock_level":
			if f.Rule != koppel.RulePriority || from != s.wms.coupling.ID || len(f.Given) < 2 {
				t.Errorf("the stock is explained by %+v", f)
			}
		case "price":
			if f.Rule != koppel.RuleFirstActivated || from != s.erp.coupling.ID || !strings.Contains(f.Expression, "joined.prices") {
				t.Errorf("the price is explained by %+v", f)
			}
		}
	}
	s.market.settled(t)
	for _, offer := range s.market.account.Offers()[:sold] {
		for i, g := range s.goods[:sold] {
			if g.EAN != offer.EAN {
				continue
			}
			if free := s.wms.FreeStock(s.goods[i].ID, 1); int64(offer.Stock) != max(free, 0) {
				t.Errorf("the marketplace has %d of %s, the warehouse %d", offer.Stock, g.SKU, free)
			}
		}
	}
}

func (s *trio) aDroppedOfferDisablesNothing(t *testing.T) {
	dropped := s.goods[sold-1]
	for id, o := range s.market.objects(t, koppel.Products) {
		if same(o, "sku_code", dropped.SKU) {
			if err := s.market.account.Apply(bol.Change{Offer: id, Delete: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.market.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.market.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	await(t, "the source of the offer to be gone", func(context.Context) (bool, string) {
		o := s.product(t, dropped.SKU)
		return s.carriers(o) == "erp wms", fmt.Sprintf("%+v", o.Sources)
	})
	if o := s.product(t, dropped.SKU); !same(o, "status", "enabled") || o.StateReason != "" {
		t.Errorf("the product is %s for %q", o.Values["status"], o.StateReason)
	}
}

// supplier finds one by its name.
func (s *trio) supplier(t *testing.T, name string) string {
	t.Helper()
	for _, o := range s.every(t, koppel.Suppliers) {
		if same(o, "name", name) {
			return o.ID
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

func (s *trio) aBuyOrderGoesToOneSystem(t *testing.T) {
	before := len(s.every(t, koppel.BuyOrders))
	order := client.NewBuyOrder{
		Webshop: s.erp.webshop.ID, Supplier: s.supplier(t, "Supplier 2"), ExpectedDeliveryDate: "2031-05-06",
		Lines: []client.NewBuyOrderLine{
			{Product: s.product(t, s.goods[0].SKU).ID, Quantity: 12, SubtotalValue: "25.00"},
			{Product: s.product(t, s.goods[2].SKU).ID, Quantity: 6, SubtotalValue: "12.00"},
		},
	}
	draft, err := s.land.api.CreateBuyOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	// Both take orders and know this supplier: they are asked for, never both.
	_, err = s.land.api.PlaceBuyOrder(t.Context(), draft.ID, "")
	wantProblem(t, err, koppel.KindConflict)
	order.Supplier = s.supplier(t, "Supplier 1")
	if draft, err = s.land.api.CreateBuyOrder(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	sent := s.wms.awaitWrite(t, s.wms.place(t, draft.ID), "sent")
	if sent.Coupling != s.wms.coupling.ID || s.wms.Ledger().PurchaseOrders != 1 || len(s.exact.Pushed()) != 0 {
		t.Fatalf("sent as %+v; the warehouse has %d, the ERP %v", sent, s.wms.Ledger().PurchaseOrders, s.exact.Pushed())
	}
	var received []picqer.Received
	for _, line := range s.wms.remoteOrder(t, sent.RemoteID).Lines {
		received = append(received, picqer.Received{Line: line.ID, Amount: line.Amount})
	}
	if _, err := s.wms.Receive(number(t, sent.RemoteID), received, true); err != nil {
		t.Fatal(err)
	}
	s.wms.read(t, koppel.BuyOrders)
	s.wms.read(t, koppel.ItemDeliveries)
	got, err := s.land.api.BuyOrder(t.Context(), draft.ID)
	if err != nil || len(got.Sources) != 1 || got.Sources[0].RemoteID != sent.RemoteID || string(got.Values["completed_at"]) == "null" {
		t.Errorf("the received order is %+v, %v", got, err)
	}
	for i, line := range linesOf(got) {
		if line.RemoteID == "" {
			t.Errorf("line %d has no remote id: %s", i, got.Values["lines"])
		}
	}
	if n := len(s.wms.objects(t, koppel.ItemDeliveries)); n != len(received) {
		t.Errorf("%d deliveries, want %d", n, len(received))
	}
	if n := len(s.every(t, koppel.BuyOrders)); n != before+2 {
		t.Errorf("%d buy orders, want those %d, the draft, and ours once", n, before)
	}
}

// told are the stocks that the marketplace was told of an offer.
func (s *trio) told(offer string) (amounts []int) {
	for _, e := range s.market.account.Effects() {
		if e.Kind == "stock" && e.About == offer {
			amounts = append(amounts, e.Amount)
		}
	}
	return amounts
}

func (s *trio) anOrderTakesStock(t *testing.T) {
	at := 1 // a product that no buy order raised
	g := s.stored(t)[at]
	offer := ""
	for id, o := range s.market.objects(t, koppel.Products) {
		if same(o, "sku_code", g.SKU) {
			offer = id
		}
	}
	s.market.settled(t)
	before, shipments := len(s.told(offer)), s.market.account.State().Shipments
	placed, err := s.market.account.PlaceOrder(bol.NewOrder{Items: []bol.NewItem{{Offer: offer, Quantity: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	s.market.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	order := s.market.objects(t, koppel.SellOrders)[placed]
	if unresolvedLines(t, order) != 0 || !strings.Contains(string(order.Values["lines"]), s.product(t, g.SKU).ID) {
		t.Fatalf("the order's lines are %s", order.Values["lines"])
	}
	// The warehouse picks what was ordered, and says so by webhook.
	if err := s.wms.SetStock(g.ID, 1, g.Stock[0].Amount-2); err != nil {
		t.Fatal(err)
	}
	free := s.wms.FreeStock(g.ID, 1)
	await(t, "the marketplace to know the stock", func(context.Context) (bool, string) {
		told := s.told(offer)
		return len(told) > before && int64(told[len(told)-1]) == max(free, 0), fmt.Sprintf("%v, want %d", told, free)
	})
	s.market.settled(t)
	s.wms.read(t, koppel.Products)
	s.market.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.market.settled(t)
	if told := s.told(offer); len(told) != before+1 {
		t.Errorf("the marketplace was told %v, want one more than %d", told, before)
	}
	if _, err := s.land.api.BookShipment(t.Context(), order.ID, client.NewShipment{Carrier: "POSTNL", TrackingCode: "3SKOPPEL3"}); err != nil {
		t.Fatal(err)
	}
	// Its webhook tells of the shipment before the push of it is answered.
	writes := s.market.sent(t, koppel.Shipments)
	s.market.sync(t, client.Sync{Object: koppel.Shipments, Mode: koppel.ModeFull})
	if again := s.market.sent(t, koppel.Shipments); len(writes) != 1 || len(again) != 1 || s.market.account.State().Shipments != shipments+1 {
		t.Errorf("%d writes, %d after it was read back, %d shipments", len(writes), len(again), s.market.account.State().Shipments-shipments)
	}
}

func (s *trio) aBadOrderIsParked(t *testing.T) {
	rows, err := s.exact.Rows(division, "SalesOrders")
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d sales orders, %v", len(rows), err)
	}
	properties := map[string]any{"Status": 12, "Currency": "EUR", "WarehouseCode": "1", "OrderedBy": rows[0]["OrderedBy"]}
	var ids []string
	for i := range 4 {
		properties["OrderNumber"] = 990_001 + i
		if i == 1 {
			delete(properties, "OrderDate") // nobody can say when it was placed
		} else {
			properties["OrderDate"] = "2026-11-20T00:00:00"
		}
		id, err := s.exact.Insert(division, "SalesOrders", properties)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	run := s.erp.ended(t, s.erp.start(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince}))
	if run.State != koppel.RunSucceededWithParked || run.Counts.Parked != 1 {
		t.Fatalf("the run ended %s", describeRun(run))
	}
	have := s.erp.objects(t, koppel.SellOrders)
	for i, id := range ids {
		if _, there := have[id]; there != (i != 1) {
			t.Errorf("order %d is there: %v", i, there)
		}
	}
	parked, err := s.land.api.Parked(t.Context(), client.ParkedFilter{Coupling: s.erp.coupling.ID})
	if err != nil || len(parked.Data) != 1 || parked.Data[0].RemoteID != ids[1] || parked.Data[0].Field != "placed_at" {
		t.Fatalf("parked is %+v, %v", parked.Data, err)
	}
	s.set(t, "SalesOrders", ids[1], map[string]any{"OrderDate": "2026-11-20T00:00:00"})
	s.erp.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	if o, there := s.erp.objects(t, koppel.SellOrders)[ids[1]]; !there || !same(o, "number", strconv.Itoa(990_002)) {
		t.Errorf("the order that was put right is %+v", o.Values)
	}
}

func (s *trio) aTokenEndsMidway(t *testing.T) {
	before := s.exact.Ledger().Rotations
	s.gate.once("SalesItemPrices", s.exact.ExpireAccess)
	run := s.erp.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if renewed := s.exact.Ledger().Rotations - before; renewed != 1 || run.Counts.Parked != 0 {
		t.Errorf("%d renewals, want 1: %s", renewed, describeRun(run))
	}
	if reuses := s.exact.Ledger().Reuses; reuses != 0 {
		t.Errorf("a refresh token was used %d times again", reuses)
	}
}

func (s *trio) aLoginIsRevokedMidway(t *testing.T) {
	s.gate.once("SalesItemPrices", s.exact.RevokeAll)
	run := s.erp.ended(t, s.erp.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull}))
	if run.State != koppel.RunFailed {
		t.Errorf("the run ended %s", describeRun(run))
	}
	wantAdvice(t, run.Error, koppel.KindAuth, koppel.OwnerCustomer, "koppel coupling connect "+s.erp.coupling.ID)
	s.erp.awaitState(t, koppel.CouplingNeedsReauth)
	s.wms.awaitState(t, koppel.CouplingActive)
	s.market.awaitState(t, koppel.CouplingActive)
	s.wms.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	s.market.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	p := s.exact.Truth(division).Products[0]
	s.set(t, "Items", p.ID, map[string]any{"Description": "Renamed while nobody could look"})
	s.erp.connect(t)
	s.erp.awaitState(t, koppel.CouplingActive)
	await(t, "the coupling to catch up by itself", func(context.Context) (bool, string) {
		o := s.product(t, p.SKU)
		return same(o, "name", "Renamed while nobody could look"), string(o.Values["name"])
	})
}

func (s *trio) theWarehouseIsRemoved(t *testing.T) {
	before := map[koppel.Object]int{}
	kinds := []koppel.Object{koppel.Products, koppel.Suppliers, koppel.SupplierProducts, koppel.BuyOrders, koppel.ItemDeliveries}
	for _, kind := range kinds {
		before[kind] = len(s.every(t, kind))
	}
	if _, err := s.land.api.Remove(t.Context(), s.wms.coupling.ID, koppel.KeepObjects); err != nil {
		t.Fatal(err)
	}
	s.wms.closed(t)
	if hooks := s.wms.State().Hooks; hooks != 0 {
		t.Errorf("%d webhooks are left at the warehouse", hooks)
	}
	for _, kind := range kinds {
		if now := len(s.every(t, kind)); now != before[kind] {
			t.Errorf("%d %s are left of %d", now, kind, before[kind])
		}
	}
	truth := s.exact.Truth(division)
	for i, g := range s.goods {
		o := s.product(t, g.SKU)
		if strings.Contains(s.carriers(o), "wms") || !same(o, "status", "enabled") {
			t.Errorf("product %s is carried by %q and %s", g.SKU, s.carriers(o), o.Values["status"])
		}
		if i < shared && !same(o, "stock_level", truth.Products[i].Stock) {
			t.Errorf("the stock of %s is %s, the ERP's %d", g.SKU, o.Values["stock_level"], truth.Products[i].Stock)
		}
	}
}
