package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/exact"
)

var administrations = []scenario{
	{"an administration is connected by login, read whole, followed, and ordered from once", anAdministrationIsFollowed},
}

// The objects of a coupled Exact Online equal what it says of itself: after the activation, and after changes that
// each touch one table only. An order that is placed arrives there once.
func anAdministrationIsFollowed(t *testing.T, l *land) {
	s, remote := newExact(t, l, "exact-followed", exact.Config{Items: 45, Suppliers: 4, Customers: 5, SalesOrders: 25, PurchaseOrders: 12, BulkPage: 20, Page: 10})
	s.wantAdministration(t, remote)

	truth := remote.Truth(123456)
	set := func(entity, key string, properties map[string]any) {
		t.Helper()
		if err := remote.Set(123456, entity, key, properties); err != nil {
			t.Fatal(err)
		}
	}
	first := func(entity string, is func(exact.Row) bool) string {
		t.Helper()
		rows, err := remote.Rows(123456, entity)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if is(r) {
				return r["ID"].(string)
			}
		}
		t.Fatalf("no %s to change", entity)
		return ""
	}
	set("Items", truth.Products[3].ID, map[string]any{"Description": "Renamed"})
	set("StockPositions", first("StockPositions", func(r exact.Row) bool { return r["WarehouseCode"] == "1" }), map[string]any{"CurrentStock": 1234})
	set("SalesItemPrices", first("SalesItemPrices", func(r exact.Row) bool { return r["Account"] == nil && r["Quantity"] == 1.0 }), map[string]any{"Price": 77.5})
	set("SupplierItem", truth.SupplierProducts[2].ID, map[string]any{"PurchasePrice": 60})
	set("Accounts", truth.Suppliers[1].ID, map[string]any{"Name": "Renamed BV"})
	for _, o := range truth.SellOrders {
		if !o.Completed {
			set("SalesOrders", o.ID, map[string]any{"Status": 21})
			break
		}
	}
	for _, o := range truth.BuyOrders {
		if !o.Completed {
			if err := remote.Receive(123456, o.ID, 1); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for _, object := range []koppel.Object{koppel.Suppliers, koppel.Products, koppel.SellOrders, koppel.BuyOrders} {
		s.sync(t, client.Sync{Object: object, Mode: koppel.ModeSince})
	}
	s.wantAdministration(t, remote)

	s.wantOrderedOnce(t, remote)
}

// wantAdministration compares every object with what the remote tells.
func (s *site) wantAdministration(t *testing.T, remote *exact.Site) {
	t.Helper()
	truth := remote.Truth(123456)
	want := map[koppel.Object]map[string]string{}
	add := func(object koppel.Object, id, text string) {
		if want[object] == nil {
			want[object] = map[string]string{}
		}
		want[object][id] = text
	}
	status := map[bool]string{true: "disabled", false: "enabled"}
	for _, p := range truth.Products {
		stock := p.Stock
		if p.Unlimited {
			stock = 0
		}
		price := "null"
		if p.Price != nil {
			price = money(*p.Price)
		}
		add(koppel.Products, p.ID, fmt.Sprintf("%q %q %s %d %s", p.Name, p.SKU, price, stock, status[p.Disabled]))
	}
	for _, p := range truth.Suppliers {
		add(koppel.Suppliers, p.ID, fmt.Sprintf("%q %v", p.Name, p.Ignored))
	}
	for _, p := range truth.SupplierProducts {
		add(koppel.SupplierProducts, p.ID, fmt.Sprintf("%s %d %s", money(p.Price), p.Lot, status[p.Disabled]))
	}
	for _, p := range truth.Compositions {
		add(koppel.ProductCompositions, p.ID, fmt.Sprint(p.Quantity))
	}
	for _, o := range truth.SellOrders {
		add(koppel.SellOrders, o.ID, fmt.Sprintf("%s %v", money(o.Total), o.Completed))
	}
	for _, o := range truth.BuyOrders {
		add(koppel.BuyOrders, o.ID, fmt.Sprintf("%s %v", money(o.Total), o.Completed))
	}
	for _, d := range truth.Deliveries {
		add(koppel.ItemDeliveries, d.ID, fmt.Sprint(d.Quantity))
	}
	for object, wanted := range want {
		got := map[string]string{}
		for id, o := range s.objects(t, object) {
			got[id] = tell(object, o)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-remote +ours):\n%.2000s", object, diff)
		}
	}
	if len(want) != 7 {
		t.Errorf("the remote has only %v", slices.Sorted(maps.Keys(want)))
	}
}

// tell shows what wantAdministration compares.
func tell(object koppel.Object, o client.Object) string {
	text := func(field string) string {
		var v any
		if json.Unmarshal(o.Values[field], &v) != nil {
			return "null"
		}
		if v == nil {
			return "null"
		}
		return fmt.Sprint(v)
	}
	amount := func(field string) string {
		d, err := decimal.NewFromString(text(field))
		if err != nil {
			return "null"
		}
		return d.Round(4).String()
	}
	switch object {
	case koppel.Products:
		return fmt.Sprintf("%q %q %s %s %s", text("name"), text("sku_code"), amount("price"), text("stock_level"), text("status"))
	case koppel.Suppliers:
		return fmt.Sprintf("%q %s", text("name"), text("ignored"))
	case koppel.SupplierProducts:
		return fmt.Sprintf("%s %s %s", amount("price"), text("lot_size"), text("status"))
	case koppel.ProductCompositions:
		return text("part_quantity")
	case koppel.ItemDeliveries:
		return text("quantity")
	}
	return fmt.Sprintf("%s %v", amount("total_value"), text("completed_at") != "null")
}

func money(x float64) string { return decimal.NewFromFloat(x).Round(4).String() }

// wantOrderedOnce places a buy order and looks for it in the remote's ledger.
func (s *site) wantOrderedOnce(t *testing.T, remote *exact.Site) {
	t.Helper()
	offer := remote.Truth(123456).SupplierProducts[0]
	order, err := s.land.api.CreateBuyOrder(t.Context(), client.NewBuyOrder{
		Webshop: s.webshop.ID, Supplier: s.objects(t, koppel.Suppliers)[offer.Supplier].ID, ExpectedDeliveryDate: "2031-05-06",
		Lines: []client.NewBuyOrderLine{{Product: s.objects(t, koppel.Products)[offer.Item].ID, Quantity: 2 * offer.Lot * max(offer.Minimum, 1), SubtotalValue: "25.00"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.land.api.PlaceBuyOrder(t.Context(), order.ID, ""); err != nil {
		t.Fatal(err)
	}
	await(t, "the remote's id of the buy order", func(ctx context.Context) (bool, string) {
		got, err := s.land.api.BuyOrder(ctx, order.ID)
		return err == nil && len(got.Sources) == 1, fmt.Sprintf("%+v %v, ledger %v", got.Sources, err, remote.Pushed())
	})
	ledger := remote.Ledger()
	if ledger.PurchaseOrders != 1 || ledger.References != 1 || len(ledger.Doubled) != 0 {
		t.Fatalf("the remote has %v", remote.Pushed())
	}
	for reference, ids := range remote.Pushed() {
		for _, o := range remote.Truth(123456).BuyOrders {
			if o.ID != ids[0] {
				continue
			}
			pieces := 0.0
			for _, quantity := range o.Lines {
				pieces += quantity
			}
			if want := float64(2 * offer.Lot * max(offer.Minimum, 1)); pieces != want || o.Reference != reference || o.Supplier != offer.Supplier {
				t.Errorf("ordered %+v, want %v pieces under %s", o, want, reference)
			}
		}
	}
}
