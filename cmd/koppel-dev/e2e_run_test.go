package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var runnings = []scenario{
	{"a single run passes a scan, a second scan queues behind it", aSinglePassesAScan},
	{"history reads only what is older than what is covered", historyReadsTheGap},
	{"a cursor that the remote no longer remembers makes the read a full one", aForgottenCursorReadsEverything},
	{"an order whose lines are switched off keeps its header", anOrderWithoutLines},
}

// sync.md 1: one active scan per coupling and group; singles are not blocked by it.
func aSinglePassesAScan(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 120, Orders: 5})
	s.activate(t)
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"per_page": 10}); err != nil {
		t.Fatal(err)
	}
	p := s.truths(t)[3]
	s.misbehave(t, demoshop.Fault{Kind: demoshop.HangBefore, Path: "/products", Times: 1, Share: 1})
	scan := s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.awaitRun(t, scan, "the scan to run", func(r client.Run) bool { return r.State == koppel.RunRunning })
	second, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if err != nil || second.QueuedBehind != scan {
		t.Fatalf("a second scan is %+v (%v), want it queued behind %s", second, err, scan)
	}
	if !s.shop.SetStockSilently(p.ID, 4711) {
		t.Fatalf("product %d is not listed", p.ID)
	}
	single := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, SKUs: []string{p.SKU}})
	if single.Counts.Changed != 1 {
		t.Errorf("the single run counts %+v", single.Counts)
	}
	if run, err := l.api.Run(t.Context(), scan); err != nil || run.State.Ended() {
		t.Errorf("the scan ended before the single run did (%v): %s", err, describeRun(run))
	}
	if run, err := l.api.Run(t.Context(), second.Run); err != nil || run.State != koppel.RunQueued {
		t.Errorf("the second scan did not wait (%v): %s", err, describeRun(run))
	}
	s.misbehave(t)
	for _, id := range []string{scan, second.Run} {
		if run := s.ended(t, id); run.State != koppel.RunSucceeded {
			t.Errorf("scan %s ended %s", id, describeRun(run))
		}
	}
	s.wantProducts(t)
}

// sync.md 1 and objects.md 3: the window of history is filled from its older end, and nothing is read twice.
func historyReadsTheGap(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 30, Orders: 80})
	set := func(from string) {
		t.Helper()
		if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"history_from": from}); err != nil {
			t.Fatal(err)
		}
	}
	all := s.shop.Counts().Orders
	// The same shop, read whole, tells when its orders were placed.
	whole := newSite(t, l, demoshop.Config{Products: 30, Orders: 80})
	whole.activate(t)
	var placed []string
	for _, order := range whole.objects(t, koppel.SellOrders) {
		placed = append(placed, string(order.Values["placed_at"]))
	}
	slices.Sort(placed)
	set(placed[len(placed)/2][1:11]) // the day of a quoted RFC 3339 time
	s.activate(t)
	first := len(s.objects(t, koppel.SellOrders))
	if first == 0 || first >= all {
		t.Fatalf("%d of %d orders were read first, want the newer part", first, all)
	}
	set("2000-01-01")
	older := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeHistory})
	if got := len(s.objects(t, koppel.SellOrders)); got != all {
		t.Errorf("%d orders after the history run, the shop has %d", got, all)
	}
	if gap := int64(all - first); older.Counts.Records < gap || older.Counts.Records > gap+int64(all/10) {
		t.Errorf("the history run read %d records, want the %d older ones", older.Counts.Records, gap)
	}
	if again := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeHistory}); again.Counts.Records != 0 {
		t.Errorf("history that is covered was read again: %+v", again.Counts)
	}
}

// sync.md 2: a cursor older than the remote's memory falls back to a full read, which says so.
func aForgottenCursorReadsEverything(t *testing.T, l *land) {
	source := edition(t, "demo-forgets", "1.0.0")
	const overlap = "      overlap: 2m\n"
	if strings.Count(source.Manifest, overlap) != 1 {
		t.Fatal("the demo connector has no longer one overlap of two minutes")
	}
	source.Manifest = strings.Replace(source.Manifest, overlap, overlap+"      retention: 48h\n", 1)
	publish(t, l, source)
	s := newSiteOf(t, l, demoshop.Config{Products: 40, Orders: 5}, "demo-forgets")
	s.activate(t)
	since := func(ago time.Duration) client.Run {
		t.Helper()
		at := time.Now().Add(-ago)
		if _, err := l.api.SetCursor(t.Context(), s.coupling.ID, "products", client.CursorSet{At: &at}); err != nil {
			t.Fatal(err)
		}
		return s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	}
	said := func(run client.Run) bool {
		return slices.ContainsFunc(run.Evidence, func(e koppel.Evidence) bool { return strings.Contains(e.EndRule, "everything was read") })
	}
	if run := since(time.Second); said(run) {
		t.Errorf("a young cursor made the read a full one: %s", describeRun(run))
	}
	full := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if run := since(72 * time.Hour); !said(run) || run.Counts.Records != full.Counts.Records {
		t.Errorf("a cursor that is too old gives %s, want everything (%d records) and a word of why", describeRun(run), full.Counts.Records)
	}
}

// sync.md 6: switched off, the order is stored with its header and the remote's total and no lines.
func anOrderWithoutLines(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 10})
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"sync.sell_order_lines": false}); err != nil {
		t.Fatal(err)
	}
	s.activate(t)
	stored := s.objects(t, koppel.SellOrders)
	if len(stored) != s.shop.Counts().Orders {
		t.Errorf("%d orders, the shop has %d", len(stored), s.shop.Counts().Orders)
	}
	for id, order := range stored {
		if lines := linesOf(order); len(lines) != 0 || len(order.Values["total_value"]) < 3 {
			t.Errorf("order %s has lines %+v and total %s", id, lines, order.Values["total_value"])
		}
	}
}
