package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// placedOrder is an order that waits for its push.
func (p pair) placedOrder(t *testing.T) store.Outbox {
	t.Helper()
	suppliers, products := p.goods(t)
	o, err := p.draft(t, draftOf(suppliers[0], products[0], products[1]))
	if err != nil {
		t.Fatal(err)
	}
	row, err := p.place(t, o.UUID, p.coupling.UUID)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// pushRun opens a push run with the row in hand.
func (p pair) pushRun(t *testing.T, row store.Outbox) (store.Run, error) {
	t.Helper()
	return try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		o, err := tx.OpenRun(ctx, store.NewRun{Coupling: p.coupling.UUID, Direction: koppel.Push, StreamGroup: "buy_orders", Mode: koppel.ModePush,
			Trigger: koppel.TriggerDependency, WorkflowID: "push/" + row.UUID, Keys: store.RunKeys{OutboxID: row.ID}})
		if err != nil {
			return store.Run{}, err
		}
		return o.Run, tx.AttachOutbox(ctx, row.ID, o.Run.ID)
	})
}

func (p pair) claim(t *testing.T, row store.Outbox, run store.Run) (store.Claim, error) {
	t.Helper()
	return try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Claim, error) {
		return tx.ClaimOutbox(ctx, row.ID, run.ID)
	})
}

func (p pair) due(t *testing.T) (ids []int64) {
	t.Helper()
	for _, o := range in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Outbox, error) { return tx.DueOutbox(ctx, 0) }) {
		ids = append(ids, o.ID)
	}
	return ids
}

func TestAWriteIsSentOnceAndItsIDsComeBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	row := p.placedOrder(t)
	if diff := cmp.Diff([]int64{row.ID}, p.due(t)); diff != "" {
		t.Fatal(diff)
	}
	run, err := p.pushRun(t, row)
	if err != nil {
		t.Fatal(err)
	}
	if due := p.due(t); due != nil {
		t.Errorf("a row in hand is due: %v", due)
	}
	_, err = p.pushRun(t, row)
	wantKind(t, err, koppel.KindConflict, "in hand")
	first, err := p.claim(t, row, run)
	if err != nil || first.LookUp || first.Epoch != 1 || first.State != store.OutboxSending {
		t.Fatalf("first claim %+v, err %v", first, err)
	}
	second, err := p.claim(t, row, run) // the first attempt died: nobody knows what it did
	if err != nil || !second.LookUp || second.Epoch != 2 || second.Attempts != 2 {
		t.Fatalf("second claim %+v, err %v", second, err)
	}
	sent := func(epoch int64) (store.Outbox, error) {
		return try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
			return tx.OutboxSent(ctx, row.ID, epoch, store.Sent{RemoteID: "PO-77", Lines: map[int]string{1: "L1", 2: "L2"}})
		})
	}
	_, err = sent(1) // and is revived
	wantKind(t, err, koppel.KindConflict, "later attempt")
	for range 2 { // a repeated activity is harmless
		done, err := sent(2)
		if err != nil || done.State != store.OutboxSent || *done.RemoteID != "PO-77" {
			t.Fatalf("sent %+v, err %v", done, err)
		}
	}
	found := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.ObjectRow], error) {
		return tx.Objects(ctx, koppel.BuyOrders, store.ObjectFilter{RemoteID: "PO-77", Coupling: p.coupling.UUID})
	}).Items
	if len(found) != 1 || len(found[0].Sources) != 1 || found[0].Sources[0].Stream != nil {
		t.Fatalf("found by the remote's id: %+v", found)
	}
	var ids []any
	for _, l := range value(t, found[0], "lines").([]store.Line) {
		ids = append(ids, l.Values[0])
	}
	if diff := cmp.Diff([]any{"L1", "L2"}, ids); diff != "" {
		t.Error(diff)
	}
	_, err = p.claim(t, row, run)
	wantKind(t, err, koppel.KindConflict, "sent")
	got := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) { return tx.OutboxOfRun(ctx, run.ID) })
	if got.ID != row.ID {
		t.Errorf("the run's row is %d, want %d", got.ID, row.ID)
	}
}

func TestTheOutcomesOfAnAttempt(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	row := p.placedOrder(t)
	advice := koppel.Advice{Kind: koppel.KindTimeout, Title: "t", Detail: "after 60 s", Owner: koppel.OwnerVendor, Next: "n"}
	settle := func(fn func(context.Context, *store.Tx) (store.Outbox, error)) store.Outbox {
		t.Helper()
		return in(t, p.Engine, p.scope(), fn)
	}
	attempt := func() (store.Run, store.Claim) {
		t.Helper()
		run, err := p.pushRun(t, row)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.claim(t, row, run)
		if err != nil {
			t.Fatal(err)
		}
		return run, c
	}
	end := func(run store.Run) {
		t.Helper()
		if _, err := p.finish(t, run.UUID, store.Finish{State: koppel.RunFailed, Error: &advice}); err != nil {
			t.Fatal(err)
		}
	}
	run, c := attempt()
	later := time.Now().Add(time.Hour)
	if o := settle(func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxAgain(ctx, row.ID, c.Epoch, advice, later)
	}); o.State != store.OutboxPending || o.Error.Detail != "after 60 s" {
		t.Errorf("put back: %+v", o)
	}
	end(run)
	if due := p.due(t); due != nil {
		t.Errorf("due an hour early: %v", due)
	}
	if run, c = attempt(); c.LookUp {
		t.Error("a write that certainly was not taken is looked up")
	}
	settle(func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxUnknown(ctx, row.ID, c.Epoch, advice, time.Now().Add(-time.Second))
	})
	end(run)
	if diff := cmp.Diff([]int64{row.ID}, p.due(t)); diff != "" {
		t.Error(diff)
	}
	if run, c = attempt(); !c.LookUp {
		t.Error("a write of unknown outcome is sent without a look")
	}
	end(run) // a worker that died in "sending" and whose run was closed leaves the row to the next
	if diff := cmp.Diff([]int64{row.ID}, p.due(t)); diff != "" {
		t.Error(diff)
	}
	run, c = attempt()
	if o := settle(func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxParked(ctx, row.ID, c.Epoch, advice)
	}); o.State != store.OutboxParked {
		t.Errorf("parked: %+v", o)
	}
	end(run)
	if due := p.due(t); due != nil {
		t.Errorf("a parked write is due: %v", due)
	}
	if o := settle(func(ctx context.Context, tx *store.Tx) (store.Outbox, error) { return tx.RetryOutbox(ctx, row.UUID) }); o.State != store.OutboxUnknown {
		t.Errorf("retried: %+v", o)
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson, "")
	})
	if due := p.due(t); due != nil {
		t.Errorf("a write of a paused coupling is due: %v", due)
	}
}

func TestARemoteIDOfAnotherObjectIsRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	row := p.placedOrder(t)
	run, err := p.pushRun(t, row)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.claim(t, row, run); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Owner(t).Exec(t.Context(), `INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
		VALUES ($1, $2, 'buy_orders', 'PO-1', 999, 0, '', 0, '{}')`, p.shop.ID, p.coupling.ID); err != nil {
		t.Fatal(err)
	}
	_, err = try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxSent(ctx, row.ID, 1, store.Sent{RemoteID: "PO-1"})
	})
	wantKind(t, err, koppel.KindConflict, "PO-1", "KOP1")
}
