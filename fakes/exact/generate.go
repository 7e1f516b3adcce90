package exact

// generate fills a new administration from the seed: everything that another
// thing names comes before it.
func (a *administration) generate(n int) {
	cfg := a.site.cfg
	size := func(whole int) int {
		if n > 0 {
			return (whole + 9) / 10
		}
		return whole
	}
	for i := range cfg.Divisions { // one login sees them all
		a.insert(administrations, values{"Code": int64(cfg.FirstDivision + i), "Country": "NL", "Currency": "EUR", "CustomerName": "Example Outdoor BV", "Description": "Example Outdoor " + string(rune('A'+i%26)), "HID": int64(i + 1), "Main": i == 0, "Status": int64(0)})
	}
	g := &generator{administration: a, today: a.site.today()}
	g.epoch = g.today - 400*dayMS
	g.warehouses(cfg.Warehouses)
	g.suppliers(size(cfg.Suppliers))
	g.customers(size(cfg.Customers))
	g.items(size(cfg.Items))
	for i := range g.item {
		g.prices(i)
		g.stock(i)
		g.offers(i)
	}
	g.compositions()
	if len(g.item) > 0 && len(g.customer) > 0 {
		for i := range size(cfg.SalesOrders) {
			g.salesOrder(i)
		}
		for i := range size(cfg.PurchaseOrders) {
			g.purchaseOrder(i)
		}
		g.production()
	}
}

// generator holds what the start has so far.
type generator struct {
	*administration
	today, epoch date
	house        []*row
	supplier     []*row
	customer     []*row
	item         []*row
	list         *row // period of the price list WEB
}

// when is a moment of the past year for the n-th thing: three share a second,
// so that a boundary between two reads falls inside a second.
func (g *generator) when(n int) date { return g.epoch + date(n/3)*1000 }

// past is a day in the last n days.
func (g *generator) past(h uint64, n int) date { return g.today - date(h%uint64(n)+1)*dayMS }

func (g *generator) pick(of []*row, h uint64) *row { return of[h%uint64(len(of))] }

func (g *generator) warehouses(n int) {
	names := [...]string{"Main warehouse", "Shop", "Returns", "Transit", "Outlet", "Overflow", "Fair", "Repair", "Partner"}
	for i := range n {
		main := int64(0)
		if i == 0 {
			main = 1
		}
		g.house = append(g.house, g.insert(warehouses, values{
			"ID": guidOf(g.seed, saltWarehouse, uint64(i)), "Code": string(rune('1' + i)), "Description": names[i], "Main": main, "UseStorageLocations": int64(i % 2), "Modified": g.epoch,
		}))
	}
}

func (g *generator) suppliers(n int) {
	for i := range n {
		h := mix(g.seed, saltSupplier+uint64(i))
		v := values{
			"ID": guidOf(g.seed, saltSupplier, uint64(i)), "Code": padded(20000 + i), "Name": adjectives[h%uint64(len(adjectives))] + " " + firms[h>>8%uint64(len(firms))] + " BV",
			"Email": "orders" + string(rune('a'+i%26)) + "@supplier.example", "IsSupplier": true, "IsSales": false, "PurchaseLeadDays": int64(h >> 16 % 15), "Status": nil, "Type": "A",
			"Country": "NL", "City": "Utrecht", "PurchaseCurrency": "EUR", "StartDate": g.epoch / dayMS * dayMS, "Blocked": false, "AccountManager": guidOf(g.seed, saltUser, 2),
			"Created": g.when(i), "Modified": g.when(i),
		}
		switch {
		case i%13 == 12: // ended
			v["EndDate"] = g.today - 30*dayMS
		case i%7 == 6:
			v["Email"] = "not an address"
		case i%5 == 4:
			v["Email"] = nil
		}
		g.supplier = append(g.supplier, g.insert(accounts, v))
	}
}

func (g *generator) customers(n int) {
	for i := range n {
		h := mix(g.seed, saltCustomer+uint64(i))
		g.customer = append(g.customer, g.insert(accounts, values{
			"ID": guidOf(g.seed, saltCustomer, uint64(i)), "Code": padded(10000 + i), "Name": "Customer " + string(rune('A'+h%26)) + code("", i)[1:], "Email": "customer@example.test",
			"IsSupplier": false, "IsSales": true, "Status": "C", "Type": "A", "Country": "NL", "StartDate": g.epoch / dayMS * dayMS, "Blocked": false, "Created": g.when(i), "Modified": g.when(i),
		}))
	}
}

// items makes the items: every twentieth is made from parts, some have ended,
// are bought for one order only, or are services.
func (g *generator) items(n int) {
	groups := [...]string{"CAMP", "CLOTH", "KITCHEN", "SHIP"}
	for i := range n {
		h := mix(g.seed, saltItem+uint64(i))
		group := groups[h>>4%3]
		v := values{
			"ID": guidOf(g.seed, saltItem, uint64(i)), "Code": code("ITM", i+1), "Description": nameOf(h, i+1), "Barcode": ean(g.seed%1000*1_000_000 + uint64(i)),
			"CostPriceStandard": cents(1 + float64(h>>12%20000)/100), "AverageCost": cents(1 + float64(h>>12%19000)/100), "CostPriceCurrency": "EUR",
			"IsSalesItem": true, "IsPurchaseItem": true, "IsStockItem": true, "IsMakeItem": int64(0), "IsOnDemandItem": int64(0), "IsBatchItem": int64(0), "IsFractionAllowedItem": false,
			"IsWebshopItem": int64(1), "IsTaxableItem": int64(1), "IsSerialItem": false, "IsPackageItem": false, "SecurityLevel": int64(10),
			"ItemGroup": guidOf(g.seed, saltUser, 100+h>>4%3), "ItemGroupCode": group, "ItemGroupDescription": group, "Class_01": string(rune('A' + h>>20%3)), "Class_02": "STD",
			"SearchCode": upper(nameOf(h, i+1)), "Unit": "pc", "UnitDescription": "Piece", "UnitType": "O", "NetWeight": float64(50 + h>>24%5000), "NetWeightUnit": "g", "SalesVatCode": "4",
			"StandardSalesPrice": cents(2 + float64(h>>12%30000)/100), "StartDate": g.epoch / dayMS * dayMS, "Created": g.when(i), "Modified": g.when(i),
		}
		switch {
		case i%20 == 19:
			v["IsMakeItem"] = int64(1)
		case i%41 == 40:
			v["EndDate"] = g.today - 10*dayMS
		case i%47 == 46:
			v["EndDate"] = g.today + 30*dayMS
		case i%53 == 52:
			v["IsOnDemandItem"] = int64(1)
		case i%31 == 30:
			v["IsPurchaseItem"] = false
		case i%37 == 36: // shipping costs and the like
			v["IsStockItem"], v["ItemGroupCode"], v["Barcode"] = false, groups[3], nil
		case i%17 == 16:
			v["Barcode"] = nil
		}
		g.item = append(g.item, g.insert(items, v))
	}
}
