package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	{"a cursor that is set is where the next incremental scan starts", cursorThatIsSetIsWhereTheNextScanStarts},
	{"stock is refreshed from the products of every new sell order seen, taken or not", newOrdersRefreshStock},
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

// sync.md 10. The shop changes stocks without a new date, so that only new orders tell; none of them is taken.
func newOrdersRefreshStock(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 40, Orders: 5})
	settings := demoSettings()
	settings["order_statuses.take"] = []string{"nothing-of-the-kind"}
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, settings); err != nil {
		t.Fatal(err)
	}
	s.activate(t)
	before := map[string]string{}
	for _, p := range s.truths(t) {
		if p.Manage == true {
			before[fmt.Sprint(p.ID)] = string(s.objects(t, koppel.Products)[fmt.Sprint(p.ID)].Values["stock_level"])
			s.shop.SetStockSilently(p.ID, int32(5000+p.ID))
		}
	}
	s.shop.PlaceOrders(2)
	orders := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSince})
	if told := strings.Join(s.events(t, orders.ID), "\n"); !strings.Contains(told, `names {"new":2,`) {
		t.Errorf("the run of orders tells %s", told)
	}
	var refresh client.Run
	await(t, "the products on the orders to be read", func(ctx context.Context) (bool, string) {
		page, err := l.api.Runs(ctx, client.RunFilter{Coupling: s.coupling.ID})
		if err != nil {
			return false, err.Error()
		}
		for _, run := range page.Data {
			if run.Trigger == koppel.TriggerDependency && run.Mode == koppel.ModeSingle {
				refresh = run
			}
		}
		return refresh.ID != "", "no such run"
	})
	refresh = s.ended(t, refresh.ID)
	if refresh.State != koppel.RunSucceeded || refresh.Keys == nil || len(refresh.Keys.RemoteIDs) == 0 {
		t.Fatalf("the run of products is %s, of %+v", describeRun(refresh), refresh.Keys)
	}
	refreshed, objects := 0, s.objects(t, koppel.Products)
	for _, p := range s.truths(t) {
		id := fmt.Sprint(p.ID)
		if p.Manage != true {
			continue
		}
		want := before[id]
		if slices.Contains(refresh.Keys.RemoteIDs, id) {
			want = fmt.Sprint(5000 + p.ID)
			refreshed++
		}
		if got := string(objects[id].Values["stock_level"]); got != want {
			t.Errorf("the stock of %s is %s, want %s", id, got, want)
		}
	}
	if refreshed == 0 || len(s.objects(t, koppel.SellOrders)) != 0 {
		t.Errorf("%d stocks were refreshed, and %d orders taken", refreshed, len(s.objects(t, koppel.SellOrders)))
	}
	// The orders are known now: nothing is read because of them again.
	again := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeFull})
	if told := strings.Join(s.events(t, again.ID), "\n"); strings.Contains(told, "names {") {
		t.Errorf("orders that are known name products: %s", told)
	}
}

// sync.md 2: the cursor says where the next incremental read starts, also one that a person set by the CLI: a key, a time,
// and none.
func cursorThatIsSetIsWhereTheNextScanStarts(t *testing.T, l *land) {
	keyed, remote := newFlat(t, l, "flat-cursor")
	for _, id := range []string{"A", "B", "C", "D", "E"} {
		remote.put("items", row{"ID": id, "Name": "Item " + id})
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
	}
	keyed.activate(t)
	timed := newSite(t, l, demoshop.Config{Products: 30, Orders: -1})
	timed.activate(t)
	d := &desk{site: timed, koppel: filepath.Join(t.TempDir(), "koppel")}
	buildKoppel(t, d.koppel)
	set := func(s *site, stream, to string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, d.koppel, "cursor", "set", s.coupling.ID, stream, to)
		cmd.Env = []string{"KOPPEL_URL=" + l.url, "KOPPEL_KEY=" + l.key.Reveal(), "HOME=" + t.TempDir()}
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, said)
		}
	}
	since := func(s *site) client.Run {
		t.Helper()
		return s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	}
	for _, c := range []struct{ to, asked string }{{"3", "/items?after=3"}, {"7", "/items?after=7"}, {"none", "/items?after=0"}} {
		set(keyed, "items", c.to)
		remote.requests()
		since(keyed)
		if asked := remote.requests(); !slices.Contains(asked, c.asked) {
			t.Errorf("from cursor %s the remote was asked %v, want %s", c.to, asked, c.asked)
		}
	}
	before := since(timed).Counts.Records
	set(timed, "products", "2001-01-01T00:00:00Z")
	if all := since(timed).Counts.Records; all <= before || all < 30 {
		t.Errorf("from 2001 on the shop told %d records, from the promoted cursor %d", all, before)
	}
	if again := since(timed).Counts.Records; again != before {
		t.Errorf("the run after it read %d records, want %d: it promotes its own cursor", again, before)
	}
}
