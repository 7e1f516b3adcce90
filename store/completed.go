package store

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
)

const (
	// followOrdersSQL deletes the deliveries of orders that are deleted, and brings back those whose order is back and
	// that a remote still has.
	followOrdersSQL = `
UPDATE item_delivery d SET deleted_at = CASE WHEN b.deleted_at IS NOT NULL THEN now() END, state_reason = b.state_reason, changed_at = now(), run_id = $3::bigint
FROM (SELECT o.* FROM unnest($1::bigint[]) AS k(id) CROSS JOIN LATERAL (SELECT id, deleted_at, state_reason FROM buy_order WHERE webshop_id = $2::bigint AND id = k.id) o OFFSET 0) b
WHERE d.webshop_id = $2::bigint AND d.buy_order_id = b.id AND (d.deleted_at IS NULL) <> (b.deleted_at IS NULL)
  AND (b.deleted_at IS NOT NULL OR EXISTS (
      SELECT FROM source s WHERE s.webshop_id = $2::bigint AND s.object_id = d.id AND s.object = 'item_deliveries' AND s.gone_at IS NULL))
RETURNING d.id, (d.deleted_at IS NOT NULL)::int`
	// completeSQL says when orders were completed: when everything was received or a remote closed the order; it is the
	// last receipt, else what the remote says, else now. Those in $4 are changed in any case: what was received of them is.
	completeSQL = `
UPDATE buy_order b SET completed_at = k.at, changed_at = now(), run_id = $3::bigint
FROM (
    SELECT o.id, CASE WHEN o.deleted_at IS NOT NULL THEN o.completed_at WHEN r.whole OR s.said IS NOT NULL THEN coalesce(l.last, s.said, now()) END AS at, o.completed_at AS was
    FROM unnest($1::bigint[]) AS u(id)
    CROSS JOIN LATERAL (SELECT id, completed_at, deleted_at FROM buy_order WHERE webshop_id = $2::bigint AND id = u.id) o
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AND bool_and(quantity_delivered >= quantity) AS whole FROM buy_order_line_received
        WHERE webshop_id = $2::bigint AND buy_order_id = u.id
    ) r
    CROSS JOIN LATERAL (
        SELECT max(occurred_at) AS last FROM item_delivery
        WHERE webshop_id = $2::bigint AND buy_order_id = u.id AND deleted_at IS NULL AND quantity > 0
    ) l
    LEFT JOIN LATERAL (
        SELECT (x.mapped->>'completed_at')::timestamptz AS said FROM (
            SELECT coupling_id, mapped FROM source WHERE webshop_id = $2::bigint AND object_id = u.id AND object = 'buy_orders' AND gone_at IS NULL OFFSET 0
        ) x JOIN coupling c ON c.id = x.coupling_id
        WHERE x.mapped->>'completed_at' IS NOT NULL ORDER BY nullif(c.priority, 0), c.id LIMIT 1
    ) s ON true
    OFFSET 0
) k
WHERE b.webshop_id = $2::bigint AND b.id = k.id AND (k.at IS DISTINCT FROM k.was OR b.id = ANY($4::bigint[]))
RETURNING b.id, (k.at IS DISTINCT FROM k.was)::int`
)

// receive notes the orders whose deliveries an object of the group is, and orders themselves.
func (w *writing) receive(g *group, tg *target) {
	switch g.t.object {
	case koppel.BuyOrders:
		w.receives(tg.id, false)
	case koppel.ItemDeliveries:
		if id := g.ref(tg, deliveryOrder, &g.t.fields[deliveryOrder], tg.values[deliveryOrder]); id != 0 {
			w.receives(id, true)
		}
		if tg.before == nil {
			return
		}
		if was := tg.before[g.t.refColumn(deliveryOrder)]; was != nil {
			w.receives(rawInt(was), true)
		}
	}
}

// receives notes an order; changed says that what was received of it does change.
func (w *writing) receives(order int64, changed bool) {
	if w.received == nil {
		w.received = map[int64]bool{}
	}
	w.received[order] = w.received[order] || changed
}

// decideCompleted completes the orders of which everything came in, opens again those of which something went back, and
// lets deliveries follow their order.
func (w *writing) decideCompleted(ctx context.Context) error {
	if len(w.received) == 0 {
		return nil
	}
	var ids []int64
	changed := []int64{}
	for id, does := range w.received {
		ids = append(ids, id)
		if does {
			changed = append(changed, id)
		}
	}
	slices.Sort(ids)
	l := w.b.Lease
	w.pipe.query(followOrdersSQL, func(row [][]byte) error {
		id, err := textInt(row[0])
		if err != nil {
			return err
		}
		operation := changeRestored
		if string(row[1]) == "1" {
			operation = changeDeleted
		}
		w.change(koppel.ItemDeliveries, operation, id, 0)
		return nil
	}, intsArg(ids), intArg(l.Webshop), intArg(l.Run))
	w.pipe.query(completeSQL, func(row [][]byte) error {
		id, err := textInt(row[0])
		if err != nil {
			return err
		}
		var mask int64
		if w.received[id] {
			mask |= 1 << buyLines
		}
		if string(row[1]) == "1" {
			mask |= 1 << buyCompleted
		}
		w.change(koppel.BuyOrders, changeUpdated, id, mask)
		return nil
	}, intsArg(ids), intArg(l.Webshop), intArg(l.Run), intsArg(changed))
	return w.pipe.run(ctx)
}
