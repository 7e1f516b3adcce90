package koppel

var productFields = []Field{
	{Name: "name", Type: Text, Limit: 255, Required: true, Doc: "Name; of a variant: product title and variant title"},
	{Name: "sku_code", Type: Text, Limit: 255, Doc: "The webshop's own code"},
	{Name: "article_code", Type: Text, Limit: 255, Doc: "A further code, neither SKU nor EAN, such as the parent's id"},
	{Name: "ean_code", Type: Text, Limit: 50, Doc: "GTIN-8/12/13/14 as given"},
	{Name: "price", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Selling price of one stock unit, ex VAT"},
	{Name: "unlimited_stock", Type: Bool, Default: false, Doc: "True: stock is not kept"},
	{Name: "stock_level", Type: Int, Min: -9_999_999, Max: 9_999_999, Doc: "Free stock in stock units; null is unknown; 0 when stock is unlimited"},
	{Name: "status", Type: Text, Limit: 8, Choices: enabledOrDisabled, Required: true, Doc: "enabled or disabled"},
	{Name: "not_being_bought", Type: Bool, Default: false, Doc: "True: still sold, never bought again"},
	{Name: "assembled", Type: Bool, Default: false, Doc: "True: made from parts"},
	{Name: "tax_rate", Type: Decimal, Scale: 4, NotNegative: true, Doc: "VAT rate in percent"},
	{Name: "categories", Type: Texts, Limit: 255, Doc: "Categories as the remote names them"},
	{Name: "minimum_stock", Type: Int, Min: 0, Max: 9_999_999, Doc: "Lower bound in stock units"},
	{Name: "maximum_stock", Type: Int, Min: 0, Max: 9_999_999, Doc: "Upper bound in stock units"},
	{Name: "stock_measurement_unit", Type: Text, Limit: 50, Doc: "Unit of the quantities, when unit conversion is on"},
	{Name: "weight", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Gram per stock unit"},
	{Name: "volume", Type: Decimal, Scale: 6, NotNegative: true, Doc: "Cubic centimetre per stock unit"},
	createdAtRemote,
	updatedAtRemote,
}

var productCompositionFields = []Field{
	{Name: "composed_product", Type: Ref, Ref: Products, Limit: 255, Required: true, Doc: "What is made of parts"},
	{Name: "part_product", Type: Ref, Ref: Products, Limit: 255, Required: true, Doc: "One of its parts; never itself, nor what it is a part of"},
	{Name: "part_quantity", Type: Int, Min: 1, Max: 9_999_999, RoundUp: true, Required: true, Doc: "Stock units of the part in one composed product; a fraction is rounded up with a note"},
	createdAtRemote,
	updatedAtRemote,
}

var createdAtRemote = Field{Name: "created_at_remote", Type: Time, Doc: "When the remote made it"}
var updatedAtRemote = Field{Name: "updated_at_remote", Type: Time, Doc: "When the remote last changed it"}

var enabledOrDisabled = []string{"enabled", "disabled"}
