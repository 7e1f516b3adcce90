package exact

import (
	"math"
	"slices"
	"strings"
)

// Truth is what a faithful reader knows of an administration: stock of the main
// warehouse, orders of every warehouse but no cancelled ones, assemblies,
// purchase prices and lots by the supplier item.
type Truth struct {
	Suppliers        []TruthSupplier        `json:"suppliers"`
	Products         []TruthProduct         `json:"products"`
	Compositions     []TruthComposition     `json:"product_compositions"`
	SupplierProducts []TruthSupplierProduct `json:"supplier_products"`
	SellOrders       []TruthSellOrder       `json:"sell_orders"`
	BuyOrders        []TruthBuyOrder        `json:"buy_orders"`
	Deliveries       []TruthDelivery        `json:"item_deliveries"`
}

// TruthSupplier is an account that is a supplier.
type TruthSupplier struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Ignored bool   `json:"ignored"` // it has ended
}

// TruthProduct is an item with its stock in the main warehouse and the price
// that everybody pays today for the least quantity, of one piece.
type TruthProduct struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	SKU       string   `json:"sku"`
	EAN       string   `json:"ean"`
	Article   string   `json:"article"`
	Price     *float64 `json:"price"`
	Stock     int64    `json:"stock"`
	Unlimited bool     `json:"unlimited"`
	Disabled  bool     `json:"disabled"`
	Assembled bool     `json:"assembled"`
}

// TruthComposition is one part of an assembled item.
type TruthComposition struct {
	ID       string `json:"id"`
	Item     string `json:"item"`
	Part     string `json:"part"`
	Quantity int64  `json:"quantity"`
}

// TruthSupplierProduct is a supplier item; Price is of one piece.
type TruthSupplierProduct struct {
	ID       string  `json:"id"`
	Item     string  `json:"item"`
	Supplier string  `json:"supplier"`
	Name     string  `json:"name"`
	SKU      string  `json:"sku"`
	Price    float64 `json:"price"`
	Lot      int64   `json:"lot"`
	Minimum  int64   `json:"minimum"` // 0: none
	Main     bool    `json:"main"`
	Disabled bool    `json:"disabled"`
}

// TruthSellOrder is a sales order, its lines summed up by item.
type TruthSellOrder struct {
	ID        string             `json:"id"`
	Number    int64              `json:"number"`
	Completed bool               `json:"completed"`
	Total     float64            `json:"total"`
	Lines     map[string]float64 `json:"lines"` // quantity by item
}

// TruthBuyOrder is a purchase order that is neither cancelled nor for drop
// shipment.
type TruthBuyOrder struct {
	ID        string             `json:"id"`
	Supplier  string             `json:"supplier"`
	Reference string             `json:"reference"`
	Completed bool               `json:"completed"`
	Total     float64            `json:"total"`
	Lines     map[string]float64 `json:"lines"` // pieces by line
}

// TruthDelivery is a row of a receipt, or of a return as a negative number.
type TruthDelivery struct {
	ID       string `json:"id"` // of a receipt with its location behind a colon
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"` // pieces
}

// Truth computes what is true of an administration now; an unknown one is
// empty.
func (s *Site) Truth(division int) Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.division(division)
	if a == nil {
		return Truth{}
	}
	t := Truth{SellOrders: a.truthSales(), BuyOrders: a.truthBuys(), Deliveries: a.truthDeliveries()}
	today := s.today()
	for _, r := range a.table(accounts).byKey() {
		if r.get(accounts, "IsSupplier") == true {
			t.Suppliers = append(t.Suppliers, TruthSupplier{r.text(accounts, "ID"), r.text(accounts, "Name"), ended(accounts, r, today)})
		}
	}
	for _, r := range a.table(items).byKey() {
		t.Products = append(t.Products, a.truthProduct(r, today))
	}
	for _, r := range a.table(assemblyMaterials).byKey() {
		t.Compositions = append(t.Compositions, TruthComposition{r.text(assemblyMaterials, "ID"), r.text(assemblyMaterials, "AssembledItem"), r.text(assemblyMaterials, "PartItem"), int64(r.number(assemblyMaterials, "Quantity"))})
	}
	for _, r := range a.table(supplierItems).byKey() {
		e := supplierItems
		factor := max(r.number(e, "PurchaseUnitFactor"), 1)
		t.SupplierProducts = append(t.SupplierProducts, TruthSupplierProduct{
			r.text(e, "ID"), r.text(e, "Item"), r.text(e, "Supplier"), r.text(e, "ItemDescription"), r.text(e, "SupplierItemCode"),
			r.number(e, "PurchasePrice") / factor, int64(factor), int64(r.number(e, "MinimumQuantity")), r.get(e, "MainSupplier") == true, ended(e, r, today),
		})
	}
	return t
}

func ended(e *entity, r *row, today date) bool {
	end, ok := r.get(e, "EndDate").(date)
	return ok && end < today
}

func (a *administration) truthProduct(r *row, today date) TruthProduct {
	p := TruthProduct{
		ID: r.text(items, "ID"), Name: r.text(items, "Description"), SKU: r.text(items, "Code"), EAN: r.text(items, "Barcode"), Article: r.text(items, "SearchCode"),
		Assembled: r.get(items, "IsMakeItem") == int64(1), Unlimited: r.get(items, "IsPurchaseItem") != true || r.get(items, "IsStockItem") != true,
		Disabled: ended(items, r, today) || r.get(items, "IsPurchaseItem") != true,
	}
	for _, s := range a.byItem[stockPositions][p.ID] {
		if s.get(stockPositions, "WarehouseCode") == "1" {
			p.Stock = int64(math.Floor(s.number(stockPositions, "CurrentStock") - s.number(stockPositions, "PlanningOut")))
		}
	}
	best := math.MaxFloat64
	for _, s := range a.byItem[salesItemPrices][p.ID] {
		start, _ := s.get(salesItemPrices, "StartDate").(date)
		quantity := s.number(salesItemPrices, "Quantity")
		if s.get(salesItemPrices, "Account") != nil || start > today || ended(salesItemPrices, s, today) || quantity >= best {
			continue
		}
		best = quantity
		price := s.number(salesItemPrices, "Price") / max(s.number(salesItemPrices, "NumberOfItemsPerUnit"), 1)
		p.Price = &price
	}
	return p
}

func (a *administration) truthSales() []TruthSellOrder {
	var out []TruthSellOrder
	for _, r := range a.table(salesOrders).byKey() {
		if r.get(salesOrders, "Status") == int64(salesCancelled) {
			continue
		}
		o := TruthSellOrder{ID: r.text(salesOrders, "OrderID"), Number: int64(r.number(salesOrders, "OrderNumber")), Completed: r.get(salesOrders, "Status") == int64(salesComplete), Lines: map[string]float64{}}
		for _, line := range r.children["SalesOrderLines"] {
			o.Lines[line.text(salesOrderLines, "Item")] += line.number(salesOrderLines, "Quantity")
			o.Total = cents(o.Total + line.number(salesOrderLines, "AmountDC"))
		}
		out = append(out, o)
	}
	return out
}

func (a *administration) truthBuys() []TruthBuyOrder {
	var out []TruthBuyOrder
	for _, r := range a.table(purchaseOrders).byKey() {
		if r.get(purchaseOrders, "DropShipment") == true || r.number(purchaseOrders, "OrderStatus") == buyCancelled {
			continue
		}
		o := TruthBuyOrder{ID: r.text(purchaseOrders, "PurchaseOrderID"), Supplier: r.text(purchaseOrders, "Supplier"), Reference: r.text(purchaseOrders, "YourRef"), Completed: r.number(purchaseOrders, "ReceiptStatus") == buyComplete, Lines: map[string]float64{}}
		for _, line := range r.children["PurchaseOrderLines"] {
			o.Lines[line.text(purchaseOrderLines, "ID")] = line.number(purchaseOrderLines, "Quantity")
			o.Total = cents(o.Total + line.number(purchaseOrderLines, "AmountDC"))
		}
		out = append(out, o)
	}
	return out
}

func (a *administration) truthDeliveries() []TruthDelivery {
	var out []TruthDelivery
	pieces := func(line string, units float64) (int64, bool) {
		r := a.table(purchaseOrderLines).rows[line]
		if r == nil || r.parent == nil || r.parent.get(purchaseOrders, "DropShipment") == true || r.parent.number(purchaseOrders, "OrderStatus") == buyCancelled {
			return 0, false
		}
		return int64(math.Round(units * r.number(purchaseOrderLines, "Quantity") / r.number(purchaseOrderLines, "QuantityInPurchaseUnits"))), true
	}
	for _, r := range a.table(goodsReceiptLines).byKey() {
		line := r.text(goodsReceiptLines, "PurchaseOrderLineID")
		if n, ok := pieces(line, r.number(goodsReceiptLines, "QuantityReceived")); ok {
			out = append(out, TruthDelivery{r.text(goodsReceiptLines, "ID") + ":" + r.text(goodsReceiptLines, "Location"), line, n})
		}
	}
	for _, r := range a.table(purchaseReturnLines).byKey() {
		line := r.text(purchaseReturnLines, "PurchaseOrderLineID")
		if n, ok := pieces(line, r.number(purchaseReturnLines, "ReturnQuantity")); ok {
			out = append(out, TruthDelivery{r.text(purchaseReturnLines, "ID"), line, -n})
		}
	}
	slices.SortFunc(out, func(x, y TruthDelivery) int { return strings.Compare(x.ID, y.ID) })
	return out
}
