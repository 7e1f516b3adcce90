package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// objects.md 6: what comes in on an order that stays here raises the stock at the coupling that says so, by what it was
// not raised by before; what a remote tells of itself raises nothing.
func TestADeliveryRaisesTheStockByWhatIsNew(t *testing.T) {
	t.Parallel()
	s := newStocked(t)
	s.take(t, koppel.StockOnDelivery)
	s.write(t, s.lease, product(t, "501", 5, sku(3)), record("S", 5, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "Supplier"})))
	supplier, tent := s.text(t, "SELECT uuid FROM supplier"), s.text(t, "SELECT uuid FROM product")
	order := in(t, s.App, s.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		draft, err := tx.CreateBuyOrder(ctx, store.BuyOrderDraft{Supplier: supplier, By: "test", Lines: []store.BuyOrderLine{{Product: tent, Quantity: 10, SubtotalValue: decimal.New(25, 0)}}})
		if err != nil {
			return draft, err
		}
		return tx.PlaceBuyOrderHere(ctx, draft.UUID, "test")
	})
	const rows = "SELECT object, operation, state, edited, target FROM outbox ORDER BY id"
	in(t, s.App, s.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.BookDelivery(ctx, order.UUID, store.NewDelivery{Product: tent, Quantity: 4, By: "test"})
	})
	s.want(t, "item_deliveries|raise|pending|false|∅", rows)
	s.raise(t, 4)
	s.want(t, "item_deliveries|raise|sent|false|4", rows)
	// It was more: the difference is raised.
	s.exec(t, "UPDATE item_delivery SET quantity = 6")
	s.wantRaise(t)
	s.raise(t, 2)
	s.want(t, "item_deliveries|raise|sent|false|4\nitem_deliveries|raise|sent|false|2", rows)
	s.want(t, "0", "SELECT count(*) FROM source WHERE object = 'item_deliveries'")
	// What the shop itself tells, and what came in elsewhere, raises nothing there.
	s.write(t, s.lease, delivery(t, "1", "O", 7, 3, map[string]any{"product": "501"}), purchase(t, "O", 7, nil, map[string]any{"lines": []koppel.Values{
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "a", "product": "501", "quantity": int64(4), "subtotal_value": decimal.New(4, 0)})}}))
	s.want(t, "2", "SELECT count(*) FROM outbox")
}

func (s *stocked) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.owner.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// wantRaise asks for the write that an edit of the delivery asks for.
func (s *stocked) wantRaise(t *testing.T) {
	t.Helper()
	s.exec(t, "INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference) "+
		"SELECT gen_random_uuid(), webshop_id, coupling_id, object, object_id, operation, reference FROM outbox ORDER BY id LIMIT 1")
}

// raise sends what is due, which is to raise the stock by so many.
func (s *stocked) raise(t *testing.T, by int64) {
	t.Helper()
	s.due(t)
	in(t, s.Engine, s.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
		run, err := tx.OpenPushes(ctx, store.PushQueue{WebshopID: s.shop.ID, CouplingUUID: s.coupling.UUID, Object: koppel.ItemDeliveries}, koppel.TriggerDependency, "test")
		if err != nil || run == nil {
			t.Fatalf("run %v, %v", run, err)
		}
		due, err := tx.TakeOutbox(ctx, *run, 10)
		if err != nil || len(due.IDs) != 1 {
			t.Fatalf("due %+v, %v", due, err)
		}
		attempt, err := tx.AttemptOutbox(ctx, due.IDs[0], run.ID, time.Minute)
		if err != nil {
			return false, err
		}
		what, err := tx.ToPush(ctx, koppel.ItemDeliveries, attempt.ObjectID, s.coupling.ID)
		if err != nil || what.Operation() != "raise" || what.Target != by || what.RemoteID != "501" || what.As != koppel.Stock {
			t.Errorf("it is to write %+v, %v; want %d more", what, err, by)
		}
		if err := tx.OutboxDecided(ctx, attempt.ID, attempt.Epoch, what.Operation(), what.Target); err != nil {
			return false, err
		}
		if _, err := tx.OutboxSent(ctx, attempt.ID, attempt.Epoch, store.Sent{RemoteID: "501"}); err != nil {
			return false, err
		}
		_, err = tx.FinishRun(ctx, run.UUID, store.Finish{State: koppel.RunSucceeded})
		return true, err
	})
}
