package koppel

var itemDeliveryFields = []Field{
	{Name: "buy_order", Type: Ref, Ref: BuyOrders, Limit: 255, Required: true, Doc: "On which order the goods came in; a receipt without one is left out and counted"},
	{Name: "line", Type: Text, Limit: 255, Doc: "The remote's id of the order's line"},
	{Name: "product", Type: Ref, Ref: Products, Limit: 255, Doc: "What came in; finds the line when no line id is given"},
	{Name: "quantity", Type: Int, Min: -9_999_999, Max: 9_999_999, Required: true, Doc: "Stock units, negative for goods that went back; 0 is left out"},
	{Name: "occurred_at", Type: Time, Doc: "When they came in; when it was first seen where the remote does not tell"},
	{Name: "reference", Type: Text, Limit: 255, Doc: "Our reference, when it was pushed"},
	createdAtRemote,
	updatedAtRemote,
}

var shipmentFields = []Field{
	{Name: "sell_order", Type: Ref, Ref: SellOrders, Limit: 255, Required: true, Doc: "What was sent"},
	{Name: "carrier", Type: Text, Limit: 255, Doc: "Who carries it"},
	{Name: "tracking_code", Type: Text, Limit: 255, Doc: "The carrier's code"},
	{Name: "tracking_url", Type: Text, Limit: 2000, Doc: "Where the customer follows it"},
	{Name: "status", Type: Text, Limit: 10, Choices: []string{"created", "in_transit", "delivered", "returned"}, Default: "created", Doc: "created, in_transit, delivered or returned"},
	{Name: "shipped_at", Type: Time, Doc: "When it left"},
	{Name: "delivered_at", Type: Time, Doc: "When it arrived"},
	{Name: "lines", Type: Lines, Line: shipmentLineFields, Doc: "What is in it; none: the whole order"},
	createdAtRemote,
	updatedAtRemote,
}

var shipmentLineFields = []Field{
	{Name: "remote_id", Type: Text, Limit: 255, Doc: "The remote's line id"},
	{Name: "line", Type: Text, Limit: 255, Doc: "The remote's id of the sell order's line"},
	{Name: "product", Type: Ref, Ref: Products, Limit: 255, Doc: "What was sent; an unresolved key is kept and waits"},
	{Name: "quantity", Type: Int, Min: 1, Max: 9_999_999, Required: true, Doc: "Stock units"},
}
