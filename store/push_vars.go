package store

import (
	"time"

	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// Vars are the variables of the order's push: object, a map of its fields by name. Its lines carry besides their fields
// the codes, and the quantity and price of purchase units.
func (o PushedOrder) Vars() map[string]any {
	object := byName(koppel.BuyOrders.Fields(), o.Values)
	lines, _ := object["lines"].([]any)
	for i, line := range lines {
		fields, more := line.(map[string]any), o.Lines[i]
		fields["sku_code"], fields["ean_code"], fields["supplier_sku_code"] = textOrNil(more.SKU), textOrNil(more.EAN), textOrNil(more.SupplierSKU)
		fields["factor"] = more.Factor
		quantity, _ := fields["quantity"].(int64)
		units := (quantity + more.Factor - 1) / more.Factor
		fields["purchase_quantity"] = units
		if subtotal, ok := fields["subtotal_value"].(decimal.Decimal); ok && units > 0 {
			fields["purchase_price"] = subtotal.DivRound(decimal.NewFromInt(units), 6)
		}
	}
	return map[string]any{"object": object}
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// byName gives values their fields' names, for expressions.
func byName(fields []koppel.Field, values koppel.Values) map[string]any {
	out := map[string]any{}
	for i, field := range fields {
		if i >= len(values) {
			break
		}
		value := values[i]
		switch v := value.(type) {
		case koppel.Null:
			value = nil
		case []koppel.Values:
			lines := make([]any, len(v))
			for n, line := range v {
				lines[n] = byName(field.Line, line)
			}
			value = lines
		case time.Time:
			if field.Type == koppel.Date {
				value = v.Format(time.DateOnly)
			}
		}
		out[field.Name] = value
	}
	return out
}
