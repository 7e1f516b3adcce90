package koppel

// Stock is what is pushed of products: how many there are. It is no object of
// its own, and is never read under this name.
const Stock Object = "stock"

// StockOnDelivery is among what a coupling is pushed when what came in raises its
// stock. It is no object either: what is written is a delivery's.
const StockOnDelivery Object = "stock_on_delivery"

// Pushed returns what can be written to remotes, in the order of work.
func Pushed() []Object { return []Object{Stock, Shipments, BuyOrders, ItemDeliveries} }

// Gathered reports whether one run of a coupling writes everything of o that is
// due. A buy order has a run of its own, which people watch.
func (o Object) Gathered() bool { return o != BuyOrders }
