package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// NewDelivery is goods that came in on a buy order, or went back, as a person books them. Product, Quantity and By are
// required.
type NewDelivery struct {
	Product string // outside id, of a product on the order
	// Quantity in stock units; negative goes back to the supplier.
	Quantity int64
	// OccurredAt is when; now when zero.
	OccurredAt time.Time
	By         string
}

const (
	deliveredLineSQL = `
SELECT p.id, (SELECT l.remote_id FROM buy_order_line l WHERE l.webshop_id = @webshop AND l.buy_order_id = @order AND l.product_id = p.id
              ORDER BY l.remote_id IS NULL, l.position LIMIT 1) AS line
FROM product p WHERE p.webshop_id = @webshop AND p.uuid = @product
  AND EXISTS (SELECT FROM buy_order_line l WHERE l.webshop_id = @webshop AND l.buy_order_id = @order AND l.product_id = p.id)`
	bookDeliverySQL = `
INSERT INTO item_delivery (webshop_id, id, uuid, buy_order_id, line, product_id, quantity, occurred_at, reference)
SELECT @webshop, n.id, @uuid, @order, @line, @product, @quantity, coalesce(@at, now()), @reference::text || 'R' || n.id
FROM (SELECT nextval('object_id') AS id) n RETURNING id`
)

// BookDelivery books what came in on a placed buy order. It completes the order where nothing is left to come, and is
// pushed to the coupling that received the order, where that takes deliveries.
func (tx *Tx) BookDelivery(ctx context.Context, order string, n NewDelivery) (ObjectRow, error) {
	const op = "book delivery"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, err
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, order)
	switch {
	case err != nil:
		return ObjectRow{}, err
	case o.PlacedAt == nil:
		return ObjectRow{}, conflict(op, "buy order %s is a draft: nothing can come in on it", o.Reference)
	case n.Quantity == 0 || n.Quantity > 9_999_999 || n.Quantity < -9_999_999:
		return ObjectRow{}, invalid(op, "quantity: %d is not between -9999999 and 9999999, or 0", n.Quantity)
	}
	if err := checkID(op, "product", n.Product); err != nil {
		return ObjectRow{}, err
	}
	found, err := many[struct {
		ID   int64
		Line *string
	}](ctx, tx, deliveredLineSQL, pgx.StrictNamedArgs{"webshop": webshop, "order": o.ID, "product": n.Product})
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if len(found) == 0 {
		return ObjectRow{}, invalid(op, "product: buy order %s has no line of product %q", o.Reference, n.Product)
	}
	uuid := NewID()
	var id int64
	err = tx.tx.QueryRow(ctx, bookDeliverySQL, pgx.StrictNamedArgs{
		"webshop": webshop, "uuid": uuid, "order": o.ID, "line": found[0].Line, "product": found[0].ID, "quantity": n.Quantity,
		"at": timeOrNull(n.OccurredAt), "reference": o.Reference,
	}).Scan(&id)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	made, err := tx.afterBooking(ctx, op, webshop, koppel.ItemDeliveries, id, uuid, Audit{Actor: n.By, Action: "delivery.book", Subject: uuid,
		After: map[string]any{"order": o.Reference, "product": n.Product, "quantity": n.Quantity}}, o.ID)
	return made, err
}

// NewShipment is goods on their way to a customer, as a person books them. By is required.
type NewShipment struct {
	Carrier, TrackingCode, TrackingURL string
	// ShippedAt is when; now when zero.
	ShippedAt time.Time
	By        string
}

const (
	shippedOrderSQL = `SELECT id, coalesce(number, '') AS number, deleted_at FROM sell_order WHERE webshop_id = @webshop AND uuid = @order`
	bookShipmentSQL = `
INSERT INTO shipment (webshop_id, id, uuid, sell_order_id, carrier, tracking_code, tracking_url, status, shipped_at)
VALUES (@webshop, nextval('object_id'), @uuid, @order, @carrier, @code, @url, 'in_transit', coalesce(@at, now())) RETURNING id`
)

// BookShipment books that what is on a sell order was sent as a whole. It is pushed to the coupling that the order came
// from, where that takes shipments.
func (tx *Tx) BookShipment(ctx context.Context, order string, n NewShipment) (ObjectRow, error) {
	const op = "book shipment"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, err
	}
	if err := checkID(op, "sell order", order); err != nil {
		return ObjectRow{}, err
	}
	for name, text := range map[string]string{"carrier": n.Carrier, "tracking_code": n.TrackingCode, "tracking_url": n.TrackingURL} {
		if reason := checkText(text); reason != "" {
			return ObjectRow{}, invalid(op, "%s: %s", name, reason)
		}
	}
	o, err := one[struct {
		ID        int64
		Number    string
		DeletedAt *time.Time
	}](ctx, tx, shippedOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "order": order})
	if err != nil {
		return ObjectRow{}, foundOr(op, "sell order", order, err)
	}
	if o.DeletedAt != nil {
		return ObjectRow{}, conflict(op, "sell order %s is cancelled", o.Number)
	}
	uuid := NewID()
	var id int64
	err = tx.tx.QueryRow(ctx, bookShipmentSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "uuid": uuid, "order": o.ID, "carrier": orNilText(strings.TrimSpace(n.Carrier)), "code": orNilText(strings.TrimSpace(n.TrackingCode)),
		"url": orNilText(strings.TrimSpace(n.TrackingURL)), "at": timeOrNull(n.ShippedAt),
	}).Scan(&id)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	return tx.afterBooking(ctx, op, webshop, koppel.Shipments, id, uuid, Audit{Actor: n.By, Action: "shipment.book", Subject: uuid,
		After: map[string]any{"order": o.Number, "carrier": n.Carrier, "tracking_code": n.TrackingCode}}, 0)
}

// afterBooking lets follow what a booked object means, and gives it. order is the buy order that may be completed by it.
func (tx *Tx) afterBooking(ctx context.Context, op string, webshop int64, object koppel.Object, id int64, uuid string, a Audit, order int64) (ObjectRow, error) {
	if err := tx.Audit(ctx, a); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	w, err := tx.remerging(ctx, &Batch{Lease: Lease{Webshop: webshop}, Total: -1})
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if order != 0 {
		w.receives(order, true)
		if err := w.decideCompleted(ctx); err != nil {
			return ObjectRow{}, wrap(op, err)
		}
	}
	w.change(object, changeCreated, id, 0)
	w.writeChanges()
	if err := w.pipe.run(ctx); err != nil {
		return ObjectRow{}, wrap(op, fmt.Errorf("note %s: %w", uuid, err))
	}
	made, err := tx.Object(ctx, object, uuid)
	return made, wrap(op, err)
}
