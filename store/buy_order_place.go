package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

const (
	// Without a date of its own an order is expected after the supplier's delivery time, else on the next working day.
	placeBuyOrderSQL = `
UPDATE buy_order b SET placed_at = now(), changed_at = now(), run_id = NULL, expected_delivery_date = coalesce(b.expected_delivery_date,
    d.today + coalesce((SELECT s.delivery_time FROM supplier s WHERE s.webshop_id = b.webshop_id AND s.id = b.supplier_id)::integer,
                       CASE extract(isodow FROM d.today) WHEN 5 THEN 3 WHEN 6 THEN 2 ELSE 1 END))
FROM (SELECT (now() AT TIME ZONE time_zone)::date AS today FROM webshop WHERE id = @webshop) d
WHERE b.webshop_id = @webshop AND b.id = @id`
	insertOutboxSQL = `
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference)
VALUES (@uuid, @webshop, @coupling, 'buy_orders', @id, 'create', @reference)`
	placedOutboxSQL = outboxSelect + ` WHERE o.webshop_id = @webshop AND o.object = 'buy_orders' AND o.object_id = @id AND o.operation = 'create' ORDER BY o.id LIMIT 1`
)

// PlaceBuyOrder makes a draft final: placed_at is set and exactly one outbox row asks for the push to the chosen
// coupling. Placing it again with the same coupling changes nothing and gives that row.
func (tx *Tx) PlaceBuyOrder(ctx context.Context, id, coupling, by string) (ObjectRow, Outbox, error) {
	const op = "place buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, Outbox{}, err
	}
	c, err := tx.Coupling(ctx, coupling)
	if err != nil {
		return ObjectRow{}, Outbox{}, wrap(op, err)
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, id)
	if err != nil {
		return ObjectRow{}, Outbox{}, err
	}
	if o.PlacedAt != nil {
		return tx.placedBefore(ctx, op, webshop, id, o, c)
	}
	switch c.State {
	case koppel.CouplingDraft, koppel.CouplingDisabled, koppel.CouplingRemoved:
		return ObjectRow{}, Outbox{}, conflict(op, "the coupling is %s, so the order would never leave; activate it first", describe(c))
	}
	if _, err := tx.exec(ctx, placeBuyOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID}); err != nil {
		return ObjectRow{}, Outbox{}, wrap(op, err)
	}
	uuid := NewID()
	if _, err := tx.exec(ctx, insertOutboxSQL, pgx.StrictNamedArgs{
		"uuid": uuid, "webshop": webshop, "coupling": c.ID, "id": o.ID, "reference": o.Reference,
	}); err != nil {
		return ObjectRow{}, Outbox{}, wrap(op, err)
	}
	row, err := tx.Outbox(ctx, uuid)
	if err != nil {
		return ObjectRow{}, Outbox{}, wrap(op, err)
	}
	order, err := tx.afterBuyOrder(ctx, op, webshop, id, changeUpdated, Audit{Actor: by, Action: "buy_order.place", Subject: id,
		After: map[string]any{"coupling": c.UUID, "outbox": uuid, "reference": o.Reference}}, "placed_at", "expected_delivery_date")
	return order, row, err
}

func (tx *Tx) placedBefore(ctx context.Context, op string, webshop int64, id string, o heldBuyOrder, c Coupling) (ObjectRow, Outbox, error) {
	rows, err := many[Outbox](ctx, tx, placedOutboxSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID})
	if err != nil {
		return ObjectRow{}, Outbox{}, wrap(op, err)
	}
	if len(rows) == 0 || rows[0].CouplingID != c.ID {
		return ObjectRow{}, Outbox{}, conflict(op, "buy order %s was placed at %s elsewhere; an order goes to one coupling only", o.Reference, o.PlacedAt.Format(time.RFC3339))
	}
	order, err := tx.Object(ctx, koppel.BuyOrders, id)
	return order, rows[0], wrap(op, err)
}

const (
	pushHeadSQL = `
SELECT x.remote_id AS supplier_key, s.name AS supplier_name, b.placed_at, b.expected_delivery_date, b.total_value, b.reference, b.assembly
FROM buy_order b LEFT JOIN supplier s ON s.webshop_id = b.webshop_id AND s.id = b.supplier_id
LEFT JOIN LATERAL (
    SELECT remote_id FROM source WHERE webshop_id = b.webshop_id AND object_id = b.supplier_id AND object = 'suppliers'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) x ON true
WHERE b.webshop_id = @webshop AND b.id = @id`
	pushLinesSQL = `
SELECT l.position, l.remote_id, x.remote_id AS product_key, p.name AS product_name, l.quantity, l.subtotal_value, l.expected_delivery_date
FROM buy_order_line l LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
LEFT JOIN LATERAL (
    SELECT remote_id FROM source WHERE webshop_id = l.webshop_id AND object_id = l.product_id AND object = 'products'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) x ON true
WHERE l.webshop_id = @webshop AND l.buy_order_id = @id ORDER BY l.position`
)

// BuyOrderToPush gives a buy order as a push mapping reads it: values in the order of BuyOrders.Fields, references
// as the remote ids that the coupling knows them by, lines in the order of their positions. A supplier or product
// that the coupling does not know is an error of kind conflict that names each of them.
func (tx *Tx) BuyOrderToPush(ctx context.Context, order, coupling int64) (koppel.Values, error) {
	const op = "read buy order for push"
	webshop, err := tx.webshop(op)
	if err != nil {
		return nil, err
	}
	args := pgx.StrictNamedArgs{"webshop": webshop, "id": order, "coupling": coupling}
	type head struct {
		SupplierKey, SupplierName      *string
		PlacedAt, ExpectedDeliveryDate *time.Time
		TotalValue                     decimal.NullDecimal
		Reference                      string
		Assembly                       bool
	}
	type line struct {
		Position                          int32
		RemoteID, ProductKey, ProductName *string
		Quantity                          int64
		SubtotalValue                     decimal.Decimal
		ExpectedDeliveryDate              *time.Time
	}
	h, err := one[head](ctx, tx, pushHeadSQL, args)
	if err != nil {
		return nil, wrap(op, err)
	}
	lines, err := many[line](ctx, tx, pushLinesSQL, args)
	if err != nil {
		return nil, wrap(op, err)
	}
	var unknown []string
	if h.SupplierKey == nil {
		unknown = append(unknown, fmt.Sprintf("supplier %q", orDefault(deref(h.SupplierName), "(none)")))
	}
	_, field, _ := koppel.BuyOrders.Field("lines")
	list := make([]koppel.Values, 0, len(lines))
	for _, l := range lines {
		if l.ProductKey == nil {
			unknown = append(unknown, fmt.Sprintf("product %q of line %d", orDefault(deref(l.ProductName), "(unresolved)"), l.Position))
		}
		list = append(list, fill(field.Line, map[string]any{
			"remote_id": orNil(l.RemoteID), "product": orNil(l.ProductKey), "quantity": l.Quantity,
			"subtotal_value": l.SubtotalValue, "expected_delivery_date": orNil(l.ExpectedDeliveryDate),
		}))
	}
	if len(unknown) > 0 {
		return nil, conflict(op, "the coupling does not know %s; sync suppliers and products first", strings.Join(unknown, ", "))
	}
	var total any
	if h.TotalValue.Valid {
		total = h.TotalValue.Decimal
	}
	return fill(koppel.BuyOrders.Fields(), map[string]any{
		"supplier": orNil(h.SupplierKey), "placed_at": orNil(h.PlacedAt), "expected_delivery_date": orNil(h.ExpectedDeliveryDate),
		"total_value": total, "reference": h.Reference, "assembly": h.Assembly, "lines": list,
	}), nil
}

// fill makes Values of fields from values by name.
func fill(fields []koppel.Field, named map[string]any) koppel.Values {
	values := make(koppel.Values, len(fields))
	for i, f := range fields {
		values[i] = named[f.Name]
	}
	return values
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
