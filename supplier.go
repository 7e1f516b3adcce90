package koppel

var supplierFields = []Field{
	{Name: "name", Type: Text, Limit: 255, Required: true, Doc: "Name"},
	{Name: "emails", Type: Texts, Limit: 255, Doc: "Addresses for orders; unusable ones are dropped with a note"},
	{Name: "delivery_time", Type: Int, Min: 1, Max: 365, Doc: "Calendar days from order to goods in stock"},
	{Name: "replenishment_period", Type: Int, Min: 1, Max: 365, Doc: "Days between two orders"},
	{Name: "fixed_costs", Type: Decimal, Scale: 4, NotNegative: true, Doc: "Cost per order"},
	{Name: "minimum_order_value", Type: Decimal, Scale: 4, NotNegative: true, Doc: "Least value of an order"},
	{Name: "gln", Type: Text, Limit: 13, Doc: "Global location number"},
	{Name: "ignored", Type: Bool, Default: false, Doc: "True: hidden from buying; the only way a supplier goes away"},
	createdAtRemote,
	updatedAtRemote,
}

var supplierProductFields = []Field{
	{Name: "supplier", Type: Ref, Ref: Suppliers, Limit: 255, Required: true, Doc: "Whose offer"},
	{Name: "product", Type: Ref, Ref: Products, Limit: 255, Required: true, Doc: "Of which product"},
	{Name: "name", Type: Text, Limit: 255, Doc: "Name; the product's when absent"},
	{Name: "sku_code", Type: Text, Limit: 255, Doc: "The supplier's order code"},
	{Name: "ean_code", Type: Text, Limit: 50, Doc: "The supplier's barcode"},
	{Name: "article_code", Type: Text, Limit: 255, Doc: "A further code of the supplier"},
	{Name: "price", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Purchase price of one stock unit, ex VAT"},
	{Name: "currency", Type: Text, Limit: 3, Doc: "ISO 4217 code"},
	{Name: "minimum_purchase_quantity", Type: Int, Min: 1, Max: 9_999_999, Doc: "Least quantity in stock units"},
	{Name: "lot_size", Type: Int, Min: 1, Max: 9_999_999, Doc: "Stock units per purchase unit"},
	{Name: "delivery_time", Type: Int, Min: 1, Max: 365, Doc: "Days; overrides the supplier's"},
	{Name: "preferred", Type: Bool, Default: false, Doc: "The supplier product that is bought"},
	{Name: "status", Type: Text, Limit: 8, Choices: enabledOrDisabled, Required: true, Doc: "enabled or disabled"},
	{Name: "availability", Type: Text, Limit: 255, Doc: "As told by the supplier"},
	{Name: "availability_date", Type: Date, Doc: "As told by the supplier"},
	{Name: "free_stock", Type: Int, Min: 0, Max: 9_999_999, Doc: "Stock at the supplier"},
	{Name: "weight", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Gram per purchase unit"},
	{Name: "volume", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Cubic centimetre per purchase unit"},
	createdAtRemote,
	updatedAtRemote,
}
