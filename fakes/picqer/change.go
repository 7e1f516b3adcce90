package picqer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Mutate makes n changes: prices, stock and names of products, orders placed
// and moved on.
func (a *Account) Mutate(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rng := rand.New(rand.NewPCG(a.faults.Numbers(1)[0], 2))
	for range n {
		a.mutate(rng)
	}
}

func (a *Account) mutate(rng *rand.Rand) {
	if len(a.products.rows) == 0 {
		return
	}
	p := a.products.rows[rng.IntN(len(a.products.rows))].row
	switch rng.IntN(5) {
	case 0:
		p.Price = money(199+rng.IntN(20000)) * cent
		a.changed(p)
	case 1:
		p.Name = fmt.Sprintf("Product %d, edition %d", p.ID, rng.IntN(1000))
		a.changed(p)
	case 2:
		a.move(p, a.warehouses[0].ID, int64(rng.IntN(21)-10), "Counted")
	case 3:
		a.fire("orders.created", a.newOrder(rng, a.now()))
	default:
		if len(a.orders.rows) > 0 {
			a.moveOrder(a.orders.rows[rng.IntN(len(a.orders.rows))].row, orderStatuses[rng.IntN(len(orderStatuses))])
		}
	}
}

// Kinds are the rows that Insert, Delete and the truth know.
var kinds = []string{"products", "suppliers", "orders", "purchaseorders", "receipts"}

func unknownKind(kind string) error {
	return fmt.Errorf("kind %q: give one of %s", kind, strings.Join(kinds, ", "))
}

// Insert makes count rows of a kind and gives their ids.
func (a *Account) Insert(kind string, count int) ([]int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rng := rand.New(rand.NewPCG(a.cfg.Seed, uint64(a.lines)+3))
	ids := []int64{}
	for range count {
		switch {
		case kind == "products":
			p := a.newProduct(rng, int(a.products.next)-firstProduct, a.now())
			a.fire("products.created", p)
			ids = append(ids, p.ID)
		case kind == "suppliers":
			ids = append(ids, a.newSupplier(fmt.Sprintf("Supplier %d", a.suppliers.next)).ID)
		case kind == "orders":
			o := a.newOrder(rng, a.now())
			a.fire("orders.created", o)
			ids = append(ids, o.ID)
		case kind == "purchaseorders" && len(a.suppliers.rows) > 0 && len(a.products.rows) > 0:
			o := a.newPurchaseOrder(rng, a.now())
			a.fire("purchase_orders.created", o)
			ids = append(ids, o.ID)
		default:
			return nil, unknownKind(kind)
		}
	}
	return ids, nil
}

// Delete removes a row for good, as only people in Picqer can.
func (a *Account) Delete(kind string, id int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	remove, ok := map[string]func(int64) bool{
		"products": a.products.remove, "suppliers": a.suppliers.remove, "orders": a.orders.remove,
		"purchaseorders": a.purchaseOrders.remove, "receipts": a.receipts.remove,
	}[kind]
	switch {
	case !ok:
		return unknownKind(kind)
	case !remove(id):
		return fmt.Errorf("there is no row %d in %s", id, kind)
	}
	return nil
}

// SetActive makes a product active or inactive.
func (a *Account) SetActive(id int64, active bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.products.find(id)
	if p == nil {
		return fmt.Errorf("there is no product %d", id)
	}
	p.Active = active
	a.changed(p)
	return nil
}

// SetStock sets the stock of a product in a warehouse, as a count does.
func (a *Account) SetStock(id, warehouse, amount int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.products.find(id)
	if p == nil || a.stockOf(p, warehouse) == nil {
		return fmt.Errorf("there is no product %d in warehouse %d", id, warehouse)
	}
	a.move(p, warehouse, amount-a.stockOf(p, warehouse).Stock, "Counted")
	return nil
}

// MoveToSupplier gives a product to another supplier.
func (a *Account) MoveToSupplier(id, supplier int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.products.find(id)
	if p == nil || a.suppliers.find(supplier) == nil {
		return fmt.Errorf("there is no product %d or no supplier %d", id, supplier)
	}
	p.Supplier = &supplier
	a.changed(p)
	return nil
}

// RemovePart takes a part out of a composition.
func (a *Account) RemovePart(main, of int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, parts := a.products.find(main), a.parts[main]
	k := slices.IndexFunc(parts, func(one part) bool { return one.Product == of })
	if p == nil || k < 0 {
		return fmt.Errorf("product %d has no part %d", main, of)
	}
	a.parts[main] = slices.Delete(slices.Clone(parts), k, k+1)
	a.changed(p, "products.parts.changed")
	return nil
}
