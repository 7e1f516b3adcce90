package exact

import "fmt"

// States of sales orders: open, partly, complete, cancelled.
const (
	salesOpen      = 12
	salesPartly    = 20
	salesComplete  = 21
	salesCancelled = 45
)

// States of purchase orders: open, partly, complete, cancelled.
const (
	buyOpen      = 10
	buyPartly    = 20
	buyComplete  = 30
	buyCancelled = 40
)

func (g *generator) salesOrder(i int) {
	h := mix(g.seed, saltOrder+uint64(i))
	status := int64([...]int{salesOpen, salesPartly, salesComplete, salesComplete, salesComplete, salesComplete, salesCancelled, salesOpen}[h%8])
	day := g.past(h>>8, 300)
	customer := g.pick(g.customer, h>>4)
	lines := g.salesLines(i, h)
	g.placeSale(saleOf{
		id: guidOf(g.seed, saltOrder, uint64(i)), customer: customer, day: day, at: day + date(h>>20%80000)*1000, status: status, house: g.house[h>>12%8/7%uint64(len(g.house))], lines: lines,
		lineID: func(n int) string { return guidOf(g.seed, saltOrder, 1<<36+uint64(i*8+n)) },
	})
}

// saleOf is a sales order before it is one.
type saleOf struct {
	id       string
	customer *row
	day, at  date
	status   int64
	house    *row
	lines    []saleLine
	lineID   func(n int) string
}

type saleLine struct {
	item     *row
	quantity float64
	price    float64
	drop     bool
	center   any
}

// salesLines draws one to three lines; now and then an item stands on two.
func (g *generator) salesLines(i int, h uint64) []saleLine {
	var lines []saleLine
	for n := range int(1 + h>>24%3) {
		k := mix(g.seed, saltOrder+1<<38+uint64(i*8+n))
		line := saleLine{item: g.pick(g.item, k), quantity: float64(1 + k>>8%5), price: cents(2 + float64(k>>16%9000)/100), drop: k>>40%16 == 0}
		if n == 1 && i%9 == 8 {
			line.item = lines[0].item
		}
		if k>>44%12 == 0 {
			line.center = "INTERNAL"
		}
		lines = append(lines, line)
	}
	return lines
}

// placeSale makes a sales order with its lines; what is complete has been
// delivered and invoiced.
func (a *administration) placeSale(s saleOf) *row {
	number := a.next("sales order", 20260001)
	total := 0.0
	for _, line := range s.lines {
		total += cents(line.price * line.quantity)
	}
	delivered := int64(salesOpen)
	if s.status != salesCancelled {
		delivered = s.status
	}
	order := a.insert(salesOrders, values{
		"OrderID": s.id, "OrderNumber": number, "OrderDate": s.day, "OrderedBy": s.customer.get(accounts, "ID"), "OrderedByName": s.customer.get(accounts, "Name"), "DeliverTo": s.customer.get(accounts, "ID"),
		"Status": s.status, "DeliveryStatus": delivered, "InvoiceStatus": delivered, "ApprovalStatus": int64(1), "AmountDC": cents(total * 1.21), "AmountFC": cents(total * 1.21), "AmountFCExclVat": cents(total), "Currency": "EUR",
		"WarehouseID": s.house.get(warehouses, "ID"), "WarehouseCode": s.house.get(warehouses, "Code"), "WarehouseDescription": s.house.get(warehouses, "Description"), "YourRef": fmt.Sprintf("WEB%d", number), "Created": s.at, "Modified": s.at,
	})
	var lines []*row
	for n, line := range s.lines {
		amount, done := cents(line.price*line.quantity), 0.0
		if s.status == salesComplete {
			done = line.quantity
		}
		drop := int64(0)
		if line.drop {
			drop = 1
		}
		lines = append(lines, a.insert(salesOrderLines, ref(line.item, values{
			"ID": s.lineID(n), "OrderID": s.id, "OrderNumber": number, "LineNumber": int64(n + 1), "Quantity": line.quantity, "QuantityDelivered": done, "QuantityInvoiced": done, "UnitPrice": line.price, "NetPrice": line.price,
			"AmountDC": amount, "AmountFC": amount, "Discount": 0.0, "UseDropShipment": drop, "CostCenter": line.center, "Status": s.status, "DeliveryStatus": delivered, "UnitCode": "pc", "VATCode": "4", "VATPercentage": 0.21,
			"VATAmount": cents(amount * 0.21), "Created": s.at, "Modified": s.at,
		})))
	}
	if s.status == salesComplete {
		a.ship(order, lines, s.at+dayMS/2)
		a.invoice(order, lines, s.at+dayMS/2)
	}
	return order
}

// ship makes the goods delivery of a whole sales order.
func (a *administration) ship(order *row, lines []*row, at date) {
	number := a.next("delivery", 30001)
	shipment := a.insert(goodsDeliveries, values{
		"EntryID": a.newKey(), "DeliveryDate": at / dayMS * dayMS, "DeliveryNumber": number, "EntryNumber": number, "TrackingNumber": fmt.Sprintf("3STEST%09d", number), "ShippingMethodCode": "POST", "ShippingMethodDescription": "Parcel post",
		"Warehouse": order.get(salesOrders, "WarehouseID"), "WarehouseCode": order.get(salesOrders, "WarehouseCode"), "Created": at, "Modified": at,
	})
	for n, line := range lines {
		a.insert(goodsDeliveryLines, values{
			"ID": a.newKey(), "EntryID": shipment.get(goodsDeliveries, "EntryID"), "DeliveryDate": at / dayMS * dayMS, "Item": line.get(salesOrderLines, "Item"), "ItemCode": line.get(salesOrderLines, "ItemCode"), "LineNumber": int64(n + 1),
			"QuantityDelivered": line.get(salesOrderLines, "Quantity"), "QuantityOrdered": line.get(salesOrderLines, "Quantity"), "SalesOrderLineID": line.get(salesOrderLines, "ID"), "SalesOrderLineNumber": line.get(salesOrderLines, "LineNumber"),
			"SalesOrderNumber": order.get(salesOrders, "OrderNumber"), "TrackingNumber": shipment.get(goodsDeliveries, "TrackingNumber"), "Unitcode": "pc", "Created": at, "Modified": at,
		})
	}
}

// invoice makes the invoice of a whole sales order: most are processed, some
// a draft, and now and then a credit note takes all of it back.
func (a *administration) invoice(order *row, lines []*row, at date) {
	number := a.next("invoice", 60001)
	kinds := []int64{8020}
	if number%11 == 10 {
		kinds = append(kinds, 8021)
	}
	for _, kind := range kinds {
		sign, status := 1.0, int64(50)
		if kind == 8021 {
			sign = -1
		}
		if number%6 == 5 {
			status = 20
		}
		var ordered any
		if number%3 > 0 {
			ordered = order.get(salesOrders, "OrderDate")
		}
		net := sign * order.number(salesOrders, "AmountFCExclVat")
		invoice := a.insert(salesInvoices, values{
			"InvoiceID": a.newKey(), "InvoiceNumber": number, "OrderNumber": number, "InvoiceDate": at / dayMS * dayMS, "OrderDate": ordered, "OrderedBy": order.get(salesOrders, "OrderedBy"), "OrderedByName": order.get(salesOrders, "OrderedByName"),
			"InvoiceTo": order.get(salesOrders, "OrderedBy"), "Status": status, "Type": kind, "AmountDC": cents(net * 1.21), "AmountFC": cents(net * 1.21), "AmountFCExclVat": cents(net), "VATAmountDC": cents(net * 0.21), "Currency": "EUR", "Journal": "70",
			"Warehouse": order.get(salesOrders, "WarehouseID"), "Created": at, "Modified": at,
		})
		for n, line := range lines {
			amount := sign * line.number(salesOrderLines, "AmountDC")
			a.insert(salesInvoiceLines, values{
				"ID": a.newKey(), "InvoiceID": invoice.get(salesInvoices, "InvoiceID"), "LineNumber": int64(n + 1), "Item": line.get(salesOrderLines, "Item"), "ItemCode": line.get(salesOrderLines, "ItemCode"),
				"ItemDescription": line.get(salesOrderLines, "ItemDescription"), "Quantity": sign * line.number(salesOrderLines, "Quantity"), "AmountDC": amount, "AmountFC": amount, "NetPrice": line.get(salesOrderLines, "NetPrice"),
				"UnitPrice": line.get(salesOrderLines, "UnitPrice"), "SalesOrder": order.get(salesOrders, "OrderID"), "SalesOrderLine": line.get(salesOrderLines, "ID"), "SalesOrderLineNumber": line.get(salesOrderLines, "LineNumber"),
				"SalesOrderNumber": order.get(salesOrders, "OrderNumber"), "CostCenter": line.get(salesOrderLines, "CostCenter"), "UnitCode": "pc", "VATCode": "4", "VATPercentage": 0.21, "VATAmountDC": cents(amount * 0.21),
			})
		}
	}
}
