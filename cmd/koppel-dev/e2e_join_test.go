package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

var joinings = []scenario{
	{"an object of several streams follows each of them", anObjectFollowsItsJoins},
	{"children that are read per parent are replaced as a whole", childrenAreSets},
	{"rows of a group are one object, elements of a record many", rowsAreGroupedAndTakenApart},
}

type row = map[string]any

// sync.md 2: a late or changed side makes the object dirty again; of an inner join, the object waits for it.
func anObjectFollowsItsJoins(t *testing.T, l *land) {
	s, remote := newFlat(t, l, "flat-joins")
	for _, id := range []string{"A", "B", "C", "D"} {
		remote.put("items", row{"ID": id, "Name": "Item " + id})
	}
	for _, id := range []string{"A", "B", "C"} {
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
		remote.put("stock", row{"ID": "s1" + id, "Item": id, "Warehouse": "1", "Have": 5, "Planned": 2})
	}
	remote.put("stock", row{"ID": "s2A", "Item": "A", "Warehouse": "2", "Have": 10})
	s.activate(t)
	has := func(id string, stock, price any) {
		t.Helper()
		o, found := s.objects(t, koppel.Products)[id]
		switch {
		case stock == nil && found:
			t.Errorf("product %s is there: %s", id, o.Values)
		case stock != nil && (!same(o, "stock_level", stock) || !same(o, "price", price)):
			t.Errorf("product %s is %s, want stock %v and price %v", id, o.Values, stock, price)
		}
	}
	has("A", 13, "12.5")
	has("B", 3, "12.5")
	has("D", nil, nil)
	since := func() koppel.Counts {
		t.Helper()
		return s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince}).Counts
	}
	remote.requests()
	if counts := since(); counts.Records != 0 || counts.Objects != 0 {
		t.Errorf("nothing changed, counted %+v", counts)
	}
	if asked := remote.requests(); !slices.Equal(asked, []string{"/items?after=4", "/stock?after=11", "/prices?after=9"}) {
		t.Errorf("asked for %q, want what follows the highest key of each table", asked)
	}
	// A side alone changes, one moves to another item, one that was missing comes.
	remote.put("stock", row{"ID": "s1A", "Item": "A", "Warehouse": "1", "Have": 6, "Planned": 2})
	remote.put("stock", row{"ID": "s1C", "Item": "B", "Warehouse": "1", "Have": 5, "Planned": 0})
	remote.put("prices", row{"ID": "pD", "Item": "D", "Price": 3, "Quantity": 1})
	if counts := since(); counts.Changed != 3 || counts.Objects != 4 {
		t.Errorf("three sides changed, of four products: %+v", counts)
	}
	has("A", 14, "12.5")
	has("B", 8, "12.5")
	has("C", 0, "12.5")
	has("D", 0, "3")
	// A new mapping version, a replay: all are mapped again with their sides.
	if run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeReplay}); run.Counts.Records != 4 || run.Counts.Objects != 0 {
		t.Errorf("the replay counts %+v", run.Counts)
	}
	// A side comes before its item.
	remote.put("prices", row{"ID": "pE", "Item": "E", "Price": 4, "Quantity": 1})
	since()
	has("E", nil, nil)
	remote.put("items", row{"ID": "E", "Name": "Item E"})
	since()
	has("E", 0, "4")
}

// sync.md 2 and objects.md: flat lines are grouped to orders, nested rows are objects of their own; what is no longer
// named is gone.
func rowsAreGroupedAndTakenApart(t *testing.T, l *land) {
	s, remote := newFlat(t, l, "flat-groups")
	for _, id := range []string{"A", "B", "C", "K"} {
		remote.put("items", row{"ID": id, "Name": "Item " + id})
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
	}
	line := func(id, order, item string, amount any) row {
		return row{"ID": id, "Order": order, "Placed": "2026-01-31", "Item": item, "Quantity": 1, "Amount": amount}
	}
	remote.put("order_lines", line("1", "O1", "A", 10))
	remote.put("order_lines", line("2", "O2", "A", 20))
	remote.put("order_lines", line("3", "O1", "B", 30))
	remote.put("kits", row{"ID": "K", "Parts": []row{{"Item": "A", "Amount": 2}, {"Item": "B", "Amount": 1}}})
	s.activate(t)
	total := func(id string, want any) {
		t.Helper()
		o, found := s.objects(t, koppel.SellOrders)[id]
		if found != (want != nil) || found && !same(o, "total_value", want) {
			t.Errorf("order %s (%v) is %s, want %v", id, found, o.Values, want)
		}
	}
	parts := func(want ...string) {
		t.Helper()
		got := slices.Sorted(maps.Keys(s.objects(t, koppel.ProductCompositions)))
		if !slices.Equal(got, want) {
			t.Errorf("the parts are %q, want %q", got, want)
		}
	}
	total("O1", "40")
	total("O2", "20")
	parts("K_A", "K_B")
	// A line changes, one moves to another order, whose own it leaves empty; a part makes room for another.
	remote.put("order_lines", line("1", "O1", "A", 15))
	remote.put("order_lines", line("2", "O3", "A", 20))
	remote.put("kits", row{"ID": "K", "Parts": []row{{"Item": "A", "Amount": 3}, {"Item": "C", "Amount": 1}}})
	for _, object := range []koppel.Object{koppel.SellOrders, koppel.ProductCompositions} {
		s.sync(t, client.Sync{Object: object, Mode: koppel.ModeSince})
	}
	total("O1", "45")
	total("O2", nil)
	total("O3", "20")
	parts("K_A", "K_C")
	if run := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeReplay}); run.Counts.Records != 2 || run.Counts.Objects != 0 {
		t.Errorf("the replay of two orders counts %+v", run.Counts)
	}
}
