package koppel

var sellOrderFields = []Field{
	{Name: "number", Type: Text, Limit: 255, Doc: "Number as the shop shows it"},
	{Name: "placed_at", Type: Time, Required: true, Doc: "When the customer ordered"},
	{Name: "completed_at", Type: Time, Doc: "When nothing was left to ship; null is open"},
	{Name: "total_value", Type: Decimal, Scale: 4, Doc: "Ex VAT; the sum of the lines when the mapping gives none"},
	{Name: "status_remote", Type: Text, Limit: 255, Doc: "State as the remote names it"},
	{Name: "cancelled", Type: Bool, Default: false, Doc: "True: counts as zero; lines and values are kept"},
	{Name: "currency", Type: Text, Limit: 3, Doc: "ISO 4217 code"},
	{Name: "total_gross", Type: Decimal, Scale: 4, Doc: "What the customer paid, VAT and shipping included"},
	{Name: "tax_lines", Type: JSON, Doc: "List of {rate, base, amount}"},
	{Name: "discounts", Type: JSON, Doc: "List of {code, amount}"},
	{Name: "shipping_value", Type: Decimal, Scale: 4, Doc: "Shipping ex VAT"},
	{Name: "payments", Type: JSON, Doc: "List of {method, amount, paid_at, reference, refunded}"},
	{Name: "refunds", Type: JSON, Doc: "List of {remote_id, amount, reason}"},
	{Name: "customer", Type: Text, Limit: 255, Doc: "The remote's id of the customer"},
	{Name: "location", Type: Text, Limit: 255, Doc: "Where it was sold"},
	{Name: "channel", Type: Text, Limit: 255, Doc: "How it was sold"},
	{Name: "lines", Type: Lines, Line: sellOrderLineFields, Doc: "One line per product"},
	createdAtRemote,
	updatedAtRemote,
}

var sellOrderLineFields = []Field{
	{Name: "remote_id", Type: Text, Limit: 255, Doc: "The remote's line id; several joined by a comma when lines of one product were added up"},
	{Name: "product", Type: Ref, Ref: Products, Limit: 255, Doc: "What was sold; an unresolved key is kept and waits"},
	{Name: "quantity", Type: Int, Required: true, Doc: "Stock units"},
	{Name: "subtotal_value", Type: Decimal, Scale: 4, Required: true, Doc: "Of the whole line, ex VAT, after discount"},
	{Name: "unit_price_gross", Type: Decimal, Scale: 6, Doc: "Per stock unit, VAT included"},
	{Name: "tax_rate", Type: Decimal, Scale: 4, Doc: "VAT rate in percent"},
	{Name: "discount", Type: Decimal, Scale: 4, Doc: "Of the whole line, ex VAT"},
	{Name: "options", Type: JSON, Doc: "List of {name, value, price}"},
}

var buyOrderFields = []Field{
	{Name: "supplier", Type: Ref, Ref: Suppliers, Limit: 255, Required: true, Doc: "From whom"},
	{Name: "placed_at", Type: Time, Doc: "Null is a draft, which is never pushed"},
	{Name: "expected_delivery_date", Type: Date, Doc: "When the goods should arrive"},
	{Name: "completed_at", Type: Time, Doc: "When nothing was left to receive"},
	{Name: "total_value", Type: Decimal, Scale: 4, Doc: "Ex VAT; the sum of the lines"},
	{Name: "reference", Type: Text, Limit: 50, Doc: "Our number, unique per webshop; travels to the remote and back"},
	{Name: "status_remote", Type: Text, Limit: 255, Doc: "State as the remote names it"},
	{Name: "assembly", Type: Bool, Default: false, Doc: "True: production of a composed product"},
	{Name: "lines", Type: Lines, Line: buyOrderLineFields, Required: true, Doc: "What is bought"},
	createdAtRemote,
	updatedAtRemote,
}

var buyOrderLineFields = []Field{
	{Name: "remote_id", Type: Text, Limit: 255, Doc: "The remote's line id"},
	{Name: "product", Type: Ref, Ref: Products, Limit: 255, Required: true, Doc: "What is bought"},
	{Name: "quantity", Type: Int, Min: 1, Max: 9_999_999, Required: true, Doc: "Stock units"},
	{Name: "subtotal_value", Type: Decimal, Scale: 4, Required: true, Doc: "Of the whole line, ex VAT"},
	{Name: "expected_delivery_date", Type: Date, Doc: "When these goods should arrive"},
	{Name: "quantity_delivered", Type: Int, Derived: true, Doc: "Stock units received less those returned: the sum of the line's item deliveries"},
	{Name: "quantity_open", Type: Int, Derived: true, Doc: "Stock units still to come, 0 when the order is completed"},
}
