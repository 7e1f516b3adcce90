package picqer

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	firstProduct       = 501
	firstSupplier      = 31
	firstOrder         = 8001
	firstPurchaseOrder = 4711
	firstReceipt       = 300
)

// generate fills an account from its seed.
func (a *Account) generate() {
	rng := rand.New(rand.NewPCG(a.cfg.Seed, 1))
	begin := a.cfg.Now().In(a.zone).AddDate(0, 0, -90).Truncate(time.Hour)
	a.products.next, a.suppliers.next, a.orders.next = firstProduct, firstSupplier, firstOrder
	a.purchaseOrders.next, a.receipts.next = firstPurchaseOrder, firstReceipt
	for n := range a.cfg.Warehouses {
		a.warehouses = append(a.warehouses, warehouse{int64(n + 1), "Warehouse " + strconv.Itoa(n+1), n < 2, int64(n + 1), true})
	}
	for n := range a.cfg.Suppliers {
		a.newSupplier("Supplier " + strconv.Itoa(n+1))
	}
	for n := range a.cfg.Products {
		at := stamp{begin.Add(time.Duration(n/3) * time.Second)}
		a.newProduct(rng, n, at)
	}
	a.compose(rng)
	for n := range a.cfg.Orders {
		a.newOrder(rng, stamp{begin.Add(time.Duration(n) * 20 * time.Minute)})
	}
	for n := range a.cfg.PurchaseOrders {
		a.newPurchaseOrder(rng, stamp{begin.Add(time.Duration(n) * time.Hour)})
	}
}

func (a *Account) newSupplier(name string) *supplier {
	return a.suppliers.add(func(id int64) *supplier {
		return &supplier{ID: id, Name: name, Email: fmt.Sprintf("sales%d@example.test", id), Language: "en"}
	})
}

// newProduct makes the n-th product; every 40th has unlimited stock, every
// 50th is inactive, every 60th has no name.
func (a *Account) newProduct(rng *rand.Rand, n int, at stamp) *product {
	return a.products.add(func(id int64) *product {
		p := &product{
			ID: id, VATGroup: 1, Name: "Product " + strconv.Itoa(n+1), Code: fmt.Sprintf("SKU-%05d", n+1), Barcode: gtin(n + 1), Type: normal,
			Price: money(199+rng.IntN(20000)) * cent, FixedStockPrice: money(99+rng.IntN(10000)) * cent, Weight: int64(50 + rng.IntN(2000)),
			Length: int64(rng.IntN(40)), Width: int64(rng.IntN(40)), Height: int64(rng.IntN(40)), MinimumPurchase: int64(1 + rng.IntN(10)),
			PurchaseIn: int64(1 + rng.IntN(6)), Active: n%50 != 49, Fields: []struct{}{}, Pricelists: []struct{}{}, Created: at, Updated: at,
		}
		if a.cfg.Suppliers > 0 && n%17 != 16 {
			of, days := int64(firstSupplier+n%a.cfg.Suppliers), int64(rng.IntN(14))
			p.Supplier, p.DeliveryTime, p.CodeSupplier = &of, &days, "V-"+p.Code
		}
		switch {
		case n%40 == 39:
			p.Type, p.UnlimitedStock = unlimitedStock, true
		case n%60 == 59:
			p.Name = ""
		}
		if n%9 == 8 {
			p.Tags = tags{"Fragile": {ID: 7, Title: "Fragile", Color: "#ff0000"}}
		}
		for _, w := range a.warehouses {
			have, held := int64(rng.IntN(100)), int64(rng.IntN(8))
			p.Stock = append(p.Stock, stock{Warehouse: w.ID, Stock: have, Reserved: held, Picklists: held, Free: have - held})
		}
		return p
	})
}

// compose makes every ComposedEvery-th product a set of the two after it, or of
// the two before the last ones; by turns virtual and with its own stock.
func (a *Account) compose(rng *rand.Rand) {
	every := a.cfg.ComposedEvery
	if every == 0 || len(a.products.rows) < 3 {
		return
	}
	for n := every - 1; n < len(a.products.rows)-2; n += every {
		main := a.products.rows[n].row
		if main.Type != normal {
			continue
		}
		main.Type, main.Assembled = virtualSet, true
		if n/every%2 == 1 {
			main.Type = setWithOwnStock
		}
		for k := 1; k <= 2; k++ {
			p := a.products.rows[n+k].row
			a.parts[main.ID] = append(a.parts[main.ID], part{a.lineID(), main.ID, p.ID, int64(1 + rng.IntN(3)), p.Code, p.Name})
		}
	}
}

// newOrder makes an order of one to four products. A virtual set on it brings
// its parts as lines of their own.
func (a *Account) newOrder(rng *rand.Rand, at stamp) *order {
	return a.orders.add(func(id int64) *order {
		o := &order{
			ID: id, Number: "O" + strconv.Itoa(at.Year()) + "-" + number(id), Customer: int64(1 + rng.IntN(50)), Reference: strconv.FormatInt(id+1000, 10),
			Email: "buyer@example.test", Partial: true, Warehouses: []int64{a.warehouses[rng.IntN(len(a.warehouses))].ID}, Created: at, Updated: at,
			Lines: []orderLine{}, Status: []string{"completed", "completed", "completed", "processing", "processing", "paused", "concept", "expected", "cancelled"}[rng.IntN(9)],
		}
		for range 1 + rng.IntN(4) {
			if len(a.products.rows) > 0 {
				a.addOrderLine(o, a.products.rows[rng.IntN(len(a.products.rows))].row, int64(1+rng.IntN(5)))
			}
		}
		return o
	})
}

func (a *Account) addOrderLine(o *order, p *product, amount int64) {
	main := orderLine{a.lineID(), p.ID, p.VATGroup, p.Code, p.Name, p.Price, amount, p.Type == virtualSet, nil}
	o.Lines = append(o.Lines, main)
	if p.Type != virtualSet {
		return
	}
	for _, of := range a.parts[p.ID] {
		of2 := main.ID
		o.Lines = append(o.Lines, orderLine{a.lineID(), of.Product, 1, of.Code, of.Name, 0, amount * of.Amount, false, &of2})
	}
}

func (a *Account) newPurchaseOrder(rng *rand.Rand, at stamp) *purchaseOrder {
	return a.purchaseOrders.add(func(id int64) *purchaseOrder {
		s := a.suppliers.rows[rng.IntN(len(a.suppliers.rows))].row
		day, ref := at.AddDate(0, 0, 7).Format(time.DateOnly), "EXT-"+strconv.FormatInt(id, 10)
		o := &purchaseOrder{
			ID: id, Number: "P" + strconv.Itoa(at.Year()) + "-" + number(id), Supplier: &s.ID, SupplierName: s.Name, Warehouse: a.warehouses[0].ID,
			SupplierRef: &ref, DeliveryDate: &day, Status: []string{"purchased", "purchased", "concept", "cancelled"}[rng.IntN(4)], Created: at, Updated: at,
		}
		for range 1 + rng.IntN(3) {
			p := a.products.rows[rng.IntN(len(a.products.rows))].row
			o.Lines = append(o.Lines, purchaseOrderLine{a.lineID(), p.ID, p.Code, p.Name, p.FixedStockPrice, int64(1 + rng.IntN(40)), 0})
		}
		return o
	})
}

// gtin is a GTIN-13 with a right check digit.
func gtin(n int) string {
	text, sum := fmt.Sprintf("8719%08d", n), 0
	for k := range 12 {
		digit := int(text[k] - '0')
		if k%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	return text + strconv.Itoa((10-sum%10)%10)
}
