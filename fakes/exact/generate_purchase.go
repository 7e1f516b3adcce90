package exact

import "fmt"

// purchaseOrder makes a purchase order of one supplier; a part of them has
// been received, and some were returned in part.
func (g *generator) purchaseOrder(i int) {
	h := mix(g.seed, saltPurchase+uint64(i))
	day := g.past(h, 200)
	var lines []values
	supplier := ""
	used := map[string]bool{}
	for n := range 24 { // look for items of one supplier
		item := g.pick(g.item, h>>8+uint64(n*7))
		offers := g.byItem[supplierItems][item.text(items, "ID")]
		if len(offers) == 0 || supplier != "" && offers[0].text(supplierItems, "Supplier") != supplier || used[item.text(items, "ID")] {
			continue
		}
		supplier = offers[0].text(supplierItems, "Supplier")
		used[item.text(items, "ID")] = true
		lines = append(lines, values{"ID": guidOf(g.seed, saltPurchase, 1<<36+uint64(i*8+len(lines))), "Item": item.get(items, "ID"), "QuantityInPurchaseUnits": float64(2 + h>>16%6*2)})
		if len(lines) == int(1+h>>20%4) {
			break
		}
	}
	if len(lines) == 0 {
		return
	}
	v := values{
		"PurchaseOrderID": guidOf(g.seed, saltPurchase, uint64(i)), "Supplier": supplier, "OrderDate": day, "ReceiptDate": day + 10*dayMS, "YourRef": fmt.Sprintf("MANUAL%d", i+1),
		"DropShipment": i%12 == 11, "Created": day, "Modified": day,
	}
	if g.completeOrder(v, lines) != nil {
		return
	}
	v["Source"] = int64(1)
	order := g.insert(purchaseOrders, v)
	var rows []*row
	for _, line := range lines {
		line["PurchaseOrderID"], line["Created"], line["Modified"] = v["PurchaseOrderID"], day, day
		rows = append(rows, g.insert(purchaseOrderLines, line))
	}
	switch h >> 28 % 5 {
	case 0: // open
	case 1:
		g.receive(order, rows[:1], 0.5, day+8*dayMS)
	case 2:
		g.change(purchaseOrders, order, values{"OrderStatus": int64(buyCancelled), "ReceiptStatus": int64(buyCancelled)})
	default:
		receipt := g.receive(order, rows, 1, day+9*dayMS)
		if h>>32%3 == 0 {
			g.giveBack(order, rows[0], receipt, day+12*dayMS)
		}
	}
}

// receive books the arrival of a share of lines' purchase units, at least one,
// and puts the pieces on stock. Every third line was split over two storage
// locations, so that its receipt line has two rows with one ID.
func (a *administration) receive(order *row, lines []*row, share float64, at date) *row {
	number := a.next("receipt", 40001)
	receipt := a.insert(goodsReceipts, values{
		"ID": a.newKey(), "ReceiptNumber": number, "EntryNumber": number, "ReceiptDate": at / dayMS * dayMS, "Supplier": order.get(purchaseOrders, "Supplier"), "SupplierCode": order.get(purchaseOrders, "SupplierCode"),
		"SupplierName": order.get(purchaseOrders, "SupplierName"), "Warehouse": order.get(purchaseOrders, "Warehouse"), "WarehouseCode": order.get(purchaseOrders, "WarehouseCode"), "GoodsReceiptLineCount": int64(len(lines)), "Created": at, "Modified": at,
	})
	for n, line := range lines {
		ordered, had := line.number(purchaseOrderLines, "QuantityInPurchaseUnits"), line.number(purchaseOrderLines, "ReceivedQuantity")
		factor := line.number(purchaseOrderLines, "Quantity") / ordered
		units := max(float64(int(ordered*share)), 1)
		units = min(units, ordered-had)
		if units <= 0 {
			continue
		}
		parts := []float64{units}
		if (number+int64(n))%3 == 0 && units >= 2 {
			parts = []float64{units - 1, 1}
		}
		id := a.newKey()
		for k, part := range parts {
			a.insert(goodsReceiptLines, values{
				"ID": id, "GoodsReceiptID": receipt.get(goodsReceipts, "ID"), "Item": line.get(purchaseOrderLines, "Item"), "ItemCode": line.get(purchaseOrderLines, "ItemCode"), "ItemDescription": line.get(purchaseOrderLines, "ItemDescription"),
				"LineNumber": int64(n + 1), "Location": guidOf(a.seed, saltWarehouse, 1000+uint64(k)), "LocationCode": string(rune('A' + k)), "PurchaseOrderID": order.get(purchaseOrders, "PurchaseOrderID"),
				"PurchaseOrderLineID": line.get(purchaseOrderLines, "ID"), "PurchaseOrderNumber": order.get(purchaseOrders, "OrderNumber"), "QuantityOrdered": ordered, "QuantityReceived": part, "Created": at, "Modified": at,
			})
		}
		a.change(purchaseOrderLines, line, values{"ReceivedQuantity": had + units})
		a.move(line.text(purchaseOrderLines, "Item"), order.text(purchaseOrders, "Warehouse"), units*factor)
	}
	status, all := int64(buyComplete), order.children["PurchaseOrderLines"]
	for _, line := range all {
		if line.number(purchaseOrderLines, "ReceivedQuantity") < line.number(purchaseOrderLines, "QuantityInPurchaseUnits") {
			status = buyPartly
		}
	}
	a.change(purchaseOrders, order, values{"OrderStatus": status, "ReceiptStatus": status})
	return receipt
}

// giveBack returns one purchase unit of a received line to the supplier.
func (a *administration) giveBack(order, line, receipt *row, at date) {
	number := a.next("return", 50001)
	back := a.insert(purchaseReturns, values{
		"ID": a.newKey(), "ReturnNumber": number, "ReturnDate": at / dayMS * dayMS, "Status": int64(50), "Supplier": order.get(purchaseOrders, "Supplier"), "Warehouse": order.get(purchaseOrders, "Warehouse"),
		"WarehouseCode": order.get(purchaseOrders, "WarehouseCode"), "Created": at, "Modified": at,
	})
	a.insert(purchaseReturnLines, values{
		"ID": a.newKey(), "EntryID": back.get(purchaseReturns, "ID"), "Item": line.get(purchaseOrderLines, "Item"), "ItemCode": line.get(purchaseOrderLines, "ItemCode"), "LineNumber": int64(1), "PurchaseOrderLineID": line.get(purchaseOrderLines, "ID"),
		"PurchaseOrderNumber": order.get(purchaseOrders, "OrderNumber"), "ReceiptNumber": receipt.get(goodsReceipts, "ReceiptNumber"), "ReceivedQuantity": line.get(purchaseOrderLines, "ReceivedQuantity"), "ReturnQuantity": 1.0, "Created": at, "Modified": at,
	})
	factor := line.number(purchaseOrderLines, "Quantity") / line.number(purchaseOrderLines, "QuantityInPurchaseUnits")
	a.move(line.text(purchaseOrderLines, "Item"), order.text(purchaseOrders, "Warehouse"), -factor)
}

// move changes the stock of an item in a warehouse, in both of its rows.
func (a *administration) move(item, house string, pieces float64) {
	for _, e := range []*entity{stockPositions, itemWarehouses} {
		for _, r := range a.byItem[e][item] {
			if r.text(e, "Warehouse") == house {
				a.change(e, r, values{"CurrentStock": r.number(e, "CurrentStock") + pieces, "ProjectedStock": r.number(e, "ProjectedStock") + pieces, "FreeStock": r.number(e, "FreeStock") + pieces})
			}
		}
	}
}

// production makes a few assembly orders, which have no Modified, and shop
// orders.
func (g *generator) production() {
	n := 0
	for _, item := range g.item {
		if item.get(items, "IsMakeItem") != int64(1) || n == 10 {
			continue
		}
		n++
		day := g.today - date(n*15)*dayMS
		v := ref(item, values{
			"ID": guidOf(g.seed, saltReceipt, uint64(n)), "OrderNumber": int64(80000 + n), "OrderDate": day, "AssemblyDate": day + 2*dayMS, "PlannedQuantity": 10.0, "FinishedQuantity": 0.0, "OrderStatus": int64(20), "Type": int64(8060),
			"Warehouse": g.house[0].get(warehouses, "ID"), "WarehouseCode": g.house[0].get(warehouses, "Code"),
		})
		if n%2 == 0 {
			v["FinishedQuantity"], v["OrderStatus"], v["FinishedAssemblyDate"] = 10.0, int64(50), day+3*dayMS
		}
		g.insert(assemblyOrders, v)
		w := ref(item, values{
			"ID": guidOf(g.seed, saltReceipt, 1000+uint64(n)), "ShopOrderNumber": g.next("shop order", 7001), "EntryDate": day, "PlannedDate": day + 5*dayMS, "PlannedStartDate": day, "PlannedQuantity": 20.0,
			"ProducedQuantity": float64(n % 3 * 10), "Status": [...]int64{10, 20, 30}[n%3], "IsReleased": int64(1), "IsOnHold": int64(0), "Unit": "pc", "Warehouse": g.house[0].get(warehouses, "ID"),
			"WarehouseCode": g.house[0].get(warehouses, "Code"), "Created": day, "Modified": day,
		})
		g.insert(shopOrders, w)
	}
}
