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

// PushedOrder is a buy order as a push mapping reads it.
type PushedOrder struct {
	// Values are in the order of BuyOrders.Fields, references as the remote ids that the coupling knows them by, lines
	// sorted by SKU.
	Values koppel.Values
	// Lines say more about the lines, in the same order.
	Lines []PushedLine
	// RemoteID is the order's id in the remote; empty before it was sent.
	RemoteID string
	// Deleted: it is cancelled here.
	Deleted bool
}

// PushedLine is what a push needs to know of a line besides its values.
type PushedLine struct {
	Position int32
	SKU, EAN string
	// SupplierSKU is the supplier's order code.
	SupplierSKU string
	// Factor is the stock units per purchase unit.
	Factor int64
}

const (
	pushHeadSQL = `
SELECT x.remote_id AS supplier_key, s.name AS supplier_name, b.placed_at, b.expected_delivery_date, b.total_value, b.reference, b.assembly,
       b.deleted_at, coalesce(y.remote_id, '') AS remote_id
FROM buy_order b LEFT JOIN supplier s ON s.webshop_id = b.webshop_id AND s.id = b.supplier_id
LEFT JOIN LATERAL (
    SELECT remote_id FROM source WHERE webshop_id = b.webshop_id AND object_id = b.supplier_id AND object = 'suppliers'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) x ON true
LEFT JOIN LATERAL (
    SELECT remote_id FROM source WHERE webshop_id = b.webshop_id AND object_id = b.id AND object = 'buy_orders'
    AND coupling_id = @coupling ORDER BY changed_at DESC LIMIT 1) y ON true
WHERE b.webshop_id = @webshop AND b.id = @id`
	// People check deliveries against the order line by line, so lines are sorted by SKU.
	pushLinesSQL = `
SELECT l.position, l.remote_id, x.remote_id AS product_key, p.name AS product_name, coalesce(p.sku_code, '') AS sku, coalesce(p.ean_code, '') AS ean, coalesce(o.sku_code, '') AS supplier_sku,
       l.quantity, l.subtotal_value, l.expected_delivery_date, coalesce(l.factor, 1) AS factor
FROM buy_order_line l JOIN buy_order b ON b.webshop_id = l.webshop_id AND b.id = l.buy_order_id
LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
LEFT JOIN LATERAL (
    SELECT remote_id FROM source WHERE webshop_id = l.webshop_id AND object_id = l.product_id AND object = 'products'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) x ON true
LEFT JOIN LATERAL (
    SELECT sku_code FROM supplier_product WHERE webshop_id = l.webshop_id AND supplier_id = b.supplier_id AND product_id = l.product_id
    ORDER BY status DESC, id LIMIT 1) o ON true
WHERE l.webshop_id = @webshop AND l.buy_order_id = @id ORDER BY p.sku_code COLLATE "C" NULLS LAST, l.position`
)

// BuyOrderToPush reads a buy order for a push to a coupling. A supplier or product that the coupling does not know is
// an error of kind conflict that names each of them.
func (tx *Tx) BuyOrderToPush(ctx context.Context, order, coupling int64) (PushedOrder, error) {
	const op = "read buy order for push"
	webshop, err := tx.webshop(op)
	if err != nil {
		return PushedOrder{}, err
	}
	args := pgx.StrictNamedArgs{"webshop": webshop, "id": order, "coupling": coupling}
	type head struct {
		SupplierKey, SupplierName                 *string
		PlacedAt, ExpectedDeliveryDate, DeletedAt *time.Time
		TotalValue                                decimal.NullDecimal
		Reference, RemoteID                       string
		Assembly                                  bool
	}
	type line struct {
		Position                          int32
		RemoteID, ProductKey, ProductName *string
		SKU                               string `db:"sku"`
		EAN                               string `db:"ean"`
		SupplierSKU                       string `db:"supplier_sku"`
		Quantity, Factor                  int64
		SubtotalValue                     decimal.Decimal
		ExpectedDeliveryDate              *time.Time
	}
	h, err := one[head](ctx, tx, pushHeadSQL, args)
	if err != nil {
		return PushedOrder{}, wrap(op, err)
	}
	lines, err := many[line](ctx, tx, pushLinesSQL, args)
	if err != nil {
		return PushedOrder{}, wrap(op, err)
	}
	out := PushedOrder{RemoteID: h.RemoteID, Deleted: h.DeletedAt != nil}
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
		out.Lines = append(out.Lines, PushedLine{Position: l.Position, SKU: l.SKU, EAN: l.EAN, SupplierSKU: l.SupplierSKU, Factor: l.Factor})
	}
	// What is cancelled or was sent needs no references any more.
	if len(unknown) > 0 && !(out.Deleted && out.RemoteID != "") {
		return PushedOrder{}, conflict(op, "the coupling does not know %s; sync suppliers and products first", strings.Join(unknown, ", "))
	}
	var total any
	if h.TotalValue.Valid {
		total = h.TotalValue.Decimal
	}
	out.Values = fill(koppel.BuyOrders.Fields(), map[string]any{
		"supplier": orNil(h.SupplierKey), "placed_at": orNil(h.PlacedAt), "expected_delivery_date": orNil(h.ExpectedDeliveryDate),
		"total_value": total, "reference": h.Reference, "assembly": h.Assembly, "lines": list,
	})
	return out, nil
}

const (
	// A quantity respects the least quantity and the lot, and in purchase units it is a whole number of them: it is
	// rounded up, at the same price a piece. The factor of a line that was pushed stays.
	roundLinesSQL = `
WITH wanted AS (
    SELECT l.position, coalesce(l.factor, CASE WHEN @units THEN coalesce(o.lot_size, 1) ELSE 1 END) AS factor,
           ceil(greatest(l.quantity, coalesce(o.minimum_purchase_quantity, 1))::numeric / lot.size)::bigint * lot.size AS quantity
    FROM buy_order_line l JOIN buy_order b ON b.webshop_id = l.webshop_id AND b.id = l.buy_order_id
    LEFT JOIN LATERAL (
        SELECT lot_size, minimum_purchase_quantity FROM supplier_product
        WHERE webshop_id = l.webshop_id AND supplier_id = b.supplier_id AND product_id = l.product_id AND status = 'enabled' ORDER BY id LIMIT 1) o ON true
    CROSS JOIN LATERAL (SELECT CASE WHEN l.factor > 1 THEN l.factor ELSE greatest(coalesce(o.lot_size, 1), 1) END AS size) lot
    WHERE l.webshop_id = @webshop AND l.buy_order_id = @id
)
UPDATE buy_order_line l SET factor = w.factor, quantity = w.quantity, subtotal_value = round(l.subtotal_value * w.quantity / l.quantity, 4)
FROM wanted w
WHERE l.webshop_id = @webshop AND l.buy_order_id = @id AND l.position = w.position AND (l.quantity <> w.quantity OR l.factor IS DISTINCT FROM w.factor)
RETURNING l.quantity <> (SELECT quantity FROM buy_order_line old WHERE old.webshop_id = l.webshop_id AND old.buy_order_id = l.buy_order_id AND old.position = l.position) AS rounded`
	totalSQL = `
UPDATE buy_order b SET changed_at = now(), run_id = @run,
       total_value = (SELECT sum(subtotal_value) FROM buy_order_line WHERE webshop_id = @webshop AND buy_order_id = @id)
WHERE b.webshop_id = @webshop AND b.id = @id`
)

// RoundBuyOrder makes an order's quantities fit to be pushed and writes them back: the larger of what is wanted and
// the least quantity, rounded up to whole lots. With units, lot sizes are purchase units. It tells how many lines grew.
func (tx *Tx) RoundBuyOrder(ctx context.Context, order, run int64, units bool) (int, error) {
	const op = "round buy order"
	webshop, err := tx.webshop(op)
	if err != nil {
		return 0, err
	}
	rows, err := tx.tx.Query(ctx, roundLinesSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": order, "units": units})
	if err != nil {
		return 0, wrap(op, err)
	}
	rounded, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		return 0, wrap(op, err)
	}
	grew := 0
	for _, more := range rounded {
		if more {
			grew++
		}
	}
	if grew == 0 {
		return 0, nil
	}
	if _, err := tx.exec(ctx, totalSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": order, "run": run}); err != nil {
		return 0, wrap(op, err)
	}
	return grew, wrap(op, tx.noteChange(ctx, webshop, koppel.BuyOrders, order, changeUpdated, "lines", "total_value"))
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
