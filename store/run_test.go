package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func (p pair) newRun(trigger koppel.Trigger, mode koppel.Mode) store.NewRun {
	n := store.NewRun{
		Coupling: p.coupling.UUID, Direction: koppel.Pull, StreamGroup: "products", Mode: mode, Trigger: trigger,
		AskedBy: "test", WorkflowID: "pull/" + p.coupling.UUID + "/products",
	}
	if mode == koppel.ModeSingle {
		n.Keys.SKUs = []string{"A1"}
	}
	return n
}

func (p pair) open(t *testing.T, n store.NewRun) (store.Opened, error) {
	t.Helper()
	return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Opened, error) { return tx.OpenRun(ctx, n) })
}

func (p pair) start(t *testing.T, r store.Run) (store.Run, error) {
	t.Helper()
	return try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		return tx.StartRun(ctx, r.UUID, r.WorkflowID)
	})
}

func (p pair) finish(t *testing.T, id string, f store.Finish) (store.Run, error) {
	t.Helper()
	return try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) { return tx.FinishRun(ctx, id, f) })
}

func TestOneScanIsActiveAndOneIsQueued(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	first, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	if err != nil || first.Skipped || first.Behind != "" || first.Run.State != koppel.RunQueued {
		t.Fatalf("first: %+v, err %v", first, err)
	}
	if _, err := p.start(t, first.Run); err != nil {
		t.Fatal(err)
	}
	scheduled, err := p.open(t, p.newRun(koppel.TriggerSchedule, koppel.ModeSince))
	if err != nil || !scheduled.Skipped || scheduled.Run.UUID != first.Run.UUID {
		t.Fatalf("scheduled: %+v, err %v", scheduled, err)
	}
	second, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeSince))
	if err != nil || second.Behind != first.Run.UUID || second.Run.State != koppel.RunQueued {
		t.Fatalf("second: %+v, err %v", second, err)
	}
	_, err = p.open(t, p.newRun(koppel.TriggerDependency, koppel.ModeSince))
	wantKind(t, err, koppel.KindConflict, second.Run.UUID)
	_, err = p.start(t, second.Run)
	wantKind(t, err, koppel.KindConflict, "active")
	for range 2 { // singles are not blocked, nor is another group
		if o, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeSingle)); err != nil || o.Behind != "" {
			t.Fatalf("single: %+v, err %v", o, err)
		} else if _, err := p.start(t, o.Run); err != nil {
			t.Fatal(err)
		}
	}
	orders := p.newRun(koppel.TriggerSchedule, koppel.ModeSince)
	orders.StreamGroup = "orders"
	if o, err := p.open(t, orders); err != nil || o.Skipped {
		t.Fatalf("orders: %+v, err %v", o, err)
	}
	next := func() (string, bool) {
		var found bool
		r := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (r store.Run, err error) {
			r, found, err = tx.NextQueuedRun(ctx, p.coupling.ID, "products")
			return r, err
		})
		return r.UUID, found
	}
	if id, ok := next(); ok {
		t.Errorf("run %s may start while another is active", id)
	}
	if _, err := p.finish(t, first.Run.UUID, store.Finish{State: koppel.RunSucceeded}); err != nil {
		t.Fatal(err)
	}
	if id, ok := next(); !ok || id != second.Run.UUID {
		t.Errorf("next is %q, want %s", id, second.Run.UUID)
	}
}

func TestTwoOpensAtOnceObeyTheRules(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	const n = 8
	var mu sync.Mutex
	var wg sync.WaitGroup
	opened, taken := map[string]bool{}, 0
	for range n {
		wg.Go(func() {
			o, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Opened, error) {
				return tx.OpenRun(ctx, p.newRun(koppel.TriggerManual, koppel.ModeFull))
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			opened[o.Run.UUID] = true
			if o.TookOver {
				taken++
			}
		})
	}
	wg.Wait()
	if len(opened) != 1 || taken != n-1 {
		t.Errorf("%d opened and %d took it over, want 1 and %d", len(opened), taken, n-1)
	}
	// The same id, asked by a repeated activity, is one run.
	again := p.newRun(koppel.TriggerManual, koppel.ModeSingle)
	again.UUID = store.NewID()
	ids := make(chan string, n)
	for range n {
		wg.Go(func() {
			o, err := try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Opened, error) { return tx.OpenRun(ctx, again) })
			if err != nil {
				t.Error(err)
			}
			ids <- o.Run.UUID
		})
	}
	wg.Wait()
	close(ids)
	for id := range ids {
		if id != again.UUID {
			t.Errorf("opened %s, want %s", id, again.UUID)
		}
	}
}

func TestStartingTwoRunsOfAGroupAtOnceStartsOne(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	owner := p.Owner(t)
	a, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.start(t, a.Run); err != nil {
		t.Fatal(err)
	}
	b, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{a.Run.ID, b.Run.ID} { // both queued, as only a lost race could leave them
		if _, err := owner.Exec(t.Context(), `DROP INDEX IF EXISTS run_one_queued_scan`); err != nil {
			t.Fatal(err)
		}
		if _, err := owner.Exec(t.Context(), `UPDATE run SET state = 'queued' WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
	}
	errs := make(chan error, 2)
	for _, r := range []store.Run{a.Run, b.Run} {
		go func() {
			errs <- p.Engine.InTx(context.Background(), p.scope(), func(tx *store.Tx) error {
				_, err := tx.StartRun(context.Background(), r.UUID, r.WorkflowID)
				return err
			})
		}()
	}
	kinds := map[koppel.Kind]int{}
	for range 2 {
		kinds[koppel.KindOf(<-errs)]++
	}
	if diff := cmp.Diff(map[koppel.Kind]int{"": 1, koppel.KindConflict: 1}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestARunPinsWhatItStartedWith(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ctx := t.Context()
	set := func(version int64, settings string) {
		in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
			if err := tx.SetRemoteVersion(ctx, p.coupling.ID, fmt.Sprint("9.", version)); err != nil {
				return store.Coupling{}, err
			}
			return tx.SetSettings(ctx, p.coupling.UUID, version, json.RawMessage(settings))
		})
	}
	set(1, `{"a": 1}`)
	first := p.Publish(t, storetest.Connector, "first")
	o, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	if err != nil {
		t.Fatal(err)
	}
	started, err := p.start(t, o.Run)
	if err != nil {
		t.Fatal(err)
	}
	set(2, `{"a": 2}`)
	p.Publish(t, storetest.Connector, "second")
	again, err := p.start(t, o.Run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(started, again); diff != "" {
		t.Error(diff)
	}
	if *again.ConnectorDigest != first.Digest || string(again.Settings) != `{"a": 1}` || again.SettingsVersion != 2 || again.RemoteVersion != "9.1" {
		t.Errorf("pinned %s, %s, %d, %s", *again.ConnectorDigest, again.Settings, again.SettingsVersion, again.RemoteVersion)
	}
	_, err = try(t, p.Engine, p.scope(), func(_ context.Context, tx *store.Tx) (store.Run, error) {
		return tx.StartRun(ctx, o.Run.UUID, "another")
	})
	wantKind(t, err, koppel.KindConflict, o.Run.WorkflowID)
}

func TestRunsNeedACouplingThatMayRun(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, p.coupling.UUID, koppel.PausedByQuota, "day's allowance")
	})
	_, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeFull))
	wantKind(t, err, koppel.KindConflict, "paused", "quota", "day's allowance")
	bad := []store.NewRun{{}, p.newRun(koppel.TriggerManual, koppel.ModePush), p.newRun(koppel.TriggerManual, koppel.ModeWindow)}
	single := p.newRun(koppel.TriggerManual, koppel.ModeSingle)
	single.Keys = store.RunKeys{}
	backwards := p.newRun(koppel.TriggerManual, koppel.ModeWindow)
	backwards.Window = koppel.Window{From: time.Now(), To: time.Now().Add(-time.Hour)}
	for _, n := range append(bad, single, backwards) {
		_, err := p.open(t, n)
		wantKind(t, err, koppel.KindInvalidRequest)
	}
}

func TestRunsListByFilterAndCursor(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var want []string
	for range 5 {
		o, err := p.open(t, p.newRun(koppel.TriggerManual, koppel.ModeSingle))
		if err != nil {
			t.Fatal(err)
		}
		want = append([]string{o.Run.UUID}, want...)
	}
	if _, err := p.start(t, store.Run{UUID: want[0], WorkflowID: p.newRun(koppel.TriggerManual, koppel.ModeSingle).WorkflowID}); err != nil {
		t.Fatal(err)
	}
	list := func(scope store.Scope, f store.RunFilter) store.Page[store.Run] {
		return in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (store.Page[store.Run], error) { return tx.Runs(ctx, f) })
	}
	var got []string
	for f := (store.RunFilter{Coupling: p.coupling.UUID, Limit: 2}); ; {
		page := list(p.scope(), f)
		for _, r := range page.Items {
			got = append(got, r.UUID)
		}
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if running := list(store.AllWebshops(), store.RunFilter{States: []koppel.RunState{koppel.RunRunning}}); len(running.Items) != 1 || running.Items[0].UUID != want[0] {
		t.Errorf("running: %v", running.Items)
	}
	if none := list(store.ForWebshop(p.other.ID), store.RunFilter{}); len(none.Items) != 0 {
		t.Errorf("another webshop sees %d runs", len(none.Items))
	}
	open := in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Run, error) { return tx.OpenRuns(ctx, 0, 0) })
	if len(open) != 5 || open[0].UUID != want[4] {
		t.Errorf("%d runs are open to the sweep, want 5 oldest first", len(open))
	}
}
