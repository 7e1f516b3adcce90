package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	// What came in raises the stock of one coupling that keeps it and books no deliveries itself: the one that received
	// the order, else, of an order that stays here, the first that says so. A delivery that was there before is left alone
	// ($5 is whether it is new), unless it was raised once: then the difference is.
	wantRaisesSQL = `
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference, due_at)
SELECT u.uuid::uuid, $3::bigint, c.id, 'item_deliveries', d.id, 'raise', coalesce(d.reference, b.reference || 'R' || d.id), clock_timestamp() + make_interval(secs => $4::bigint / 1000.0)
FROM unnest($1::text[], $2::bigint[]) AS u(uuid, id)
JOIN item_delivery d ON d.webshop_id = $3::bigint AND d.id = u.id JOIN buy_order b ON b.webshop_id = $3::bigint AND b.id = d.buy_order_id
CROSS JOIN LATERAL (
    SELECT c.id FROM coupling c WHERE c.webshop_id = $3::bigint AND 'stock_on_delivery' = ANY (c.pushes)
      AND (b.coupling_id = c.id OR b.coupling_id IS NULL AND NOT EXISTS (
          SELECT FROM source s WHERE s.webshop_id = $3::bigint AND s.object_id = b.id AND s.object = 'buy_orders' AND s.coupling_id <> c.id))
      AND EXISTS (SELECT FROM source s WHERE s.webshop_id = $3::bigint AND s.coupling_id = c.id AND s.object = 'products' AND s.gone_at IS NULL AND s.object_id = coalesce(d.product_id, (
          SELECT l.product_id FROM buy_order_line l WHERE l.webshop_id = $3::bigint AND l.buy_order_id = b.id AND l.remote_id = d.line LIMIT 1)))
    ORDER BY c.id LIMIT 1) c
WHERE NOT EXISTS (SELECT FROM source s WHERE s.webshop_id = $3::bigint AND s.object_id = d.id AND s.object = 'item_deliveries' AND s.record_id <> '')
  AND NOT ` + inShadowSQL + `
  AND ($5::boolean OR EXISTS (SELECT FROM outbox o WHERE o.coupling_id = c.id AND o.object = 'item_deliveries' AND o.object_id = d.id))
ORDER BY c.id, d.id` + joinPushSQL

	raiseSQL = `
SELECT coalesce(d.product_id, l.product_id) AS product, CASE WHEN d.deleted_at IS NULL THEN d.quantity ELSE 0 END - coalesce((
           SELECT sum((o.target #>> '{}')::bigint) FROM outbox o
           WHERE o.coupling_id = @coupling AND o.object = 'item_deliveries' AND o.object_id = d.id AND o.operation = 'raise' AND o.state = 'sent'), 0)::bigint AS more
FROM item_delivery d
LEFT JOIN LATERAL (SELECT product_id FROM buy_order_line WHERE webshop_id = d.webshop_id AND buy_order_id = d.buy_order_id AND remote_id = d.line LIMIT 1) l ON true
WHERE d.webshop_id = @webshop AND d.id = @id`
)

// raises reports whether a coupling's stock is raised by deliveries.
func (tx *Tx) raises(ctx context.Context, coupling int64) (raises bool, err error) {
	err = tx.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM coupling WHERE id = $1 AND 'stock_on_delivery' = ANY (pushes))`, coupling).Scan(&raises)
	return raises, err
}

// raiseToPush reads by how much a delivery raises its product's stock at a coupling: what is in it, less what was raised
// for it before.
func (tx *Tx) raiseToPush(ctx context.Context, delivery, coupling int64) (Pushed, error) {
	const op = "read delivered stock for push"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Pushed{}, err
	}
	d, err := one[struct {
		Product *int64
		More    int64
	}](ctx, tx, raiseSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": delivery, "coupling": coupling})
	if err != nil {
		return Pushed{}, wrap(op, err)
	}
	if d.Product == nil {
		return Pushed{Unwanted: "the product of the delivery is not known"}, nil
	}
	p, err := tx.productToPush(ctx, op, *d.Product, coupling)
	switch {
	case err != nil || p.Unwanted != "":
		return p.Pushed, err
	case p.UnlimitedStock:
		return Pushed{Unwanted: "stock is not kept"}, nil
	case d.More == 0:
		return Pushed{Unwanted: "what was delivered is in the stock already"}, nil
	}
	p.As, p.Raise, p.Target = koppel.Stock, true, d.More
	return p.Pushed, nil
}

// Wants is the value that an earlier attempt of the write decided on; nil where none did.
func (o Outbox) Wants() any {
	var value any
	if len(o.Target) == 0 || json.Unmarshal(o.Target, &value) != nil {
		return nil
	}
	return value
}
