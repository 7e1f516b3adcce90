package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// A line is named by the receiver's id: the one that the delivery names, else the order's first line of its product.
const pushDeliverySQL = `
SELECT d.quantity, d.occurred_at, d.reference, d.deleted_at, b.reference AS order_reference, bo.remote_id AS order_key, l.remote_id AS line,
       coalesce(l.factor, 1) AS factor, p.sku_code, p.ean_code, px.remote_id AS product_key, coalesce(own.remote_id, '') AS remote_id
FROM item_delivery d JOIN buy_order b ON b.webshop_id = d.webshop_id AND b.id = d.buy_order_id
LEFT JOIN LATERAL (SELECT remote_id FROM source WHERE webshop_id = d.webshop_id AND object_id = b.id AND object = 'buy_orders'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY changed_at DESC LIMIT 1) bo ON true
LEFT JOIN LATERAL (SELECT remote_id, factor, product_id FROM buy_order_line WHERE webshop_id = d.webshop_id AND buy_order_id = b.id
    AND (remote_id = d.line OR product_id = d.product_id) ORDER BY remote_id IS NOT DISTINCT FROM d.line DESC, position LIMIT 1) l ON true
LEFT JOIN product p ON p.webshop_id = d.webshop_id AND p.id = coalesce(d.product_id, l.product_id)
LEFT JOIN LATERAL (SELECT remote_id FROM source WHERE webshop_id = d.webshop_id AND object_id = p.id AND object = 'products'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) px ON true
LEFT JOIN LATERAL (SELECT remote_id FROM source WHERE webshop_id = d.webshop_id AND object_id = d.id AND object = 'item_deliveries'
    AND coupling_id = @coupling ORDER BY changed_at DESC LIMIT 1) own ON true
WHERE d.webshop_id = @webshop AND d.id = @id`

// deliveryToPush reads a delivery with the ids by which the receiver of its order knows order and line.
func (tx *Tx) deliveryToPush(ctx context.Context, id, coupling int64) (Pushed, error) {
	const op = "read item delivery for push"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Pushed{}, err
	}
	type row struct {
		Quantity                   int64
		OccurredAt                 time.Time
		Reference                  *string
		DeletedAt                  *time.Time
		OrderReference             string
		OrderKey, Line, ProductKey *string
		Factor                     int64
		SKUCode                    *string `db:"sku_code"`
		EANCode                    *string `db:"ean_code"`
		RemoteID                   string
	}
	d, err := one[row](ctx, tx, pushDeliverySQL, pgx.StrictNamedArgs{"webshop": webshop, "id": id, "coupling": coupling})
	if err != nil {
		return Pushed{}, wrap(op, err)
	}
	out := Pushed{RemoteID: d.RemoteID, Deleted: d.DeletedAt != nil, Vars: map[string]any{"object": map[string]any{
		"buy_order": orNil(d.OrderKey), "order_reference": d.OrderReference, "line": orNil(d.Line), "product": orNil(d.ProductKey),
		"sku_code": orNil(d.SKUCode), "ean_code": orNil(d.EANCode), "quantity": d.Quantity, "factor": d.Factor,
		"purchase_quantity": d.Quantity / d.Factor, "occurred_at": d.OccurredAt, "reference": orNil(d.Reference),
	}}}
	switch {
	case out.Deleted && out.RemoteID == "":
		out.Unwanted = "it was deleted before it was sent"
	case d.OrderKey == nil:
		return Pushed{}, koppel.E(koppel.KindRemoteUnavailable, op, "buy order "+d.OrderReference+" has not reached the remote yet")
	case d.Line == nil && d.ProductKey == nil:
		return Pushed{}, conflict(op, "the coupling knows neither the line nor the product of the delivery on %s", d.OrderReference)
	}
	return out, nil
}
