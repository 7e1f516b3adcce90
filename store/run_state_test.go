package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// withStreams gives the pair's first coupling two streams, each with a scan of run: products complete, variations not.
func (p pair) withStreams(t *testing.T, run store.Run) (productScan int64) {
	t.Helper()
	owner := p.Owner(t)
	insert := func(name string, complete bool, total, records int64) int64 {
		var id int64
		err := owner.QueryRow(t.Context(), `
			WITH st AS (INSERT INTO stream (webshop_id, coupling_id, name) VALUES ($1, $2, $3) RETURNING id)
			INSERT INTO scan (webshop_id, stream_id, run_id, complete, total, records, pages, last_page_at, ended_at)
			SELECT $1, id, $4, $5, $6, $7, 2, '2026-01-02T03:04:05Z', '2026-01-02T03:05:00Z' FROM st RETURNING id`,
			p.shop.ID, p.coupling.ID, name, run.ID, complete, total, records).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	productScan = insert("products", true, 100, 90)
	insert("variations", false, 20, 7)
	return productScan
}

func TestSuccessPromotesCursorsAndCompleteScansAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	run := p.Run(t, p.coupling, "products")
	scan := p.withStreams(t, run)
	owner := p.Owner(t)
	type state struct {
		Cursor   *time.Time
		Complete *int64
	}
	streams := func() map[string]state {
		got := map[string]state{}
		rows, err := owner.Query(t.Context(), `SELECT name, cursor_at, complete_scan_id FROM stream`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var s state
			if err := rows.Scan(&name, &s.Cursor, &s.Complete); err != nil {
				t.Fatal(err)
			}
			if s.Cursor != nil {
				*s.Cursor = s.Cursor.UTC()
			}
			got[name] = s
		}
		return got
	}
	untouched := map[string]state{"products": {}, "variations": {}}
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	cursors := map[string]time.Time{"products": at}

	_, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunSuspect, Cursors: cursors})
	wantKind(t, err, koppel.KindInvalidRequest, "cursor")
	_, err = p.finish(t, run.UUID, store.Finish{State: koppel.RunSucceeded, Cursors: map[string]time.Time{"products": at, "nonsense": at}})
	wantKind(t, err, koppel.KindInvalidRequest, "nonsense")
	_, err = p.finish(t, run.UUID, store.Finish{State: koppel.RunFailed})
	wantKind(t, err, koppel.KindInvalidRequest)
	if diff := cmp.Diff(untouched, streams()); diff != "" {
		t.Fatalf("a refused finish left its marks: %s", diff)
	}
	evidence := []koppel.Evidence{{Stream: "products", EndRule: "total", Complete: true, Total: 100, Read: 90}}
	done, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunSucceeded, Evidence: evidence, Cursors: cursors})
	if err != nil {
		t.Fatal(err)
	}
	if done.Total != 120 || done.Records != 97 || done.Pages != 4 || done.LastPageAt == nil || done.FinishedAt == nil {
		t.Errorf("run sums to total %d, records %d, pages %d", done.Total, done.Records, done.Pages)
	}
	if diff := cmp.Diff(evidence, done.Evidence); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]state{"products": {&at, &scan}, "variations": {}}, streams()); diff != "" {
		t.Error(diff)
	}
	if _, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunSucceeded}); err != nil {
		t.Errorf("finishing again as a repeated activity does: %v", err)
	}
	_, err = p.finish(t, run.UUID, store.Finish{State: koppel.RunCancelled})
	wantKind(t, err, koppel.KindConflict, "succeeded")
	scans := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Scan, error) { return tx.Scans(ctx, run.UUID) })
	if len(scans) != 2 || scans[0].Stream != "products" || scans[0].Records != 90 || scans[1].Complete {
		t.Errorf("scans %+v", scans)
	}
}

func TestASuspectRunPromotesNothing(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	run := p.Run(t, p.coupling, "products")
	p.withStreams(t, run)
	if _, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunSuspect}); err != nil {
		t.Fatal(err)
	}
	var promoted int
	if err := p.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM stream WHERE cursor_at IS NOT NULL OR complete_scan_id IS NOT NULL`).Scan(&promoted); err != nil || promoted != 0 {
		t.Errorf("%d streams were promoted, err %v", promoted, err)
	}
}

func TestTheTimelineTellsWhatHappened(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	run := p.Run(t, p.coupling, "products")
	until := time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()
	waiting := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		return tx.WaitRun(ctx, run.UUID, "quota of the shop", until)
	})
	if waiting.State != koppel.RunWaiting || *waiting.WaitReason != "quota of the shop" || !waiting.WaitUntil.Equal(until) {
		t.Errorf("waiting: %+v", waiting)
	}
	resumed := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		if err := tx.AppendTimeline(ctx, run.ID, "slice", map[string]int{"pages": 3}); err != nil {
			return store.Run{}, err
		}
		return tx.ResumeRun(ctx, run.UUID)
	})
	if resumed.State != koppel.RunRunning || resumed.WaitReason != nil {
		t.Errorf("resumed: %+v", resumed)
	}
	advice := koppel.Advice{Kind: koppel.KindAuth, Title: "t", Detail: "key ck_… is revoked", Owner: koppel.OwnerCustomer, Next: "n"}
	failed, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunFailed, Error: &advice})
	if err != nil || failed.Error == nil || *failed.Error != advice {
		t.Fatalf("failed with %+v, err %v", failed.Error, err)
	}
	events := func(scope store.Scope, after int64) (names []string, last int64) {
		list := in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) ([]store.Event, error) {
			return tx.Timeline(ctx, run.UUID, after, 0)
		})
		for _, e := range list {
			names, last = append(names, e.Event), e.ID
		}
		return names, last
	}
	names, last := events(p.scope(), 0)
	if diff := cmp.Diff([]string{"queued", "started", "waiting", "slice", "resumed", "finished"}, names); diff != "" {
		t.Error(diff)
	}
	if more, _ := events(p.scope(), last); len(more) != 0 {
		t.Errorf("after the last there is %v", more)
	}
	if theirs, _ := events(store.ForWebshop(p.other.ID), 0); len(theirs) != 0 {
		t.Errorf("another webshop reads %v", theirs)
	}
}

func TestCancellingEndsARunInAnyStateBeforeItsEnd(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	cancel := func(id string) (store.Run, error) {
		return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) { return tx.CancelRun(ctx, id, "support") })
	}
	o, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r, err := cancel(o.Run.UUID); err != nil || r.State != koppel.RunCancelled {
			t.Fatalf("state %s, err %v", r.State, err)
		}
	}
	_, err = p.start(t, o.Run)
	wantKind(t, err, koppel.KindConflict, "cancelled")
	if o, err = p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull)); err != nil || o.Behind != "" {
		t.Errorf("a cancelled run still blocks: %+v, err %v", o, err)
	}
	done, err := p.finish(t, o.Run.UUID, store.Finish{State: koppel.RunSucceeded})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cancel(done.UUID)
	wantKind(t, err, koppel.KindConflict, "succeeded")
}

func TestExchangesAreKeptWithTheirRun(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	run := p.Run(t, p.coupling, "products")
	x := koppel.Exchange{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Method: "GET", URL: "https://shop/x?key=[redacted]", Status: 500, ResponseBody: "oops"}
	id, err := p.Engine.Exchanges(p.shop.ID, run.ID).SaveExchange(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	got := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.ExchangeRow, error) {
		return tx.RunExchanges(ctx, run.UUID)
	})
	if diff := cmp.Diff([]store.ExchangeRow{{ID: id, Data: x}}, got); diff != "" {
		t.Error(diff)
	}
	_, err = try(t, p.App, store.ForWebshop(p.other.ID), func(ctx context.Context, tx *store.Tx) (store.ExchangeRow, error) { return tx.Exchange(ctx, id) })
	wantKind(t, err, koppel.KindNotFound)
	if _, err := p.Engine.Exchanges(p.shop.ID, 0).SaveExchange(t.Context(), x); err != nil {
		t.Errorf("an exchange without a run: %v", err)
	}
}
