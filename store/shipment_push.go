package store

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	pushShipmentSQL = `
SELECT d.carrier, d.tracking_code, d.tracking_url, d.status, d.shipped_at, d.deleted_at, coalesce(o.number, so.remote_id, '') AS number,
       so.remote_id AS order_key, coalesce(own.remote_id, '') AS remote_id
FROM shipment d JOIN sell_order o ON o.webshop_id = d.webshop_id AND o.id = d.sell_order_id
LEFT JOIN LATERAL (SELECT remote_id FROM source WHERE webshop_id = d.webshop_id AND object_id = o.id AND object = 'sell_orders'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) so ON true
LEFT JOIN LATERAL (SELECT remote_id FROM source WHERE webshop_id = d.webshop_id AND object_id = d.id AND object = 'shipments'
    AND coupling_id = @coupling ORDER BY changed_at DESC LIMIT 1) own ON true
WHERE d.webshop_id = @webshop AND d.id = @id`
	// A shipment without lines is of the whole order.
	pushShippedSQL = `
SELECT l.remote_id AS line, p.sku_code, l.quantity AS ordered, s.quantity
FROM shipment d JOIN sell_order_line l ON l.webshop_id = d.webshop_id AND l.sell_order_id = d.sell_order_id
LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
LEFT JOIN LATERAL (SELECT sum(x.quantity)::bigint AS quantity FROM shipment_line x WHERE x.webshop_id = d.webshop_id AND x.shipment_id = d.id
    AND (x.product_id = l.product_id OR x.product_id IS NULL AND x.line = l.remote_id)) s ON true
WHERE d.webshop_id = @webshop AND d.id = @id
  AND (s.quantity IS NOT NULL OR NOT EXISTS (SELECT FROM shipment_line x WHERE x.webshop_id = d.webshop_id AND x.shipment_id = d.id))
ORDER BY p.sku_code COLLATE "C" NULLS LAST, l.position`
)

// shipmentToPush reads a shipment with the ids by which the coupling that its order came from knows order and lines.
func (tx *Tx) shipmentToPush(ctx context.Context, id, coupling int64) (Pushed, error) {
	const op = "read shipment for push"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Pushed{}, err
	}
	args := pgx.StrictNamedArgs{"webshop": webshop, "id": id, "coupling": coupling}
	type head struct {
		Carrier, TrackingCode, TrackingURL, OrderKey *string
		Status, Number, RemoteID                     string
		ShippedAt, DeletedAt                         *time.Time
	}
	type line struct {
		Line     *string
		SKUCode  *string `db:"sku_code"`
		Ordered  int64
		Quantity *int64
	}
	d, err := one[head](ctx, tx, pushShipmentSQL, args)
	if err != nil {
		return Pushed{}, wrap(op, err)
	}
	shipped, err := many[line](ctx, tx, pushShippedSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": id})
	if err != nil {
		return Pushed{}, wrap(op, err)
	}
	lines := []any{}
	for _, l := range shipped {
		// Lines of one product that were added up: how many of each were sent is not known, so all that is open.
		ids := strings.Split(deref(l.Line), ",")
		for _, id := range ids {
			fields := map[string]any{"line": textOrNil(id), "sku_code": orNil(l.SKUCode), "quantity": nil}
			if len(ids) == 1 {
				fields["quantity"] = min(l.Ordered, cmp.Or(derefInt(l.Quantity), l.Ordered))
			}
			lines = append(lines, fields)
		}
	}
	out := Pushed{RemoteID: d.RemoteID, Deleted: d.DeletedAt != nil, Vars: map[string]any{"object": map[string]any{
		"sell_order": orNil(d.OrderKey), "number": d.Number, "carrier": orNil(d.Carrier), "tracking_code": orNil(d.TrackingCode),
		"tracking_url": orNil(d.TrackingURL), "status": d.Status, "shipped_at": orNil(d.ShippedAt), "reference": "S" + strconv.FormatInt(id, 10), "lines": lines,
	}}}
	switch {
	case out.Deleted && out.RemoteID == "":
		out.Unwanted = "it was deleted before it was sent"
	case d.OrderKey == nil:
		out.Unwanted = "the coupling no longer has the order"
	case len(lines) == 0:
		return Pushed{}, koppel.E(koppel.KindConflict, op, "the shipment of order "+d.Number+" has no lines that the order has")
	}
	return out, nil
}
