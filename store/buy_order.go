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
	// was is the line of the order as it stood that this one replaces.
	was *heldLine
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
INSERT INTO buy_order_line (webshop_id, buy_order_id, position, uuid, product_id, quantity, subtotal_value, expected_delivery_date, remote_id, factor)
VALUES (@webshop, @order, @position, @uuid, @product, @quantity, @subtotal, @expected, @remote, @factor)`

func (tx *Tx) insertLines(ctx context.Context, webshop, order int64, d BuyOrderDraft, c checked) error {
	var batch pgx.Batch
	for i, l := range d.Lines {
		args := pgx.StrictNamedArgs{
			"webshop": webshop, "order": order, "position": i + 1, "uuid": NewID(), "product": c.products[i], "quantity": l.Quantity,
			"subtotal": l.SubtotalValue, "expected": l.ExpectedDeliveryDate, "remote": nil, "factor": nil,
		}
		if l.was != nil {
			args["uuid"], args["remote"], args["factor"] = l.was.UUID, l.was.RemoteID, l.was.Factor
		}
		batch.Queue(insertLineSQL, args)
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
