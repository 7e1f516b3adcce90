package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

var reviews = []scenario{
	{"a code of two products is put before a person, whose answer can be taken back", aPersonDecidesWhichItIs},
}

// sync.md 4: one hit links, several go to the review queue: link, undo.
func aPersonDecidesWhichItIs(t *testing.T, l *land) {
	publishFlat(t, l, "flat-codes", strings.NewReplacer("Name: string, Timestamp", "Name: string, Code: string, Timestamp", "    name: record.Name\n", "    name: record.Name\n    sku_code: record.Code\n"))
	webshop, err := l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"})
	if err != nil {
		t.Fatal(err)
	}
	first, catalogue := coupleFlat(t, l, "flat-codes", webshop)
	second, warehouse := coupleFlat(t, l, "flat-codes", webshop)
	item := func(f *flat, id, code string) {
		f.put("items", row{"ID": id, "Name": "Item " + id, "Code": code})
		f.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
	}
	item(catalogue, "A", "TWICE")
	item(catalogue, "B", "TWICE")
	item(catalogue, "C", "ONCE")
	first.activate(t)
	item(warehouse, "w1", "ONCE")
	item(warehouse, "w2", "TWICE")
	second.activate(t)
	products := first.objects(t, koppel.Products)
	if held := second.objects(t, koppel.Products); len(held) != 1 || held["w1"].ID != products["C"].ID {
		t.Fatalf("the warehouse's products are %+v, want w1 alone, linked to C", held)
	}
	waiting := func() []client.Review {
		t.Helper()
		list, err := l.api.Reviews(t.Context(), webshop.ID, second.coupling.ID, client.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return list.Data
	}
	open := waiting()
	if len(open) != 1 || open[0].RemoteID != "w2" || len(open[0].Candidates) != 2 {
		t.Fatalf("a person is asked %+v, want w2 with A and B", open)
	}
	decided, err := l.api.Decide(t.Context(), open[0].ID, koppel.DecideLink, products["B"].ID)
	if err != nil {
		t.Fatal(err)
	}
	if run := second.ended(t, decided.Run); run.State != koppel.RunSucceeded {
		t.Fatalf("the run of the decision ended %s", describeRun(run))
	}
	linked := func() bool {
		o, err := l.api.Object(t.Context(), koppel.Products, products["B"].ID)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(o.Sources, func(x client.Source) bool { return x.Coupling == second.coupling.ID && x.RemoteID == "w2" })
	}
	if !linked() || len(waiting()) != 0 {
		t.Errorf("after the answer w2 is linked to B: %v, and %d wait", linked(), len(waiting()))
	}
	undone, err := l.api.Undecide(t.Context(), open[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if undone.Run != "" {
		second.ended(t, undone.Run)
	}
	if again := waiting(); linked() || len(again) != 1 {
		t.Errorf("after it was taken back w2 is linked to B: %v, and %d wait", linked(), len(again))
	}
}
