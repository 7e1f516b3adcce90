package koppel

import (
	"slices"
	"strings"
)

// Object names one of the kinds of rows of the canonical model. It is always
// the plural, as in settings ("sync.products"), paths and mappings.
type Object string

// The objects, in the order in which references let them be synced.
const (
	Suppliers           Object = "suppliers"
	Products            Object = "products"
	ProductCompositions Object = "product_compositions"
	SupplierProducts    Object = "supplier_products"
	SellOrders          Object = "sell_orders"
	Shipments           Object = "shipments"
	BuyOrders           Object = "buy_orders"
	ItemDeliveries      Object = "item_deliveries"
)

// Objects returns every object in the order of work: what is referred to comes
// before what refers to it.
func Objects() []Object {
	return []Object{Suppliers, Products, ProductCompositions, SupplierProducts, SellOrders, Shipments, BuyOrders, ItemDeliveries}
}

// LinesSetting names the setting that switches the lines of an order off:
// "sync.sell_order_lines".
func LinesSetting(orders Object) string {
	return "sync." + strings.TrimSuffix(string(orders), "s") + "_lines"
}

// Valid reports whether o is one of the objects.
func (o Object) Valid() bool { return slices.Contains(Objects(), o) }

// Fields returns the fields of o in their fixed order, the order of Values.
// The slice is shared: do not change it.
func (o Object) Fields() []Field { return fieldsOf[o] }

// Field returns the position and description of the named field; ok is false
// when o has no such field.
func (o Object) Field(name string) (index int, field Field, ok bool) {
	return fieldIn(fieldsOf[o], name)
}

func fieldIn(fields []Field, name string) (int, Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return 0, Field{}, false
	}
	return i, fields[i], true
}

var fieldsOf = map[Object][]Field{
	Suppliers:           supplierFields,
	Products:            productFields,
	ProductCompositions: productCompositionFields,
	SupplierProducts:    supplierProductFields,
	SellOrders:          sellOrderFields,
	Shipments:           shipmentFields,
	BuyOrders:           buyOrderFields,
	ItemDeliveries:      itemDeliveryFields,
}
