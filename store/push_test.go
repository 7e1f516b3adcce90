package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// attempt opens the write's run, where it has none, and attempts it.
func (p pair) attempt(t *testing.T, row store.Outbox) store.Attempt {
	t.Helper()
	now := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) { return tx.OutboxByID(ctx, row.ID) })
	run := now.RunID
	if run == nil {
		opened, err := p.pushRun(t, row)
		if err != nil {
			t.Fatal(err)
		}
		run = &opened.ID
	}
	return in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Attempt, error) {
		return tx.AttemptOutbox(ctx, row.ID, *run, time.Minute)
	})
}

func (p pair) sent(t *testing.T, a store.Attempt, remote string) {
	t.Helper()
	in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxSent(ctx, a.ID, a.Epoch, store.Sent{RemoteID: remote})
	})
}

// writes are the order's rows, oldest first, as operation and state.
func (p pair) writes(t *testing.T, id int64) (rows []string) {
	t.Helper()
	for _, o := range in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Outbox, error) {
		return tx.OutboxOfObject(ctx, koppel.BuyOrders, id)
	}) {
		rows = append([]string{o.Operation + " " + string(o.State)}, rows...)
	}
	return rows
}

func (p pair) editDate(t *testing.T, id string, day int) *store.Outbox {
	t.Helper()
	date := time.Date(2031, 5, day, 0, 0, 0, 0, time.UTC)
	return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (*store.Outbox, error) {
		_, row, err := tx.EditBuyOrder(ctx, id, store.BuyOrderEdit{ExpectedDeliveryDate: &date, Gather: time.Hour, By: "test"})
		return row, err
	})
}

// Edits before the order left go with it; edits afterwards make one write of
// their own, however many they are, and those of an attempt under way follow it.
func TestEditsOfAPlacedOrderAreGathered(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	o, err := p.draft(t, draftOf(suppliers[0], products[0], products[1]))
	if err != nil {
		t.Fatal(err)
	}
	row, err := p.place(t, o.UUID, p.coupling.UUID)
	if err != nil {
		t.Fatal(err)
	}
	if joined := p.editDate(t, o.UUID, 1); joined == nil || joined.ID != row.ID || joined.Edited {
		t.Errorf("an edit before the first attempt is %+v", joined)
	}
	a := p.attempt(t, row)
	if during := p.editDate(t, o.UUID, 2); during == nil || during.ID != row.ID || !during.Edited {
		t.Errorf("an edit during the attempt is %+v", during)
	}
	p.sent(t, a, "PO-1")
	if diff := cmp.Diff([]string{"create sent", "update pending"}, p.writes(t, o.ID)); diff != "" {
		t.Error(diff)
	}
	first, second := p.editDate(t, o.UUID, 3), p.editDate(t, o.UUID, 4)
	if first == nil || second == nil || first.ID != second.ID || first.ID == row.ID {
		t.Fatalf("two edits are %+v and %+v", first, second)
	}
	if wait := p.attempt(t, *second).Wait; wait < 50*time.Minute {
		t.Errorf("gathered for %s", wait)
	}
	lines := value(t, p.object(t, koppel.BuyOrders, o.UUID), "lines").([]store.Line)
	if len(lines) != 2 {
		t.Errorf("%d lines after edits of the date", len(lines))
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (*store.Outbox, error) {
		_, row, err := tx.CancelBuyOrder(ctx, o.UUID, "test")
		return row, err
	})
	if diff := cmp.Diff([]string{"create sent", "cancel pending"}, p.writes(t, o.ID)); diff != "" {
		t.Error(diff)
	}
	_, err = try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (*store.Outbox, error) {
		_, row, err := tx.EditBuyOrder(ctx, o.UUID, store.BuyOrderEdit{By: "test"})
		return row, err
	})
	wantKind(t, err, koppel.KindConflict, "deleted")
}

// A cancelled order that never left is not sent at all.
func TestAnOrderCancelledInTimeNeverLeaves(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	row := p.placedOrder(t)
	if _, err := p.pushRun(t, row); err != nil {
		t.Fatal(err)
	}
	order := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.ObjectRow], error) {
		return tx.Objects(ctx, koppel.BuyOrders, store.ObjectFilter{})
	}).Items[0]
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (*store.Outbox, error) {
		_, row, err := tx.CancelBuyOrder(ctx, order.UUID, "test")
		return row, err
	})
	if a := p.attempt(t, row); a.State != store.OutboxDropped || a.Epoch != 0 {
		t.Errorf("the attempt gives %+v", a)
	}
}

// The webshop's cap lets so many orders begin an hour; the next waits and says why.
func TestTheCapHoldsFurtherOrders(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	in(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Webshop, error) {
		return tx.SetBuyOrderCap(ctx, p.shop.UUID, 2)
	})
	var held []bool
	var last store.Outbox
	for range 3 {
		o, err := p.draft(t, draftOf(suppliers[0], products[0]))
		if err != nil {
			t.Fatal(err)
		}
		if last, err = p.place(t, o.UUID, p.coupling.UUID); err != nil {
			t.Fatal(err)
		}
		a := p.attempt(t, last)
		held = append(held, a.Wait > 0)
	}
	if diff := cmp.Diff([]bool{false, false, true}, held); diff != "" {
		t.Error(diff)
	}
	waits := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.Outbox], error) {
		return tx.Outboxes(ctx, store.OutboxFilter{Held: true})
	}).Items
	if len(waits) != 1 || waits[0].ID != last.ID || *waits[0].Held != "cap" || waits[0].HeldAt == nil {
		t.Errorf("held: %+v", waits)
	}
	in(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Webshop, error) {
		return tx.SetBuyOrderCap(ctx, p.shop.UUID, 3)
	})
	if a := p.attempt(t, last); a.Wait > 0 || a.Held != nil {
		t.Errorf("with a higher cap: %+v", a)
	}
}

// A stop of coupling, webshop, connector or installation holds a write until it ends.
func TestAStopHoldsWrites(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	row := p.placedOrder(t)
	for _, n := range []store.NewPushStop{{Coupling: p.coupling.UUID}, {Webshop: p.shop.UUID}, {Connector: p.coupling.Connector}, {}} {
		n.Reason, n.By = "outage", "test"
		stop := func() (store.PushStop, error) {
			return try(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.PushStop, error) { return tx.StopPushes(ctx, n) })
		}
		made, err := stop()
		if err != nil {
			t.Fatal(err)
		}
		_, err = stop()
		wantKind(t, err, koppel.KindConflict, "already")
		if a := p.attempt(t, row); a.Wait == 0 || a.Epoch != 0 {
			t.Errorf("%+v does not hold: %+v", n, a)
		}
		in(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.PushStop, error) {
			return tx.EndPushStop(ctx, made.UUID, "test")
		})
	}
	if a := p.attempt(t, row); a.Wait > 0 || a.State != store.OutboxSending {
		t.Errorf("after all stops ended: %+v", a)
	}
	_, err := try(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.PushStop, error) {
		return tx.StopPushes(ctx, store.NewPushStop{Connector: "nobody", Reason: "x", By: "test"})
	})
	wantKind(t, err, koppel.KindInvalidRequest, "nobody")
}

// A quantity is rounded up to the least quantity and whole lots, at the same
// price a piece, and written back; the factor of a pushed line stays.
func TestQuantitiesAreRoundedUp(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	if _, err := p.Owner(t).Exec(t.Context(), `
		INSERT INTO supplier_product (webshop_id, id, uuid, supplier_id, supplier_key, product_id, product_key, key_coupling_id, lot_size, minimum_purchase_quantity, status, run_id)
		SELECT s.webshop_id, nextval('object_id'), gen_random_uuid(), s.id, '', p.id, '', 0, 6, 10, 'enabled', 0 FROM supplier s, product p WHERE s.uuid = $1 AND p.uuid = $2`,
		suppliers[0], products[0]); err != nil {
		t.Fatal(err)
	}
	d := draftOf(suppliers[0], products[0], products[1])
	d.Lines[0].Quantity, d.Lines[0].SubtotalValue = 4, decimal.New(8, 0)
	o, err := p.draft(t, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} { // once
		if grew := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (int, error) { return tx.RoundBuyOrder(ctx, o.ID, 0, true) }); grew != want {
			t.Errorf("%d lines grew, want %d", grew, want)
		}
	}
	order := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.PushedOrder, error) {
		return tx.BuyOrderToPush(ctx, o.ID, p.coupling.ID)
	})
	line := order.Vars()["object"].(map[string]any)["lines"].([]any)[0].(map[string]any)
	got := []any{line["quantity"], line["purchase_quantity"], line["factor"], line["subtotal_value"].(decimal.Decimal).String(), line["purchase_price"].(decimal.Decimal).String()}
	if diff := cmp.Diff([]any{int64(12), int64(2), int64(6), "24", "12"}, got); diff != "" {
		t.Error(diff)
	}
}

// A parked write stands among what is parked; a person says what became of it.
func TestAParkedWriteIsSettledByAPerson(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(ctx context.Context, tx *store.Tx, id string) (store.Outbox, error){
		"unknown": func(ctx context.Context, tx *store.Tx, id string) (store.Outbox, error) {
			return tx.RetryOutbox(ctx, id)
		},
		"pending": func(ctx context.Context, tx *store.Tx, id string) (store.Outbox, error) {
			return tx.SendOutboxAgain(ctx, id)
		},
		"sent": func(ctx context.Context, tx *store.Tx, id string) (store.Outbox, error) {
			return tx.ConfirmOutbox(ctx, id, "PO-9")
		},
	} {
		p := newPair(t)
		row := p.placedOrder(t)
		a := p.attempt(t, row)
		in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
			if err := tx.OutboxSteps(ctx, a.ID, a.Epoch, json.RawMessage(`{"id":"PO-9"}`)); err != nil {
				return store.Outbox{}, err
			}
			return tx.OutboxParked(ctx, a.ID, a.Epoch, koppel.Advice{Kind: koppel.KindConflict, Detail: "the remote has it twice"})
		})
		parked := func() []store.ParkedRow {
			return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.ParkedRow], error) {
				return tx.ParkedRecords(ctx, store.ParkedFilter{})
			}).Items
		}
		if rows := parked(); len(rows) != 1 || rows[0].Outbox == nil || *rows[0].Outbox != row.UUID || rows[0].RemoteID != row.Reference {
			t.Fatalf("parked: %+v", rows)
		}
		after := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) { return settle(ctx, tx, row.UUID) })
		if string(after.State) != name || len(parked()) != 0 {
			t.Errorf("settled as %s, want %s; %d are parked", after.State, name, len(parked()))
		}
	}
}
