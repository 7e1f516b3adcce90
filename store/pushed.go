package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Pushed is one thing as a push mapping reads it.
type Pushed struct {
	// Vars are the variables of its push: object, a map of its fields by name, references as the remote ids that the
	// coupling knows them by.
	Vars map[string]any
	// RemoteID is its id in the remote; empty before it was sent.
	RemoteID string
	// Deleted: it is cancelled here.
	Deleted bool
	// Unwanted says why there is nothing to write; empty when there is.
	Unwanted string
	// Target is the value that is written absolutely, or with Raise what is added to what is there; nil for other writes.
	Target any
	Raise  bool
	// As is whose words of the connector write it, where they are not its own.
	As koppel.Object
	// Positions are those of its lines, in the order in which they are sent.
	Positions []int32
}

// Operation is what the remote is to be asked for.
func (p Pushed) Operation() string {
	switch {
	case p.Raise:
		return "raise"
	case p.Target != nil:
		return "set"
	case p.RemoteID != "" && p.Deleted:
		return "cancel"
	case p.RemoteID != "":
		return "update"
	}
	return "create"
}

// ToPush reads one thing for a push to a coupling, by inner ids: an object or, for stock, the product. What the
// coupling does not know yet is an error of kind conflict that names it.
func (tx *Tx) ToPush(ctx context.Context, object koppel.Object, id, coupling int64) (Pushed, error) {
	switch object {
	case koppel.Stock:
		return tx.stockToPush(ctx, id, coupling)
	case koppel.BuyOrders:
		order, err := tx.BuyOrderToPush(ctx, id, coupling)
		out := Pushed{Vars: order.Vars(), RemoteID: order.RemoteID, Deleted: order.Deleted}
		for _, line := range order.Lines {
			out.Positions = append(out.Positions, line.Position)
		}
		return out, err
	case koppel.ItemDeliveries:
		raises, err := tx.raises(ctx, coupling)
		if err != nil {
			return Pushed{}, wrap("read for push", err)
		}
		if raises {
			return tx.raiseToPush(ctx, id, coupling)
		}
		return tx.deliveryToPush(ctx, id, coupling)
	case koppel.Shipments:
		return tx.shipmentToPush(ctx, id, coupling)
	}
	return Pushed{}, invalid("read for push", "%s are not pushed", object)
}

const pushStockSQL = `
SELECT p.stock_level, p.unlimited_stock, p.name, p.sku_code, p.ean_code, s.remote_id, s.mapped::text AS mapped,
       EXISTS (SELECT FROM coupling WHERE id = @coupling AND 'stock' = ANY (pushes)) AS taken
FROM product p
LEFT JOIN LATERAL (
    SELECT remote_id, mapped FROM source WHERE webshop_id = p.webshop_id AND object_id = p.id AND object = 'products'
    AND coupling_id = @coupling AND gone_at IS NULL ORDER BY remote_id LIMIT 1) s ON true
WHERE p.webshop_id = @webshop AND p.id = @id`

// stockToPush reads a product's stock.
func (tx *Tx) stockToPush(ctx context.Context, product, coupling int64) (Pushed, error) {
	p, err := tx.productToPush(ctx, "read stock for push", product, coupling)
	switch {
	case err != nil:
		return Pushed{}, err
	case p.Unwanted != "":
		return p.Pushed, nil
	case !p.Taken:
		return Pushed{Unwanted: "the coupling takes no stock any more"}, nil
	case p.StockLevel == nil || p.UnlimitedStock:
		return Pushed{Unwanted: "stock is not kept, or unknown"}, nil
	}
	p.Target = *p.StockLevel
	return p.Pushed, nil
}

// pushedProduct is a product as the writes of its stock see it.
type pushedProduct struct {
	Pushed
	StockLevel     *int64
	UnlimitedStock bool
	// Taken: the coupling takes stock.
	Taken bool
}

// productToPush reads a product for a write of its stock. The codes are those that the coupling itself gives, so that a
// variation is found under its parent.
func (tx *Tx) productToPush(ctx context.Context, op string, product, coupling int64) (pushedProduct, error) {
	webshop, err := tx.webshop(op)
	if err != nil {
		return pushedProduct{}, err
	}
	type row struct {
		StockLevel       *int64
		UnlimitedStock   bool
		Name             *string
		SKUCode          *string `db:"sku_code"`
		EANCode          *string `db:"ean_code"`
		RemoteID, Mapped *string
		Taken            bool
	}
	p, err := one[row](ctx, tx, pushStockSQL, pgx.StrictNamedArgs{"webshop": webshop, "id": product, "coupling": coupling})
	if errors.Is(err, pgx.ErrNoRows) {
		return pushedProduct{Pushed: Pushed{Unwanted: "the product is no more"}}, nil
	}
	if err != nil {
		return pushedProduct{}, wrap(op, err)
	}
	if p.RemoteID == nil {
		return pushedProduct{Taken: p.Taken, Pushed: Pushed{Unwanted: "the remote no longer has the product"}}, nil
	}
	own, err := decodeMapped(json.RawMessage(cmp.Or(deref(p.Mapped), "{}")), koppel.Products.Fields())
	if err != nil {
		return pushedProduct{}, wrap(op, err)
	}
	object := byName(koppel.Products.Fields(), own)
	for name, merged := range map[string]*string{"name": p.Name, "sku_code": p.SKUCode, "ean_code": p.EANCode} {
		if object[name] == nil {
			object[name] = orNil(merged)
		}
	}
	object["stock_level"] = orNil(p.StockLevel)
	return pushedProduct{
		Pushed:     Pushed{Vars: map[string]any{"object": object}, RemoteID: *p.RemoteID},
		StockLevel: p.StockLevel, UnlimitedStock: p.UnlimitedStock, Taken: p.Taken,
	}, nil
}
