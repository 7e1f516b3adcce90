package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// objects.md 6 and sync.md 6: the order stays here, what comes in on it is added to the shop's stock, and after an unknown
// outcome the shop is asked before anything is written again. What goes back to the supplier is taken off.
func aDeliveryRaisesTheStock(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 12, Orders: -1, Suppliers: 1})
	settings := demoSettings()
	settings["push.stock_on_delivery"] = true
	settings["buy_orders"] = "off"
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, settings); err != nil {
		t.Fatal(err)
	}
	s.activate(t)
	var sold truth
	for _, p := range s.truths(t) {
		if p.Type == "simple" && p.Manage == true && p.Stock != nil {
			sold = p
			break
		}
	}
	order := client.NewBuyOrder{Webshop: s.webshop.ID, ExpectedDeliveryDate: "2031-05-06"}
	for _, supplier := range s.objects(t, koppel.Suppliers) {
		order.Supplier = supplier.ID
	}
	product := s.objects(t, koppel.Products)[fmt.Sprint(sold.ID)].ID
	order.Lines = []client.NewBuyOrderLine{{Product: product, Quantity: 10, SubtotalValue: "25.00"}}
	draft, err := l.api.CreateBuyOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	placed, err := l.api.PlaceBuyOrder(t.Context(), draft.ID, "")
	if err != nil || placed.Push != nil || placed.PlacedAt == nil {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	was := s.asked("PUT", productPut)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "PUT", Path: "/products", Times: 1})
	s.receive(t, draft.ID, product, 4)
	s.awaitShop(t, sold.ID, *sold.Stock+4)
	s.settled(t)
	s.receive(t, draft.ID, product, -1)
	s.awaitShop(t, sold.ID, *sold.Stock+3)
	writes := s.settled(t)
	if puts := s.asked("PUT", productPut) - was; puts != 2 || len(writes) != 2 || writes[0].Operation != "raise" {
		t.Errorf("%d writes to the shop, want 2: %+v", puts, writes)
	}
	// Reading the shop brings the number here, and nothing goes back.
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if o, err := l.api.Object(t.Context(), koppel.Products, product); err != nil || !same(o, "stock_level", *sold.Stock+3) {
		t.Errorf("the stock here is %s, %v", o.Values["stock_level"], err)
	}
	if again := s.settled(t); len(again) != 2 {
		t.Errorf("%d writes after the shop was read", len(again))
	}
}

func (s *site) receive(t *testing.T, order, product string, quantity int64) {
	t.Helper()
	if _, err := s.land.api.BookDelivery(t.Context(), order, client.NewDelivery{Product: product, Quantity: quantity}); err != nil {
		t.Fatal(err)
	}
}

// awaitShop waits until the shop itself has a stock.
func (s *site) awaitShop(t *testing.T, id, stock int64) {
	t.Helper()
	await(t, fmt.Sprintf("a stock of %d in the shop", stock), func(context.Context) (bool, string) {
		for _, p := range s.truths(t) {
			if p.ID == id && p.Stock != nil {
				return *p.Stock == stock, fmt.Sprintf("%d, writes %+v", *p.Stock, s.pushes(t))
			}
		}
		return false, "it is not listed"
	})
}
