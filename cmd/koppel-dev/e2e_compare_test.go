package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var comparings = []scenario{
	{"a comparison of what is the same says so, with counts on both sides", aComparisonOfTheSame},
	{"a comparison finds what changed, came, went and is parked, and changes nothing", aComparisonOfTheOther},
	{"a comparison goes through budgets and waits", aComparisonWaits},
}

// compare runs a comparison and gives what it found, by stream.
func (s *site) compare(t *testing.T, object koppel.Object, sample int) map[string]client.Comparison {
	t.Helper()
	runs, err := s.land.api.Compare(t.Context(), s.coupling.ID, object, sample)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]client.Comparison{}
	for _, id := range runs {
		if run := s.ended(t, id); run.State != koppel.RunSucceeded || run.Mode != koppel.ModeCompare {
			t.Fatalf("the comparison ended %s", describeRun(run))
		}
		list, err := s.land.api.RunComparison(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			found[c.Stream] = c
		}
		if told := s.events(t, id); !slices.ContainsFunc(told, func(e string) bool { return strings.HasPrefix(e, "compared ") }) {
			t.Errorf("the timeline does not tell: %v", told)
		}
	}
	return found
}

func aComparisonOfTheSame(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 240, Orders: 12, VariableEvery: 10})
	s.activate(t)
	found := s.compare(t, "", 20)
	for _, stream := range []string{"products", "variations", "orders", "suppliers"} {
		c, ok := found[stream]
		if !ok {
			t.Errorf("%s was not compared: %v", stream, found)
			continue
		}
		if len(c.Differing) != 0 || c.Looked == 0 || c.Records == 0 || c.Ours == 0 {
			t.Errorf("%s: looked at %d (%d of ours) of %d, differing %+v", stream, c.Looked, c.Ours, c.Records, c.Differing)
		}
		if c.Told != c.Records {
			t.Errorf("%s: the remote has %d (%s), stored are %d", stream, c.Told, c.Untold, c.Records)
		}
	}
	older := newSite(t, l, demoshop.Config{Products: 60, Orders: 2, VariableEvery: 5, Version: "9.0.0"})
	older.activate(t)
	if c := older.compare(t, koppel.Products, 20)["variations"]; c.Told >= 0 || !strings.Contains(c.Untold, "record by record of products") || len(c.Differing) > 0 || c.Ours == 0 {
		t.Errorf("variations of an older shop: %+v", c)
	}
	if c := found["products"]; c.Looked > 20 || c.Theirs == 0 || c.Outcomes[koppel.ComparedSame] == 0 {
		t.Errorf("products: %+v", c)
	}
}

func aComparisonOfTheOther(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 40, Orders: 5})
	s.activate(t)
	all := s.truths(t)
	renumbered, gone, hand := all[0], all[1], all[2]
	if !s.shop.SetStockSilently(renumbered.ID, 4711) || !s.shop.Delete(gone.ID, true) {
		t.Fatal("the shop changed nothing")
	}
	before := s.objects(t, koppel.Products)
	asked := s.shop.Ledger()
	c := s.compare(t, koppel.Products, koppel.SampleMost)["products"]
	by := map[string]koppel.ComparedRecord{}
	for _, r := range c.Differing {
		by[r.RecordID] = r
	}
	stock := by[fmt.Sprint(renumbered.ID)]
	if stock.Outcome != koppel.ComparedDiffers || !slices.ContainsFunc(stock.Fields, func(f koppel.ComparedField) bool {
		return f.Field == "stock_level" && string(f.Remote) == "4711" && f.Changed
	}) {
		t.Errorf("the changed stock reads %+v", stock)
	}
	if r := by[fmt.Sprint(gone.ID)]; r.Outcome != koppel.ComparedMissingThere || r.Reason == "" {
		t.Errorf("the deleted product reads %+v", r)
	}
	if c.Records != 40 || c.Told != 39 {
		t.Errorf("stored %d, the remote has %d", c.Records, c.Told)
	}
	for _, write := range s.shop.Ledger().Counts {
		if write.Method != "GET" {
			t.Errorf("the comparison wrote: %+v (before: %+v)", write, asked)
		}
	}
	for id, o := range s.objects(t, koppel.Products) {
		if was := before[id]; was.ChangedAt != o.ChangedAt || string(was.Values["stock_level"]) != string(o.Values["stock_level"]) {
			t.Errorf("product %s was changed by the comparison", id)
		}
	}
	last, err := l.api.LastComparisons(t.Context(), s.coupling.ID)
	if err != nil || !slices.ContainsFunc(last, func(x client.Comparison) bool { return x.Run == c.Run && x.Stream == "products" }) {
		t.Errorf("what was found last: %+v, %v", last, err)
	}
	// A person's name stands against the shop's.
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"ignore_fields.products": []string{"name"}}); err != nil {
		t.Fatal(err)
	}
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	if _, err := l.api.EditObject(t.Context(), koppel.Products, before[fmt.Sprint(hand.ID)].ID, client.ObjectEdit{Values: map[string]any{"name": "Named by hand"}}); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.compare(t, koppel.Products, koppel.SampleMost)["products"].Differing {
		if r.RecordID != fmt.Sprint(hand.ID) {
			continue
		}
		for _, f := range r.Fields {
			if f.Field == "name" && f.Giver == "a person's own edit" && f.Rule == koppel.RuleIgnoreFields && strings.Contains(string(f.Ours), "by hand") {
				return
			}
		}
		t.Fatalf("the name that a person set reads %+v", r)
	}
	t.Error("the name that a person set is not told")
}

func aComparisonWaits(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t,
		demoshop.Fault{Kind: demoshop.RateLimit, Path: "/products", Times: 1, RetryAfter: 1, Share: 1},
		demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 500, Path: "/products", Skip: 1, Times: 6, Share: 1},
	)
	c := s.compare(t, koppel.Products, 10)["products"]
	if c.Looked == 0 || len(c.Differing) != 0 {
		t.Errorf("after waits it found %+v", c)
	}
	if _, err := l.api.Pause(t.Context(), s.coupling.ID, "stock taking"); err != nil {
		t.Fatal(err)
	}
	_, err := l.api.Compare(context.WithoutCancel(t.Context()), s.coupling.ID, koppel.Products, 10)
	wantProblem(t, err, koppel.KindConflict)
}
