package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var modes = []scenario{
	{"since sees changed products and stock", sinceSeesChanges},
	{"single brings one product", singleBringsOne},
	{"window leaves the cursor", windowLeavesTheCursor},
}

func sinceSeesChanges(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 150, Orders: 20})
	s.activate(t)
	s.shop.Mutate(40)
	s.shop.PlaceOrders(3)
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	if run.Counts.Changed == 0 || run.Counts.Changed > 40 {
		t.Errorf("%d records changed by 40 changes", run.Counts.Changed)
	}
	s.wantProducts(t)
	s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	s.wantCounts(t)
	again := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if again.Counts.Changed != 0 || again.Counts.Unchanged != again.Counts.Records {
		t.Errorf("a full read after the since run finds %+v, want nothing changed", again.Counts)
	}
}

func singleBringsOne(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 40, Orders: 5})
	s.activate(t)
	p := s.truths(t)[7]
	if !s.shop.SetStockSilently(p.ID, 77) {
		t.Fatalf("product %d is not listed", p.ID)
	}
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, SKUs: []string{p.SKU}})
	if run.Counts.Records != 1 || run.Counts.Changed != 1 {
		t.Errorf("a single run of one SKU counts %+v", run.Counts)
	}
	if o := s.objects(t, koppel.Products)[fmt.Sprint(p.ID)]; !same(o, "stock_level", 77) {
		t.Errorf("stock of %s is %s, want 77", p.SKU, o.Values["stock_level"])
	}
	again := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, RemoteIDs: []string{fmt.Sprint(p.ID)}})
	if again.Counts.Records != 1 || again.Counts.Objects != 0 {
		t.Errorf("the same one again counts %+v", again.Counts)
	}
}

// A window reads what changed in it; the next since run reads from the cursor of before, so it meets the same again.
func windowLeavesTheCursor(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 5})
	s.activate(t)
	from := time.Now().Add(-time.Minute)
	s.shop.Mutate(10)
	to := time.Now().Add(time.Minute)
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeWindow, From: &from, To: &to})
	if run.Counts.Changed == 0 || run.Window == nil || run.Window.From.Sub(from).Abs() > time.Second {
		t.Errorf("the window run counts %+v over %+v", run.Counts, run.Window)
	}
	s.wantProducts(t)
	since := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	if since.Counts.Changed != 0 || since.Counts.Unchanged < run.Counts.Changed {
		t.Errorf("the since run counts %+v after a window of %+v, want the same records, unchanged", since.Counts, run.Counts)
	}
}
