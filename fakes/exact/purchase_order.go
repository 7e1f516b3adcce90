package exact

import "math"

// complete fills what Exact fills in by itself when a row is made, and refuses
// what it refuses.
func (a *administration) complete(e *entity, v values, lines map[string][]values) *answer {
	switch e {
	case accounts:
		v["Code"] = padded(int(a.next("account", 90000)))
		v["StartDate"] = a.site.today()
		v["Type"] = "A"
	case items:
		return a.completeItem(v)
	case shopOrders:
		v["ShopOrderNumber"], v["Status"], v["ProducedQuantity"] = a.next("shop order", 7001), int64(10), 0.0
		v["EntryDate"] = a.site.today()
		return a.completeItemName(v)
	case warehouseTransfers:
		v["TransferNumber"], v["Status"], v["Source"] = a.next("transfer", 501), int64(10), int64(4)
		for _, line := range lines["WarehouseTransferLines"] {
			if bad := a.completeItemName(line); bad != nil {
				return bad
			}
		}
	case purchaseOrders:
		return a.completeOrder(v, lines["PurchaseOrderLines"])
	case purchaseOrderLines:
		order := a.find(purchaseOrders, text0(v["PurchaseOrderID"]))
		if order == nil {
			return refuse("PurchaseOrderID: not found")
		}
		v["LineNumber"] = int64(len(order.children[e.name]) + 1)
		return a.completeLine(order.text(purchaseOrders, "Supplier"), v, order.get(purchaseOrders, "ReceiptDate"))
	}
	return nil
}

func text0(v any) string {
	s, _ := v.(string)
	return s
}

func (a *administration) completeItem(v values) *answer {
	for _, r := range a.table(items).rows {
		if r.get(items, "Code") == v["Code"] {
			return refuse("Data already exists. Code: %s", v["Code"])
		}
	}
	for name, value := range (values{"IsSalesItem": true, "IsPurchaseItem": true, "IsStockItem": false, "IsMakeItem": int64(0), "IsOnDemandItem": int64(0), "Unit": "pc", "StartDate": a.site.today()}) {
		if v[name] == nil {
			v[name] = value
		}
	}
	return nil
}

func (a *administration) completeItemName(v values) *answer {
	item := a.find(items, text0(v["Item"]))
	if item == nil {
		return refuse("Item: not found")
	}
	v["ItemCode"], v["ItemDescription"] = item.get(items, "Code"), item.get(items, "Description")
	return nil
}

func (a *administration) completeOrder(v values, lines []values) *answer {
	supplier := a.find(accounts, text0(v["Supplier"]))
	switch {
	case supplier == nil:
		return refuse("Supplier: not found")
	case supplier.get(accounts, "IsSupplier") != true:
		return refuse("Supplier: the account is no supplier")
	case len(lines) == 0:
		return refuse("PurchaseOrderLines: mandatory")
	}
	warehouse := a.mainWarehouse()
	if id := v["Warehouse"]; id != nil {
		if warehouse = a.find(warehouses, text0(id)); warehouse == nil {
			return refuse("Warehouse: not found")
		}
	}
	if number := v["OrderNumber"]; number != nil {
		for _, r := range a.table(purchaseOrders).rows {
			if r.get(purchaseOrders, "OrderNumber") == number {
				return refuse("Order number: already exists")
			}
		}
	} else {
		v["OrderNumber"] = a.next("purchase order", 4711)
	}
	today := a.site.today()
	for name, value := range (values{
		"OrderDate": today, "ReceiptDate": today + date(supplier.number(accounts, "PurchaseLeadDays"))*dayMS, "Currency": "EUR",
		"ExchangeRate": 1.0, "DropShipment": false,
	}) {
		if v[name] == nil {
			v[name] = value
		}
	}
	for name, value := range (values{
		"Source": int64(11), "OrderStatus": int64(10), "ReceiptStatus": int64(10), "InvoiceStatus": int64(10), "VATAmount": 0.0,
		"SupplierCode": supplier.get(accounts, "Code"), "SupplierName": supplier.get(accounts, "Name"), "PurchaseAgent": supplier.get(accounts, "AccountManager"),
		"Warehouse": warehouse.get(warehouses, "ID"), "WarehouseCode": warehouse.get(warehouses, "Code"), "WarehouseDescription": warehouse.get(warehouses, "Description"),
		"PurchaseOrderLineCount": int64(len(lines)),
	}) {
		v[name] = value
	}
	total := 0.0
	for i, line := range lines {
		line["LineNumber"] = int64(i + 1)
		if bad := a.completeLine(text0(v["Supplier"]), line, v["ReceiptDate"]); bad != nil {
			return bad
		}
		amount, _ := line["AmountDC"].(float64)
		total += amount
	}
	v["AmountDC"], v["AmountFC"] = cents(total), cents(total)
	return nil
}

// completeLine computes a purchase order line: prices are those of one
// purchase unit, which holds PurchaseUnitFactor pieces.
func (a *administration) completeLine(supplier string, v values, receipt any) *answer {
	if bad := a.completeItemName(v); bad != nil {
		return bad
	}
	offer := a.offer(supplier, text0(v["Item"]))
	factor, price, code := 1.0, 0.0, any(nil)
	if offer != nil {
		factor, price, code = max(offer.number(supplierItems, "PurchaseUnitFactor"), 1), offer.number(supplierItems, "PurchasePrice"), offer.get(supplierItems, "SupplierItemCode")
	}
	units, ok := v["QuantityInPurchaseUnits"].(float64)
	if quantity, given := v["Quantity"].(float64); given && !ok {
		units, ok = quantity/factor, true
	}
	switch {
	case !ok || units <= 0:
		return refuse("Quantity: must be larger than 0")
	case units*factor != math.Trunc(units*factor):
		return refuse("Quantity: fractions are not allowed for item %s", v["ItemCode"])
	}
	if own, given := v["UnitPrice"].(float64); given {
		price = own
	}
	for name, value := range (values{"ReceivedQuantity": 0.0, "InvoicedQuantity": 0.0, "ReceiptDate": receipt, "Unit": "pc", "SupplierItemCode": code, "Discount": 0.0}) {
		if v[name] == nil {
			v[name] = value
		}
	}
	v["QuantityInPurchaseUnits"], v["Quantity"] = units, units*factor
	v["UnitPrice"], v["NetPrice"], v["AmountDC"], v["AmountFC"] = price, price, cents(price*units), cents(price*units)
	return nil
}

// amend checks and completes the properties of a PUT.
func (a *administration) amend(e *entity, r *row, v values) *answer {
	for _, name := range e.key {
		if v[name] != nil {
			return refuse("%s: cannot be changed", name)
		}
	}
	switch e {
	case purchaseOrders:
		if v["Supplier"] != nil && v["Supplier"] != r.get(e, "Supplier") {
			return refuse("Supplier: cannot be changed")
		}
	case purchaseOrderLines:
		if v["Item"] != nil || v["PurchaseOrderID"] != nil {
			return refuse("Item: cannot be changed")
		}
		line := values{"Item": r.get(e, "Item"), "UnitPrice": r.get(e, "UnitPrice"), "ReceivedQuantity": r.get(e, "ReceivedQuantity"), "InvoicedQuantity": r.get(e, "InvoicedQuantity")}
		if v["Quantity"] == nil && v["QuantityInPurchaseUnits"] == nil {
			line["QuantityInPurchaseUnits"] = r.get(e, "QuantityInPurchaseUnits")
		}
		for name, value := range v {
			line[name] = value
		}
		if bad := a.completeLine(r.parent.text(purchaseOrders, "Supplier"), line, r.get(e, "ReceiptDate")); bad != nil {
			return bad
		}
		for name, value := range line {
			v[name] = value
		}
	}
	return nil
}

// mayRemove refuses to delete what other rows need.
func (a *administration) mayRemove(e *entity, r *row) *answer {
	lines := []*row{r}
	switch e {
	case purchaseOrders:
		lines = r.children["PurchaseOrderLines"]
	case purchaseOrderLines:
	default:
		return nil
	}
	for _, line := range lines {
		if line.number(purchaseOrderLines, "ReceivedQuantity") > 0 {
			return refuse("The order cannot be deleted: goods were received")
		}
	}
	return nil
}

// sum writes the total of a purchase order's lines into its header.
func (a *administration) sum(order *row) {
	total := 0.0
	lines := order.children["PurchaseOrderLines"]
	for _, line := range lines {
		total += line.number(purchaseOrderLines, "AmountDC")
	}
	a.change(purchaseOrders, order, values{"AmountDC": cents(total), "AmountFC": cents(total), "PurchaseOrderLineCount": int64(len(lines))})
}

// offer is the supplier item of a pair; nil when there is none.
func (a *administration) offer(supplier, item string) *row {
	for _, r := range a.byItem[supplierItems][item] {
		if r.text(supplierItems, "Supplier") == supplier {
			return r
		}
	}
	return nil
}

func (a *administration) mainWarehouse() *row {
	for _, r := range a.table(warehouses).byKey() {
		if r.get(warehouses, "Main") == int64(1) {
			return r
		}
	}
	return nil
}

// cents rounds an amount.
func cents(x float64) float64 { return math.Round(x*100) / 100 }
