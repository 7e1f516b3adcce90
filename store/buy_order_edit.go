package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

const (
	lockBuyOrderSQL = `
SELECT b.id, b.reference, b.placed_at, b.completed_at, b.deleted_at, b.expected_delivery_date, b.assembly, b.coupling_id, s.uuid AS supplier,
       EXISTS (SELECT FROM source o WHERE o.webshop_id = b.webshop_id AND o.object_id = b.id AND o.object = 'buy_orders') AS remote
FROM buy_order b LEFT JOIN supplier s ON s.webshop_id = b.webshop_id AND s.id = b.supplier_id
WHERE b.webshop_id = @webshop AND b.uuid = @uuid FOR NO KEY UPDATE OF b`
	editBuyOrderSQL = `
UPDATE buy_order SET supplier_id = @supplier, supplier_key = NULL, expected_delivery_date = @expected, total_value = @total,
       assembly = @assembly, changed_at = now(), run_id = NULL
WHERE webshop_id = @webshop AND id = @id`
	dropLinesSQL = `DELETE FROM buy_order_line WHERE webshop_id = @webshop AND buy_order_id = @id`
)

// heldBuyOrder is a buy order locked until the transaction ends.
type heldBuyOrder struct {
	ID                   int64
	Reference            string
	PlacedAt             *time.Time
	CompletedAt          *time.Time
	DeletedAt            *time.Time
	ExpectedDeliveryDate *time.Time
	Assembly             bool
	CouplingID           *int64
	Supplier             *string
	// Remote: a remote system has it, or had.
	Remote bool
}

func (tx *Tx) lockBuyOrder(ctx context.Context, op string, webshop int64, id string) (heldBuyOrder, error) {
	if err := checkID(op, "buy order", id); err != nil {
		return heldBuyOrder{}, err
	}
	o, err := one[heldBuyOrder](ctx, tx, lockBuyOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "uuid": id})
	if err == nil && o.DeletedAt != nil {
		return o, conflict(op, "buy order %s is deleted", o.Reference)
	}
	return o, foundOr(op, "buy order", id, err)
}

// BuyOrderEdit is what changes; what is nil stays as it is.
type BuyOrderEdit struct {
	Supplier *string // outside id; of a draft only
	// Lines replace all lines. One of the same product keeps the remote's id.
	Lines                []BuyOrderLine
	ExpectedDeliveryDate *time.Time
	Assembly             *bool
	// Gather is for how long further edits of a placed order are waited for before they are pushed.
	Gather time.Duration
	By     string
}

// heldLine is a line of the order as it stands.
type heldLine struct {
	UUID                 string
	ProductID            int64
	Product              string
	RemoteID             *string
	Factor               *int64
	Quantity             int64
	SubtotalValue        decimal.Decimal
	ExpectedDeliveryDate *time.Time
}

const heldLinesSQL = `
SELECT l.uuid, coalesce(l.product_id, 0) AS product_id, coalesce(p.uuid::text, '') AS product, l.remote_id, l.factor, l.quantity, l.subtotal_value,
       l.expected_delivery_date
FROM buy_order_line l LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
WHERE l.webshop_id = @webshop AND l.buy_order_id = @id ORDER BY l.position`

// EditBuyOrder changes an order. Edits of a placed one are gathered for a few seconds and pushed to its coupling: the
// outbox row that brings them is given back, nil for a draft. A placed order keeps its supplier; one that is completed
// stays as it is.
func (tx *Tx) EditBuyOrder(ctx context.Context, id string, e BuyOrderEdit) (ObjectRow, *Outbox, error) {
	const op = "edit buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, nil, err
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, id)
	if err != nil {
		return ObjectRow{}, nil, err
	}
	switch {
	case o.CompletedAt != nil:
		return ObjectRow{}, nil, conflict(op, "buy order %s is completed", o.Reference)
	case o.PlacedAt != nil && o.CouplingID == nil && o.Remote:
		return ObjectRow{}, nil, conflict(op, "buy order %s was placed in a remote system; change it there", o.Reference)
	case o.PlacedAt != nil && e.Supplier != nil && *e.Supplier != deref(o.Supplier):
		return ObjectRow{}, nil, conflict(op, "buy order %s is placed and keeps its supplier: cancel it and make another", o.Reference)
	}
	d, err := tx.merged(ctx, webshop, o, e)
	if err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	c, err := tx.checkDraft(ctx, op, webshop, d)
	if err != nil {
		return ObjectRow{}, nil, err
	}
	before, err := tx.Object(ctx, koppel.BuyOrders, id)
	if err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	if _, err := tx.exec(ctx, editBuyOrderSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "id": o.ID, "supplier": c.supplier, "expected": d.ExpectedDeliveryDate, "total": c.total, "assembly": d.Assembly,
	}); err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	if _, err := tx.exec(ctx, dropLinesSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID}); err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	if err := tx.insertLines(ctx, webshop, o.ID, d, c); err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	row, err := tx.pushLater(ctx, o, "update", e.Gather)
	if err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	made, err := tx.afterBuyOrder(ctx, op, webshop, id, changeUpdated, Audit{Actor: e.By, Action: "buy_order.edit", Subject: id,
		Before: totalOf(before), After: map[string]any{"lines": len(d.Lines), "total_value": c.total}},
		"supplier", "expected_delivery_date", "total_value", "assembly", "lines")
	return made, row, err
}

// merged is the order as it will stand.
func (tx *Tx) merged(ctx context.Context, webshop int64, o heldBuyOrder, e BuyOrderEdit) (BuyOrderDraft, error) {
	d := BuyOrderDraft{Supplier: deref(o.Supplier), Lines: e.Lines, ExpectedDeliveryDate: o.ExpectedDeliveryDate, Assembly: o.Assembly, By: e.By}
	if e.Supplier != nil {
		d.Supplier = *e.Supplier
	}
	if e.ExpectedDeliveryDate != nil {
		d.ExpectedDeliveryDate = e.ExpectedDeliveryDate
	}
	if e.Assembly != nil {
		d.Assembly = *e.Assembly
	}
	held, err := many[heldLine](ctx, tx, heldLinesSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID})
	if err != nil {
		return d, err
	}
	if e.Lines == nil {
		for i := range held {
			l := &held[i]
			d.Lines = append(d.Lines, BuyOrderLine{
				Product: l.Product, Quantity: l.Quantity, SubtotalValue: l.SubtotalValue, ExpectedDeliveryDate: l.ExpectedDeliveryDate, was: l,
			})
		}
		return d, nil
	}
	taken := make([]bool, len(held))
	for i := range d.Lines {
		for k := range held {
			if !taken[k] && held[k].Product != "" && held[k].Product == d.Lines[i].Product {
				taken[k], d.Lines[i].was = true, &held[k]
				break
			}
		}
	}
	return d, nil
}

const deleteBuyOrderSQL = `UPDATE buy_order SET deleted_at = now(), state_reason = 'person', changed_at = now(), run_id = NULL WHERE webshop_id = @webshop AND id = @id`

// CancelBuyOrder deletes an order, softly, and cancels it at the coupling that received it: the outbox row that does
// is given back, nil where nothing was sent.
func (tx *Tx) CancelBuyOrder(ctx context.Context, id, by string) (ObjectRow, *Outbox, error) {
	const op = "cancel buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, nil, err
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, id)
	if err != nil {
		return ObjectRow{}, nil, err
	}
	switch {
	case o.CompletedAt != nil:
		return ObjectRow{}, nil, conflict(op, "buy order %s is completed", o.Reference)
	case o.PlacedAt != nil && o.CouplingID == nil && o.Remote:
		return ObjectRow{}, nil, conflict(op, "buy order %s was placed in a remote system; cancel it there", o.Reference)
	}
	if _, err := tx.exec(ctx, deleteBuyOrderSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID}); err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	row, err := tx.pushLater(ctx, o, "cancel", 0)
	if err != nil {
		return ObjectRow{}, nil, wrap(op, err)
	}
	made, err := tx.afterBuyOrder(ctx, op, webshop, id, changeDeleted, Audit{Actor: by, Action: "buy_order.cancel", Subject: id,
		After: map[string]any{"reference": o.Reference}})
	return made, row, err
}

const (
	// What was never tried takes the change with it, or is no longer wanted; what was tried is followed by another write.
	joinOutboxSQL = `
UPDATE outbox SET
    state = CASE WHEN @operation = 'cancel' AND operation = 'create' AND state = 'pending' AND attempts = 0 THEN 'dropped' ELSE state END,
    operation = CASE WHEN @operation = 'cancel' AND operation = 'update' AND state = 'pending' THEN 'cancel' ELSE operation END,
    due_at = CASE WHEN operation = 'update' AND state = 'pending' AND attempts = 0 THEN clock_timestamp() + make_interval(secs => @gather) ELSE due_at END,
    edited = NOT (state = 'pending' AND attempts = 0),
    updated_at = now()
WHERE coupling_id = @coupling AND object = 'buy_orders' AND object_id = @id AND state IN ('pending', 'sending', 'unknown')
RETURNING id`
	followOutboxSQL = `
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference, due_at)
VALUES (@uuid, @webshop, @coupling, 'buy_orders', @id, @operation, @reference, clock_timestamp() + make_interval(secs => @gather))
RETURNING id`
	parkedCreateSQL = `
UPDATE outbox SET edited = true, state = CASE WHEN @operation = 'cancel' AND attempts = 0 THEN 'dropped' ELSE state END
WHERE coupling_id = @coupling AND object = 'buy_orders' AND object_id = @id AND operation = 'create' AND state = 'parked' RETURNING id`
)

// pushLater sees to it that a change of a placed order reaches its coupling: with the open row, if there is one, else
// with a row of its own.
func (tx *Tx) pushLater(ctx context.Context, o heldBuyOrder, operation string, gather time.Duration) (*Outbox, error) {
	if o.PlacedAt == nil || o.CouplingID == nil {
		return nil, nil
	}
	args := pgx.StrictNamedArgs{"coupling": *o.CouplingID, "id": o.ID, "operation": operation, "gather": gather.Seconds()}
	open, err := many[struct{ ID int64 }](ctx, tx, joinOutboxSQL, args)
	if err != nil {
		return nil, err
	}
	if len(open) == 0 {
		// An order whose creation is parked goes out with its changes once a person lets it.
		parked := pgx.StrictNamedArgs{"coupling": *o.CouplingID, "id": o.ID, "operation": operation}
		if open, err = many[struct{ ID int64 }](ctx, tx, parkedCreateSQL, parked); err != nil {
			return nil, err
		}
	}
	if len(open) == 0 {
		webshop, err := tx.webshop("push change of buy order")
		if err != nil {
			return nil, err
		}
		args["uuid"], args["webshop"], args["reference"] = NewID(), webshop, o.Reference
		if open, err = many[struct{ ID int64 }](ctx, tx, followOutboxSQL, args); err != nil {
			return nil, err
		}
	}
	row, err := tx.OutboxByID(ctx, open[0].ID)
	if err != nil {
		return nil, err
	}
	return &row, nil
}

const followedSQL = `SELECT deleted_at FROM buy_order WHERE webshop_id = $1 AND id = $2`

// followUp makes the write that follows one that was sent while its object was changed.
func (tx *Tx) followUp(ctx context.Context, o Outbox) error {
	if !o.Edited || o.Operation == "cancel" && o.Object == koppel.BuyOrders {
		return nil
	}
	if o.Object.Gathered() {
		return tx.wantPushes(ctx, o.WebshopID, o.Object, o.Operation, []wantedPush{{o.CouplingID, o.ObjectID, o.Reference}})
	}
	after, err := one[struct{ DeletedAt *time.Time }](ctx, tx, followedSQL, o.WebshopID, o.ObjectID)
	if err != nil {
		return err
	}
	operation := "update"
	if after.DeletedAt != nil {
		operation = "cancel"
	}
	_, err = tx.exec(ctx, followOutboxSQL, pgx.StrictNamedArgs{
		"uuid": NewID(), "webshop": o.WebshopID, "coupling": o.CouplingID, "id": o.ObjectID, "operation": operation, "reference": o.Reference, "gather": 0.0,
	})
	return err
}

const followingSQL = outboxSelect + `
WHERE o.coupling_id = @coupling AND o.object = @object AND o.object = 'buy_orders' AND o.object_id = @id AND o.state = 'pending' AND o.run_id IS NULL`

// FollowingOutbox is the write that follows one that was sent, of the same buy order; nil when nothing does.
func (tx *Tx) FollowingOutbox(ctx context.Context, o Outbox) (*Outbox, error) {
	list, err := many[Outbox](ctx, tx, followingSQL, pgx.StrictNamedArgs{"coupling": o.CouplingID, "object": string(o.Object), "id": o.ObjectID})
	if err != nil || len(list) == 0 {
		return nil, wrap("find write that follows", err)
	}
	return &list[0], nil
}

// totalOf is what the audit log keeps of an order before an edit.
func totalOf(o ObjectRow) map[string]any {
	total, _, _ := koppel.BuyOrders.Field("total_value")
	lines, _, _ := koppel.BuyOrders.Field("lines")
	return map[string]any{"lines": len(o.Values[lines].([]Line)), "total_value": o.Values[total]}
}
