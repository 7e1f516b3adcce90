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

// BuyOrderDraft is what a buy order is made of or, while it is a draft, replaced with. Supplier, Lines and By are
// required.
type BuyOrderDraft struct {
	Supplier string // outside id
	Lines    []BuyOrderLine
	// ExpectedDeliveryDate is a day (midnight UTC); nil lets placing fill it from the supplier's delivery time.
	ExpectedDeliveryDate *time.Time
	Assembly             bool
	// By is who asked, for the audit log.
	By string
}

// BuyOrderLine is one line of a draft; Product, Quantity and SubtotalValue are required.
type BuyOrderLine struct {
	Product              string          // outside id
	Quantity             int64           // stock units
	SubtotalValue        decimal.Decimal // of the whole line, ex VAT
	ExpectedDeliveryDate *time.Time
}

// linesMost is the most lines one buy order has.
const linesMost = 5000

// checked is a draft with its references found.
type checked struct {
	supplier int64
	products []int64
	total    decimal.Decimal
}

const refsSQL = `
SELECT 'supplier' AS what, uuid::text AS uuid, id FROM supplier WHERE webshop_id = @webshop AND uuid = ANY (@ids::uuid[])
UNION ALL
SELECT 'product', uuid::text, id FROM product WHERE webshop_id = @webshop AND uuid = ANY (@ids::uuid[])`

// check finds what a draft refers to and names everything that is wrong with it at once.
func (tx *Tx) checkDraft(ctx context.Context, op string, webshop int64, d BuyOrderDraft) (checked, error) {
	var wrong []string
	if d.By == "" {
		wrong = append(wrong, "who asks is not named")
	}
	if len(d.Lines) == 0 || len(d.Lines) > linesMost {
		wrong = append(wrong, fmt.Sprintf("lines: there are %d, a buy order has 1 to %d", len(d.Lines), linesMost))
	}
	var ids []string
	for _, id := range append([]string{d.Supplier}, productsOf(d.Lines)...) {
		if checkID(op, "", id) == nil {
			ids = append(ids, id)
		}
	}
	type row struct {
		What, UUID string
		ID         int64
	}
	rows, err := many[row](ctx, tx, refsSQL, pgx.StrictNamedArgs{"webshop": webshop, "ids": ids})
	if err != nil {
		return checked{}, wrap(op, err)
	}
	found := make(map[string]int64, len(rows))
	for _, r := range rows {
		found[r.What+r.UUID] = r.ID
	}
	c := checked{supplier: found["supplier"+strings.ToLower(d.Supplier)]}
	if c.supplier == 0 {
		wrong = append(wrong, fmt.Sprintf("supplier: there is no supplier %q here", d.Supplier))
	}
	for i, l := range d.Lines {
		product := found["product"+strings.ToLower(l.Product)]
		switch {
		case product == 0:
			wrong = append(wrong, fmt.Sprintf("lines[%d].product: there is no product %q here", i, l.Product))
		case l.Quantity < 1 || l.Quantity > 9_999_999:
			wrong = append(wrong, fmt.Sprintf("lines[%d].quantity: %d is not between 1 and 9999999", i, l.Quantity))
		case l.SubtotalValue.IsNegative():
			wrong = append(wrong, fmt.Sprintf("lines[%d].subtotal_value: %s is below zero", i, l.SubtotalValue))
		case !l.SubtotalValue.Equal(l.SubtotalValue.Round(4)):
			wrong = append(wrong, fmt.Sprintf("lines[%d].subtotal_value: %s has more than 4 decimals", i, l.SubtotalValue))
		}
		c.products = append(c.products, product)
		c.total = c.total.Add(l.SubtotalValue)
	}
	if len(wrong) > 0 {
		return checked{}, invalid(op, "%s", strings.Join(wrong, "; "))
	}
	return c, nil
}

func productsOf(lines []BuyOrderLine) []string {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.Product
	}
	return ids
}

const (
	// Numbers that a reference took on another way, such as an order adopted from a remote, are passed over.
	nextReferenceSQL = `
UPDATE webshop_counter k SET buy_orders = k.buy_orders + 1 FROM webshop w
WHERE k.webshop_id = @webshop AND w.id = k.webshop_id
RETURNING w.order_prefix || k.buy_orders AS reference,
          EXISTS (SELECT FROM buy_order b WHERE b.webshop_id = @webshop AND b.reference = w.order_prefix || k.buy_orders) AS taken`
	createBuyOrderSQL = `
INSERT INTO buy_order (webshop_id, id, uuid, supplier_id, expected_delivery_date, total_value, reference, assembly)
VALUES (@webshop, nextval('object_id'), @uuid, @supplier, @expected, @total, @reference, @assembly)
RETURNING id`
)

// CreateBuyOrder makes a draft with its lines in the scope's webshop. Its reference is the webshop's prefix and next
// number, unique there.
func (tx *Tx) CreateBuyOrder(ctx context.Context, d BuyOrderDraft) (ObjectRow, error) {
	const op = "create buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, err
	}
	c, err := tx.checkDraft(ctx, op, webshop, d)
	if err != nil {
		return ObjectRow{}, err
	}
	var reference string
	for taken := true; taken; {
		if err := tx.tx.QueryRow(ctx, nextReferenceSQL, pgx.StrictNamedArgs{"webshop": webshop}).Scan(&reference, &taken); err != nil {
			return ObjectRow{}, wrap(op, err)
		}
	}
	uuid := NewID()
	var id int64
	err = tx.tx.QueryRow(ctx, createBuyOrderSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "uuid": uuid, "supplier": c.supplier, "expected": d.ExpectedDeliveryDate, "total": c.total,
		"reference": reference, "assembly": d.Assembly,
	}).Scan(&id)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if err := tx.insertLines(ctx, webshop, id, d, c); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	return tx.afterBuyOrder(ctx, op, webshop, uuid, changeCreated, Audit{Actor: d.By, Action: "buy_order.create", Subject: uuid,
		After: map[string]any{"reference": reference, "lines": len(d.Lines), "total_value": c.total}},
		"supplier", "expected_delivery_date", "total_value", "reference", "assembly", "lines")
}

const insertLineSQL = `
INSERT INTO buy_order_line (webshop_id, buy_order_id, position, uuid, product_id, quantity, subtotal_value, expected_delivery_date)
VALUES (@webshop, @order, @position, @uuid, @product, @quantity, @subtotal, @expected)`

func (tx *Tx) insertLines(ctx context.Context, webshop, order int64, d BuyOrderDraft, c checked) error {
	var batch pgx.Batch
	for i, l := range d.Lines {
		batch.Queue(insertLineSQL, pgx.StrictNamedArgs{
			"webshop": webshop, "order": order, "position": i + 1, "uuid": NewID(), "product": c.products[i],
			"quantity": l.Quantity, "subtotal": l.SubtotalValue, "expected": l.ExpectedDeliveryDate,
		})
	}
	return tx.tx.SendBatch(ctx, &batch).Close()
}

// afterBuyOrder reads the order back, and writes audit and change.
func (tx *Tx) afterBuyOrder(ctx context.Context, op string, webshop int64, uuid, operation string, a Audit, fields ...string) (ObjectRow, error) {
	o, err := tx.Object(ctx, koppel.BuyOrders, uuid)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if err := tx.Audit(ctx, a); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	return o, wrap(op, tx.noteChange(ctx, webshop, koppel.BuyOrders, o.ID, operation, fields...))
}

const (
	lockBuyOrderSQL = `
SELECT id, reference, placed_at, deleted_at FROM buy_order WHERE webshop_id = @webshop AND uuid = @uuid FOR NO KEY UPDATE`
	editBuyOrderSQL = `
UPDATE buy_order SET supplier_id = @supplier, supplier_key = NULL, expected_delivery_date = @expected, total_value = @total,
       assembly = @assembly, changed_at = now(), run_id = NULL
WHERE webshop_id = @webshop AND id = @id`
	dropLinesSQL = `DELETE FROM buy_order_line WHERE webshop_id = @webshop AND buy_order_id = @id`
)

// heldBuyOrder is a buy order locked until the transaction ends.
type heldBuyOrder struct {
	ID        int64
	Reference string
	PlacedAt  *time.Time
	DeletedAt *time.Time
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

// EditBuyOrder replaces a draft with its lines; its reference stays. A placed order is refused.
func (tx *Tx) EditBuyOrder(ctx context.Context, id string, d BuyOrderDraft) (ObjectRow, error) {
	const op = "edit buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return ObjectRow{}, err
	}
	o, err := tx.lockBuyOrder(ctx, op, webshop, id)
	if err != nil {
		return ObjectRow{}, err
	}
	if o.PlacedAt != nil {
		return ObjectRow{}, conflict(op, "buy order %s was placed at %s and is no draft any more", o.Reference, o.PlacedAt.Format(time.RFC3339))
	}
	c, err := tx.checkDraft(ctx, op, webshop, d)
	if err != nil {
		return ObjectRow{}, err
	}
	before, err := tx.Object(ctx, koppel.BuyOrders, id)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, editBuyOrderSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "id": o.ID, "supplier": c.supplier, "expected": d.ExpectedDeliveryDate, "total": c.total, "assembly": d.Assembly,
	}); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, dropLinesSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": o.ID}); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if err := tx.insertLines(ctx, webshop, o.ID, d, c); err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	return tx.afterBuyOrder(ctx, op, webshop, id, changeUpdated, Audit{Actor: d.By, Action: "buy_order.edit", Subject: id,
		Before: totalOf(before), After: map[string]any{"lines": len(d.Lines), "total_value": c.total}},
		"supplier", "expected_delivery_date", "total_value", "assembly", "lines")
}

// totalOf is what the audit log keeps of an order before an edit.
func totalOf(o ObjectRow) map[string]any {
	total, _, _ := koppel.BuyOrders.Field("total_value")
	lines, _, _ := koppel.BuyOrders.Field("lines")
	return map[string]any{"lines": len(o.Values[lines].([]Line)), "total_value": o.Values[total]}
}
