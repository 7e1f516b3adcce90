package exact

// ref names an item in another row.
func ref(item *row, more values) values {
	v := values{"Item": item.get(items, "ID"), "ItemCode": item.get(items, "Code"), "ItemDescription": item.get(items, "Description")}
	for name, value := range more {
		v[name] = value
	}
	return v
}

// prices gives an item its sales prices: one for everybody, and others that
// are for one customer, for many pieces, for a box, of the past or to come.
func (g *generator) prices(i int) {
	h := mix(g.seed, saltPrice+uint64(i))
	item := g.item[i]
	price := cents(2 + float64(h%30000)/100)
	key := uint64(i) * 8
	add := func(n uint64, more values) {
		v := ref(item, values{
			"ID": guidOf(g.seed, saltPrice, key+n), "Currency": "EUR", "DefaultItemUnit": "pc", "Unit": "pc", "NumberOfItemsPerUnit": 1.0, "Price": price, "Quantity": 1.0,
			"StartDate": g.epoch / dayMS * dayMS, "Created": g.when(i), "Modified": g.when(i),
		})
		for name, value := range more {
			v[name] = value
		}
		g.insert(salesItemPrices, v)
	}
	if i%29 == 28 { // a box is the only unit with a price
		add(0, values{"Unit": "box", "NumberOfItemsPerUnit": 6.0, "Price": cents(price * 6)})
	} else if i%23 != 22 {
		add(0, nil)
	}
	if i%6 == 5 {
		add(1, values{"Account": g.pick(g.customer, h>>8).get(accounts, "ID"), "Price": cents(price * 0.8)})
	}
	if i%4 == 3 {
		add(2, values{"Quantity": 10.0, "Price": cents(price * 0.9)})
	}
	if i%5 == 4 {
		add(3, values{"Price": cents(price * 0.7), "EndDate": g.today - 5*dayMS})
		add(4, values{"Price": cents(price * 1.1), "StartDate": g.today + 20*dayMS})
	}
	if i%2 == 0 {
		g.onList(i, cents(price*0.95))
	}
}

// onList puts an item on the price list WEB, once for now and once for a
// period that has ended.
func (g *generator) onList(i int, price float64) {
	if g.list == nil {
		g.list = g.insert(priceListPeriods, values{"ID": guidOf(g.seed, saltPrice, 1<<36), "Currency": "EUR", "PriceList": guidOf(g.seed, saltPrice, 1<<36+1), "StartDate": g.today - 60*dayMS, "Type": int64(1), "Modified": g.epoch})
		g.insert(priceListPeriods, values{"ID": guidOf(g.seed, saltPrice, 1<<36+2), "Currency": "EUR", "PriceList": guidOf(g.seed, saltPrice, 1<<36+1), "StartDate": g.today - 200*dayMS, "EndDate": g.today - 61*dayMS, "Type": int64(1), "Modified": g.epoch})
	}
	for n, period := range []string{g.list.text(priceListPeriods, "ID"), guidOf(g.seed, saltPrice, 1<<36+2)} {
		g.insert(priceListDiscounts, ref(g.item[i], values{
			"ID": guidOf(g.seed, saltPrice, 1<<35+uint64(i)*2+uint64(n)), "EntryMethod": int64(2), "NewPrice": cents(price * (1 - float64(n)/2)), "NumberOfItemsPerUnit": 1.0,
			"PriceListCode": "WEB", "PriceListDescription": "Web shop", "PriceListPeriod": period, "Quantity": 1.0, "Unit": "pc", "Created": g.when(i), "Modified": g.when(i),
		}))
	}
}

// stock puts a stock item into the main warehouse, and some into others.
func (g *generator) stock(i int) {
	item := g.item[i]
	if item.get(items, "IsStockItem") != true {
		return
	}
	for k, house := range g.house {
		h := mix(g.seed, saltStock+uint64(i*16+k))
		if k > 0 && h%3 == 0 {
			continue
		}
		current, in, out := float64(h>>4%200), float64(h>>12%4*10), float64(h>>16%12)
		if i%43 == 42 {
			current = 0
		}
		g.positionIn(item, house, uint64(i*16+k), current, in, out)
	}
}

// positionIn makes the two rows that tell the stock of an item in a warehouse.
func (g *generator) positionIn(item, house *row, key uint64, current, in, out float64) {
	at := values{"Warehouse": house.get(warehouses, "ID"), "WarehouseCode": house.get(warehouses, "Code"), "WarehouseDescription": house.get(warehouses, "Description")}
	position := values{
		"ID": guidOf(g.seed, saltStock, key*2), "ItemId": item.get(items, "ID"), "ItemCode": item.get(items, "Code"), "ItemDescription": item.get(items, "Description"),
		"CurrentStock": current, "PlanningIn": in, "PlanningOut": out, "ProjectedStock": current + in - out, "FreeStock": current - out, "ReservedStock": out, "ReorderPoint": 5.0, "UnitCode": "pc", "UnitDescription": "Piece",
	}
	inHouse := ref(item, values{
		"ID": guidOf(g.seed, saltStock, key*2+1), "CurrentStock": current, "PlannedStockIn": in, "PlannedStockOut": out, "ProjectedStock": current + in - out, "ReservedStock": out,
		"SafetyStock": 2.0, "ReorderPoint": 5.0, "MaximumStock": 500.0, "ItemUnit": "pc", "Modified": g.epoch,
	})
	for name, value := range at {
		position[name], inHouse[name] = value, value
	}
	g.insert(stockPositions, position)
	g.insert(itemWarehouses, inHouse)
}

// offers says who sells an item to us. One in five has two suppliers, of which
// both, one or none is the main one.
func (g *generator) offers(i int) {
	item := g.item[i]
	if item.get(items, "IsPurchaseItem") != true || len(g.supplier) == 0 {
		return
	}
	count := 1
	if i%5 == 4 && len(g.supplier) > 1 {
		count = 2
	}
	for k := range count {
		h := mix(g.seed, saltOffer+uint64(i*2+k))
		supplier := g.supplier[(i+k)%len(g.supplier)]
		factor := [...]float64{1, 1, 5, 12}[h%4]
		v := ref(item, values{
			"ID": guidOf(g.seed, saltOffer, uint64(i*2+k)), "Supplier": supplier.get(accounts, "ID"), "SupplierCode": supplier.get(accounts, "Code"), "SupplierDescription": supplier.get(accounts, "Name"),
			"SupplierItemCode": code("S", int(h>>8%90000)), "MainSupplier": k == 0 && i%15 != 14 || i%25 == 24, "Currency": "EUR", "PurchaseUnit": "box", "PurchaseUnitFactor": factor,
			"MinimumQuantity": float64(h >> 12 % 3 * 10), "PurchaseLotSize": int64(h >> 16 % 6), "PurchaseLeadTime": int64(h >> 20 % 15), "PurchasePrice": cents((1 + float64(h>>24%9000)/100) * factor),
			"StartDate": g.epoch / dayMS * dayMS, "DropShipment": int64(0), "Created": g.when(i), "Modified": g.when(i),
		})
		if factor == 1 {
			v["PurchaseUnit"] = "pc"
		}
		if i%33 == 32 && k == count-1 {
			v["EndDate"] = g.today - 20*dayMS
		}
		if g.site.lacks(moduleTrade) { // no purchase units without the trade module
			for _, name := range []string{"PurchaseUnit", "PurchaseUnitFactor", "MinimumQuantity", "PurchaseLotSize"} {
				v[name] = nil
			}
		}
		g.insert(supplierItems, v)
		if i%3 == 0 {
			g.purchasePrice(i, k, item, supplier, cents((1+float64(h>>24%9000)/100)*0.97))
		}
	}
}

// purchasePrice gives an offer rows of its own: one piece, and a hundred.
func (g *generator) purchasePrice(i, k int, item, supplier *row, price float64) {
	for n, quantity := range []float64{1, 100} {
		g.insert(purchaseItemPrices, ref(item, values{
			"ID": guidOf(g.seed, saltOffer, 1<<36+uint64(i*8+k*2+n)), "Account": supplier.get(accounts, "ID"), "AccountName": supplier.get(accounts, "Name"), "Currency": "EUR", "Unit": "pc", "DefaultItemUnit": "pc",
			"NumberOfItemsPerUnit": 1.0, "Price": cents(price * (1 - float64(n)/10)), "Quantity": quantity, "StartDate": g.epoch / dayMS * dayMS, "Created": g.when(i), "Modified": g.when(i),
		}))
	}
}

// compositions gives made items their parts in both flavours: an assembly, and
// a manufacturing recipe in an active and a historic version.
func (g *generator) compositions() {
	key := uint64(0)
	next := func() string { key++; return guidOf(g.seed, saltBOM, key) }
	for i, item := range g.item {
		if item.get(items, "IsMakeItem") != int64(1) {
			continue
		}
		batch := [...]float64{1, 10}[i/20%2]
		parts := []*row{g.item[i-1], g.item[i-2]}
		name := values{"Created": g.when(i), "Modified": g.when(i)}
		header := values{"ID": item.get(items, "ID"), "Code": item.get(items, "Code"), "Description": item.get(items, "Description"), "BatchQuantity": batch, "AssembledLeadDays": int64(1)}
		for n, v := range name {
			header[n] = v
		}
		g.insert(assemblyHeaders, header)
		for n, part := range parts {
			g.insert(assemblyMaterials, values{
				"ID": next(), "AssembledItem": item.get(items, "ID"), "AssembledItemCode": item.get(items, "Code"), "BatchQuantity": batch, "LineNumber": int64(n + 1), "PartItem": part.get(items, "ID"), "PartItemCode": part.get(items, "Code"),
				"PartItemDescription": part.get(items, "Description"), "Quantity": float64(n+1) * batch, "QuantityBatch": float64(n+1) * batch, "Created": g.when(i), "Modified": g.when(i),
			})
		}
		for version, status := range []int64{40, 30} {
			isDefault := int64(version)
			v := g.insert(bomVersions, values{
				"ID": next(), "Item": item.get(items, "ID"), "ItemDescription": item.get(items, "Description"), "BatchQuantity": batch, "IsDefault": isDefault, "Status": status, "Type": int64(20),
				"VersionNumber": int64(version + 1), "VersionDate": g.epoch / dayMS * dayMS, "Description": "Version " + string(rune('1'+version)), "Created": g.when(i), "Modified": g.when(i),
			})
			for n, part := range parts {
				g.insert(bomMaterials, values{
					"ID": next(), "ItemVersion": v.get(bomVersions, "ID"), "LineNumber": int64(n + 1), "PartItem": part.get(items, "ID"), "PartItemCode": part.get(items, "Code"), "PartItemDescription": part.get(items, "Description"),
					"Quantity": float64(n+2-version) * batch, "QuantityBatch": float64(n+2-version) * batch, "Type": int64(1), "syscreated": g.when(i), "sysmodified": g.when(i),
				})
			}
		}
	}
}
