package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	// Without a date of its own an order is expected after the supplier's delivery time, else on the next working day.
	placeBuyOrderSQL = `
UPDATE buy_order b SET placed_at = now(), coupling_id = @coupling, changed_at = now(), run_id = NULL, expected_delivery_date = coalesce(b.expected_delivery_date,
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
	if c.ShadowSince != nil {
		return ObjectRow{}, Outbox{}, conflict(op, "%s, so the order would not leave; order there, or cut over first: koppel coupling cutover %s", shadowReason, c.UUID)
	}
	if _, err := tx.exec(ctx, placeBuyOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID, "coupling": c.ID}); err != nil {
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

// PlaceBuyOrderHere makes a draft final that stays with us: no coupling of the webshop takes orders, and what comes in on
// it is booked here. Placing it again changes nothing.
func (tx *Tx) PlaceBuyOrderHere(ctx context.Context, id, by string) (ObjectRow, error) {
	const op = "place buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, err
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, id)
	if err != nil {
		return ObjectRow{}, err
	}
	if o.PlacedAt != nil {
		order, err := tx.Object(ctx, koppel.BuyOrders, id)
		return order, wrap(op, err)
	}
	if _, err := tx.exec(ctx, placeBuyOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID, "coupling": nil}); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	return tx.afterBuyOrder(ctx, op, webshop, id, changeUpdated, Audit{Actor: by, Action: "buy_order.place", Subject: id,
		After: map[string]any{"reference": o.Reference}}, "placed_at", "expected_delivery_date")
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
