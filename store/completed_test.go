package store_test

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestABuyOrderIsCompletedWhenNothingIsLeftToReceiveOrTheRemoteClosesIt(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	r.write(t, r.lease, product(t, "P", 4, nil), purchase(t, "O", 4, map[string]int64{"P": 10}, nil))
	const state = "SELECT to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS at, (SELECT sum(quantity_open) FROM buy_order_line_received) AS open FROM buy_order"
	r.write(t, r.lease, delivery(t, "1", "O", 5, 4, map[string]any{"line": "OP", "occurred_at": at(5)}))
	r.want(t, "∅|6", state)
	r.write(t, r.lease, delivery(t, "2", "O", 6, 6, map[string]any{"line": "OP", "occurred_at": at(8)}))
	r.want(t, "2026-01-08|0", state)
	// The order itself comes again: what was decided stays.
	r.write(t, r.lease, purchase(t, "O", 7, map[string]int64{"P": 10}, map[string]any{"status_remote": "received"}))
	r.want(t, "2026-01-08|0", state)
	// Something goes back: it opens again.
	r.write(t, r.lease, delivery(t, "3", "O", 8, -1, map[string]any{"line": "OP", "occurred_at": at(9)}))
	r.want(t, "∅|1", state)
	// Closed short by the remote: the value is the last receipt.
	r.write(t, r.lease, purchase(t, "O", 9, map[string]int64{"P": 10}, map[string]any{"completed_at": at(20)}))
	r.want(t, "2026-01-08|0", state)
	r.write(t, r.lease, purchase(t, "O", 10, map[string]int64{"P": 10}, map[string]any{"completed_at": koppel.Null{}}))
	r.want(t, "∅|1", state)
	// Without any receipt it is what the remote says.
	r.write(t, r.lease, purchase(t, "N", 11, map[string]int64{"P": 10}, map[string]any{"completed_at": at(21)}))
	r.want(t, "2026-01-21", "SELECT to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM buy_order ORDER BY id DESC LIMIT 1")
}

func TestDeliveriesFollowTheirOrder(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil), purchase(t, "O", 4, map[string]int64{"P": 10}, nil))
	r.write(t, r.lease, delivery(t, "1", "O", 5, 4, map[string]any{"line": "OP"}), delivery(t, "2", "O", 5, 1, map[string]any{"line": "OP"}))
	gone := delivery(t, "2", "O", 6, 1, nil)
	gone.Mapped[0].Skip = true
	r.write(t, r.lease, gone)
	const alive = "SELECT (SELECT count(*) FROM buy_order WHERE deleted_at IS NULL) AS orders, (SELECT string_agg(quantity::text, ',') FROM item_delivery WHERE deleted_at IS NULL) AS deliveries"
	r.want(t, "1|4", alive)
	cancelled := purchase(t, "O", 7, nil, nil)
	cancelled.Mapped[0] = store.Mapped{Object: koppel.BuyOrders, RemoteID: "O", Skip: true}
	r.write(t, r.lease, cancelled)
	r.want(t, "0|∅", alive)
	// A receipt that is read again meanwhile does not bring it back; the order does, but for what is gone itself.
	r.write(t, r.lease, delivery(t, "1", "O", 8, 5, map[string]any{"line": "OP"}))
	r.want(t, "0|∅", alive)
	r.write(t, r.lease, purchase(t, "O", 9, map[string]int64{"P": 10}, nil))
	r.want(t, "1|5", alive)
}
