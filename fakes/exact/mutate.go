package exact

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Mutate makes n changes in an administration as its users would: stock,
// prices, names, offers, orders, receipts, new items and deletions.
func (s *Site) Mutate(division, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.division(division)
	if a == nil {
		return fmt.Errorf("exact: there is no division %d", division)
	}
	a.mutate(n)
	return nil
}

// mutate draws n changes; the lock is held.
func (a *administration) mutate(n int) {
	for range n {
		rng := rand.New(rand.NewPCG(a.seed, mix(a.seed, uint64(a.site.timestamp))))
		mutations[rng.IntN(len(mutations))](a, rng)
	}
}

// mutations are drawn with one chance each.
var mutations = []func(*administration, *rand.Rand){
	(*administration).mutateStock, (*administration).mutateStock, (*administration).mutateStock,
	(*administration).mutatePrice, (*administration).mutatePrice, (*administration).mutateName, (*administration).mutateOffer,
	(*administration).mutateSale, (*administration).mutateSale, (*administration).mutateSaleStatus, (*administration).mutateReceipt,
	(*administration).mutateNew, (*administration).mutateDelete,
}

// any draws a row of a table; nil when it is empty.
func (a *administration) any(e *entity, rng *rand.Rand) *row {
	rows := a.table(e).byKey()
	if len(rows) == 0 {
		return nil
	}
	return rows[rng.IntN(len(rows))]
}

func (a *administration) mutateStock(rng *rand.Rand) {
	if r := a.any(stockPositions, rng); r != nil {
		a.move(r.text(stockPositions, "ItemId"), r.text(stockPositions, "Warehouse"), float64(rng.IntN(21)-10))
	}
}

func (a *administration) mutatePrice(rng *rand.Rand) {
	if r := a.any(salesItemPrices, rng); r != nil {
		a.change(salesItemPrices, r, values{"Price": cents(1 + float64(rng.IntN(30000))/100)})
	}
}

func (a *administration) mutateName(rng *rand.Rand) {
	if r := a.any(items, rng); r != nil {
		name, _, _ := strings.Cut(r.text(items, "Description"), " (")
		a.change(items, r, values{"Description": fmt.Sprintf("%s (%d)", name, rng.IntN(1000))})
	}
}

func (a *administration) mutateOffer(rng *rand.Rand) {
	if r := a.any(supplierItems, rng); r != nil {
		a.change(supplierItems, r, values{"PurchasePrice": cents(1 + float64(rng.IntN(9000))/100)})
	}
}

func (a *administration) mutateSale(rng *rand.Rand) {
	customer := a.any(accounts, rng)
	for range 20 {
		if customer == nil || customer.get(accounts, "IsSales") == true {
			break
		}
		customer = a.any(accounts, rng)
	}
	item := a.any(items, rng)
	if customer == nil || item == nil {
		return
	}
	day := a.site.today()
	a.placeSale(saleOf{
		id: a.newKey(), customer: customer, day: day, at: a.site.wall(), status: salesOpen, house: a.mainWarehouse(),
		lines:  []saleLine{{item: item, quantity: float64(1 + rng.IntN(4)), price: cents(2 + float64(rng.IntN(9000))/100)}},
		lineID: func(int) string { return a.newKey() },
	})
}

// mutateSaleStatus completes or cancels an open sales order.
func (a *administration) mutateSaleStatus(rng *rand.Rand) {
	r := a.any(salesOrders, rng)
	if r == nil || r.get(salesOrders, "Status") != int64(salesOpen) {
		return
	}
	status := int64(salesComplete)
	if rng.IntN(4) == 0 {
		status = salesCancelled
	}
	a.setSale(r, status)
}

// setSale moves a sales order and its lines to another state.
func (a *administration) setSale(order *row, status int64) {
	lines := order.children["SalesOrderLines"]
	for _, line := range lines {
		done := 0.0
		if status == salesComplete {
			done = line.number(salesOrderLines, "Quantity")
		}
		a.change(salesOrderLines, line, values{"Status": status, "DeliveryStatus": status, "QuantityDelivered": done})
	}
	a.change(salesOrders, order, values{"Status": status, "DeliveryStatus": status})
	if status == salesComplete {
		a.ship(order, lines, a.site.wall())
		a.invoice(order, lines, a.site.wall())
	}
}

func (a *administration) mutateReceipt(rng *rand.Rand) {
	r := a.any(purchaseOrders, rng)
	if r == nil || r.number(purchaseOrders, "ReceiptStatus") > buyPartly {
		return
	}
	a.receive(r, r.children["PurchaseOrderLines"], 0.5, a.site.wall())
}

// mutateNew makes an item with stock, a price and an offer.
func (a *administration) mutateNew(rng *rand.Rand) {
	n := int(a.next("new item", 1))
	v := values{"Code": code("NEW", n), "Description": nameOf(rng.Uint64(), n), "IsStockItem": true, "ItemGroupCode": "CAMP", "Barcode": ean(900_000_000 - uint64(n))}
	if a.completeItem(v) != nil {
		return
	}
	item := a.insert(items, v)
	g := &generator{administration: a, today: a.site.today()}
	g.positionIn(item, a.mainWarehouse(), 1<<37+uint64(n), float64(rng.IntN(50)), 0, 0)
	a.insert(salesItemPrices, ref(item, values{"Currency": "EUR", "NumberOfItemsPerUnit": 1.0, "Price": cents(1 + float64(rng.IntN(9000))/100), "Quantity": 1.0, "StartDate": a.site.today()}))
	for _, s := range a.table(accounts).byKey() {
		if s.get(accounts, "IsSupplier") == true {
			a.insert(supplierItems, ref(item, values{"Supplier": s.get(accounts, "ID"), "SupplierCode": s.get(accounts, "Code"), "MainSupplier": true, "PurchaseUnitFactor": 1.0, "PurchasePrice": 3.5, "StartDate": a.site.today(), "Currency": "EUR"}))
			return
		}
	}
}

// mutateDelete deletes a sales order or an item that nothing else names.
func (a *administration) mutateDelete(rng *rand.Rand) {
	if r := a.any(salesOrders, rng); r != nil && rng.IntN(2) == 0 {
		a.delete(salesOrders, r)
		return
	}
	if r := a.any(items, rng); r != nil && strings.HasPrefix(r.text(items, "Code"), "NEW-") {
		a.deleteItem(r)
	}
}

// deleteItem deletes an item with the rows that are about it alone.
func (a *administration) deleteItem(item *row) {
	id := item.text(items, "ID")
	for _, e := range []*entity{stockPositions, itemWarehouses, salesItemPrices, purchaseItemPrices, supplierItems, priceListDiscounts} {
		for _, r := range append([]*row(nil), a.byItem[e][id]...) {
			a.delete(e, r)
		}
	}
	a.delete(items, item)
}
