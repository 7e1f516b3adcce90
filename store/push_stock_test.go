package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// stocked is a webshop whose shop takes the stock that a warehouse gives.
type stocked struct {
	*reading
	wms       store.Lease
	warehouse store.Coupling
}

func newStocked(t *testing.T) *stocked {
	t.Helper()
	r := newReading(t)
	s := &stocked{reading: r, warehouse: r.Coupling(t, r.shop)}
	s.wms = r.pair.lease(t, s.warehouse, "products")
	r.rule(t, s.warehouse, koppel.Products, koppel.Rule{Key: "sku_code"})
	s.take(t, koppel.Stock)
	return s
}

// take sets what the shop takes.
func (s *stocked) take(t *testing.T, pushes ...koppel.Object) {
	t.Helper()
	in(t, s.Engine, s.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.SetPushes(ctx, s.coupling.UUID, append([]koppel.Object{}, pushes...))
	})
}

// due makes everything that is gathered due.
func (s *stocked) due(t *testing.T) {
	t.Helper()
	if _, err := s.owner.Exec(t.Context(), "UPDATE outbox SET due_at = now() - interval '1 second'"); err != nil {
		t.Fatal(err)
	}
}

// claim opens a run of the shop's queue and claims the one row that it takes.
func (s *stocked) claim(t *testing.T) (store.Attempt, store.Pushed) {
	t.Helper()
	type both struct {
		store.Attempt
		store.Pushed
	}
	got := in(t, s.Engine, s.scope(), func(ctx context.Context, tx *store.Tx) (both, error) {
		run, err := tx.OpenPushes(ctx, store.PushQueue{WebshopID: s.shop.ID, CouplingUUID: s.coupling.UUID, Object: koppel.Stock}, koppel.TriggerDependency, "test")
		if err != nil || run == nil {
			t.Fatalf("run %v, %v", run, err)
		}
		due, err := tx.TakeOutbox(ctx, *run, 10)
		if err != nil || len(due.IDs) != 1 {
			t.Fatalf("due %+v, %v", due, err)
		}
		attempt, err := tx.AttemptOutbox(ctx, due.IDs[0], run.ID, time.Minute)
		if err != nil {
			return both{}, err
		}
		what, err := tx.ToPush(ctx, koppel.Stock, attempt.ObjectID, s.coupling.ID)
		if err != nil {
			return both{}, err
		}
		if _, err := tx.FinishRun(ctx, run.UUID, store.Finish{State: koppel.RunSucceeded}); err != nil {
			return both{}, err
		}
		return both{attempt, what}, tx.OutboxDecided(ctx, attempt.ID, attempt.Epoch, what.Operation(), what.Target)
	})
	return got.Attempt, got.Pushed
}

func sku(stock int64) map[string]any {
	return map[string]any{"sku_code": "TENT", "stock_level": stock}
}

// A warehouse's stock is wanted at the shop once, whatever changes while it is gathered; the shop's own reading of it
// asks for nothing; the warehouse never gets its own value.
func TestStockGoesToWhoTakesItAndNeverBack(t *testing.T) {
	t.Parallel()
	s := newStocked(t)
	rows := "SELECT object, operation, reference, state, edited, (SELECT id FROM coupling c WHERE c.id = o.coupling_id) = " +
		s.text(t, "SELECT id FROM coupling WHERE uuid = $1", s.coupling.UUID) + " AS shop FROM outbox o ORDER BY o.id"
	s.write(t, s.lease, product(t, "501", 5, sku(3)))
	s.want(t, "", rows)
	s.write(t, s.wms, product(t, "W1", 5, sku(9)))
	s.write(t, s.wms, product(t, "W1", 6, sku(7)))
	s.want(t, "7", "SELECT stock_level FROM product")
	s.want(t, "stock|set|TENT|pending|false|true", rows)

	s.due(t)
	attempt, what := s.claim(t)
	if object, _ := what.Vars["object"].(map[string]any); what.Target != int64(7) || what.RemoteID != "501" || object["sku_code"] != "TENT" {
		t.Errorf("it is to write %+v", what)
	}
	s.write(t, s.wms, product(t, "W1", 7, sku(6)))
	s.want(t, "stock|set|TENT|sending|true|true", rows)
	s.sent(t, attempt, "501")
	s.want(t, "stock|set|TENT|sent|true|true\nstock|set|TENT|pending|false|true", rows)
	s.due(t)
	attempt, what = s.claim(t)
	s.sent(t, attempt, "501")
	s.write(t, s.lease, product(t, "501", 8, sku(6)))
	s.want(t, "6|2|2", "SELECT stock_level, (SELECT count(*) FROM outbox), (SELECT count(*) FROM outbox WHERE state = 'sent') FROM product")
	s.want(t, "6", "SELECT target FROM outbox ORDER BY id DESC LIMIT 1")
}

// What a person gives goes to all who take it, and what is written no more is not written.
func TestStockThatIsNotKeptIsNotPushed(t *testing.T) {
	t.Parallel()
	s := newStocked(t)
	s.write(t, s.lease, product(t, "501", 5, sku(3)))
	s.write(t, s.wms, product(t, "W1", 5, map[string]any{"sku_code": "TENT", "stock_level": int64(9), "unlimited_stock": true}))
	s.want(t, "0", "SELECT count(*) FROM outbox")
	s.write(t, s.wms, product(t, "W1", 6, map[string]any{"unlimited_stock": false}))
	s.want(t, "pending", "SELECT state FROM outbox")
	s.due(t)
	s.take(t)
	if _, what := s.claim(t); what.Unwanted == "" {
		t.Errorf("it is written though the coupling takes no stock any more: %+v", what)
	}
}

// A coupling that comes to take stock gets what differs, and only that.
func TestWhoComesToTakeStockGetsWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newStocked(t)
	s.take(t)
	in(t, s.App, s.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
		return true, tx.RankCouplings(ctx, koppel.Products, "stock", []string{s.warehouse.UUID})
	})
	more := func(code string, stock int64) map[string]any {
		return map[string]any{"sku_code": code, "stock_level": stock}
	}
	s.write(t, s.wms, product(t, "W1", 5, more("A", 9)), product(t, "W2", 5, more("B", 4)))
	s.rule(t, s.coupling, koppel.Products, koppel.Rule{Key: "sku_code"})
	s.write(t, s.lease, product(t, "501", 5, more("A", 3)), product(t, "502", 5, more("B", 4)), product(t, "503", 5, more("C", 8)))
	s.want(t, "0", "SELECT count(*) FROM outbox")
	s.take(t, koppel.Stock)
	s.want(t, "A|pending", "SELECT reference, state FROM outbox")
}
