package store

import (
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// The fields that the rules of the model speak of.
var (
	productUnlimited  = place(koppel.Products, "unlimited_stock")
	productStock      = place(koppel.Products, "stock_level")
	productStatus     = place(koppel.Products, "status")
	productAssembled  = place(koppel.Products, "assembled")
	composedProduct   = place(koppel.ProductCompositions, "composed_product")
	partProduct       = place(koppel.ProductCompositions, "part_product")
	productSKU        = place(koppel.Products, "sku_code")
	productEAN        = place(koppel.Products, "ean_code")
	supplierIgnored   = place(koppel.Suppliers, "ignored")
	offerStatus       = place(koppel.SupplierProducts, "status")
	offerSupplier     = place(koppel.SupplierProducts, "supplier")
	offerProduct      = place(koppel.SupplierProducts, "product")
	offerPreferred    = place(koppel.SupplierProducts, "preferred")
	sellTotal         = place(koppel.SellOrders, "total_value")
	sellLines         = place(koppel.SellOrders, "lines")
	buyTotal          = place(koppel.BuyOrders, "total_value")
	buyLines          = place(koppel.BuyOrders, "lines")
	buySupplier       = place(koppel.BuyOrders, "supplier")
	buyReference      = place(koppel.BuyOrders, "reference")
	buyCompleted      = place(koppel.BuyOrders, "completed_at")
	deliveryOrder     = place(koppel.ItemDeliveries, "buy_order")
	deliveryReference = place(koppel.ItemDeliveries, "reference")
	deliveryAt        = place(koppel.ItemDeliveries, "occurred_at")
)

// place is the position of a field that the model must have.
func place(object koppel.Object, name string) int {
	i, _, ok := object.Field(name)
	if !ok {
		panic("store: " + string(object) + " has no field " + name)
	}
	return i
}

// finish fills in defaults and what follows from other fields, and gives the object its state.
func finish(t *table, tg *target) {
	v := tg.values
	for i := range t.fields {
		if t.fields[i].Default != nil && absent(v[i]) {
			v[i] = t.fields[i].Default
		}
	}
	switch t.object {
	case koppel.Products:
		if v[productUnlimited] == true {
			v[productStock] = int64(0)
		}
	case koppel.SellOrders:
		if lines, given := v[sellLines].([]koppel.Values); given {
			v[sellLines] = oneLinePerProduct(lines)
		}
		totalOfLines(v, sellTotal, sellLines, sellLineSubtotal)
	case koppel.ItemDeliveries:
		if tg.before == nil && absent(v[deliveryAt]) {
			v[deliveryAt] = time.Now()
		}
	case koppel.BuyOrders:
		totalOfLines(v, buyTotal, buyLines, buyLineSubtotal)
	}
	tg.settle(t.object)
}

// The fields of lines that the rules speak of.
var (
	sellLineID       = linePlace(koppel.SellOrders, "remote_id")
	sellLineProduct  = linePlace(koppel.SellOrders, "product")
	sellLineQuantity = linePlace(koppel.SellOrders, "quantity")
	sellLineSubtotal = linePlace(koppel.SellOrders, "subtotal_value")
	sellLineDiscount = linePlace(koppel.SellOrders, "discount")
	buyLineSubtotal  = linePlace(koppel.BuyOrders, "subtotal_value")
)

// linePlace is the position of a field that the object's lines must have.
func linePlace(object koppel.Object, name string) int {
	line := object.Fields()[place(object, "lines")].Line
	i := slices.IndexFunc(line, func(f koppel.Field) bool { return f.Name == name })
	if i < 0 {
		panic("store: lines of " + string(object) + " have no field " + name)
	}
	return i
}

// oneLinePerProduct adds up lines that name one product; the line keeps all the remote's line ids.
func oneLinePerProduct(lines []koppel.Values) []koppel.Values {
	first := make(map[string]int, len(lines))
	out := make([]koppel.Values, 0, len(lines))
	for _, line := range lines {
		key, named := line[sellLineProduct].(string)
		at, twice := first[key]
		if !named || !twice {
			if named {
				first[key] = len(out)
			}
			out = append(out, line)
			continue
		}
		sum := append(koppel.Values(nil), out[at]...)
		if a, ok := sum[sellLineID].(string); ok {
			if b, ok := line[sellLineID].(string); ok {
				sum[sellLineID] = joinIDs(a, b)
			}
		}
		sum[sellLineQuantity] = sum[sellLineQuantity].(int64) + line[sellLineQuantity].(int64)
		sum[sellLineSubtotal] = sum[sellLineSubtotal].(decimal.Decimal).Add(line[sellLineSubtotal].(decimal.Decimal))
		sum[sellLineDiscount] = addDecimals(sum[sellLineDiscount], line[sellLineDiscount])
		out[at] = sum
	}
	return out
}

// joinIDs keeps as many ids as a remote id may be long.
func joinIDs(a, b string) string {
	if len(a)+1+len(b) > maxKey {
		return a
	}
	return a + "," + b
}

func addDecimals(a, b any) any {
	x, okA := a.(decimal.Decimal)
	y, okB := b.(decimal.Decimal)
	switch {
	case okA && okB:
		return x.Add(y)
	case okB:
		return b
	}
	return a
}

// totalOfLines gives an order without a total the sum of its lines.
func totalOfLines(v koppel.Values, total, linesAt, subtotal int) {
	if d, given := v[total].(decimal.Decimal); given && !d.IsZero() {
		return
	}
	lines, given := v[linesAt].([]koppel.Values)
	if !given || len(lines) == 0 {
		return
	}
	sum := decimal.Zero
	for _, line := range lines {
		if d, ok := line[subtotal].(decimal.Decimal); ok {
			sum = sum.Add(d)
		}
	}
	v[total] = sum
}
