package picqer

import (
	"net/http"
	"slices"
)

type warehouse struct {
	ID       int64  `json:"idwarehouse"`
	Name     string `json:"name"`
	Counts   bool   `json:"counts_for_general_stock"`
	Priority int64  `json:"priority"`
	Active   bool   `json:"active"`
}

type stock struct {
	Warehouse   int64 `json:"idwarehouse"`
	Stock       int64 `json:"stock"`
	Reserved    int64 `json:"reserved"`
	Backorders  int64 `json:"reservedbackorders"`
	Picklists   int64 `json:"reservedpicklists"`
	Allocations int64 `json:"reservedallocations"`
	Free        int64 `json:"freestock"`
}

// movement is one row of the stock history.
type movement struct {
	ID        int64  `json:"idproduct_stock_history"`
	Product   int64  `json:"idproduct"`
	Warehouse int64  `json:"idwarehouse"`
	Old       int64  `json:"old_stock"`
	Change    int64  `json:"stock_change"`
	New       int64  `json:"new_stock"`
	Reason    string `json:"reason"`
	At        stamp  `json:"changed_at"`
}

func (a *Account) listWarehouses(*call) answer { return ok(a.warehouses) }

func (a *Account) listStock(c *call) answer {
	p := a.products.find(c.id("id"))
	if p == nil {
		return notFound("Product")
	}
	return ok(p.Stock)
}

// listLevels answers the levels by warehouse at which a product is ordered.
func (a *Account) listLevels(c *call) answer {
	p := a.products.find(c.id("id"))
	if p == nil {
		return notFound("Product")
	}
	type level struct {
		Warehouse int64 `json:"idwarehouse"`
		Order     int64 `json:"stock_level_order"`
		Desired   int64 `json:"stock_level_desired"`
		Maximum   int64 `json:"stock_level_maximum"`
	}
	levels := make([]level, len(p.Stock))
	for k, s := range p.Stock {
		levels[k] = level{s.Warehouse, p.ID % 7, p.ID%7 + 10, p.ID%7 + 50}
	}
	return ok(levels)
}

func (a *Account) listHistory(c *call) answer {
	f := filter{a: a, c: c}
	since, product := f.time("sincedate"), f.number("idproduct")
	if f.bad != nil {
		return *f.bad
	}
	return list(c, &a.history, func(m *movement) bool {
		return !m.At.Before(since) && (product == 0 || m.Product == product)
	}, func(m *movement) any { return m })
}

// writeStock sets the stock (amount) or moves it (change): the second time it
// is sent, a change moves it once more.
func (a *Account) writeStock(c *call) answer {
	var in struct {
		Amount *int64 `json:"amount"`
		Change *int64 `json:"change"`
		Reason string `json:"reason"`
	}
	if no := c.read(&in); no != nil {
		return *no
	}
	p := a.products.find(c.id("id"))
	if p == nil {
		return notFound("Product")
	}
	if a.stockOf(p, c.id("warehouse")) == nil {
		return notFound("Warehouse")
	}
	switch {
	case (in.Amount == nil) == (in.Change == nil):
		return invalid("Give either amount or change")
	case in.Reason == "":
		return invalid("reason is required")
	case p.Type == virtualSet || p.Type == unlimitedStock:
		return invalid("The stock of this product cannot be changed")
	}
	change := int64(0)
	if in.Change != nil {
		change = *in.Change
	} else {
		change = *in.Amount - a.stockOf(p, c.id("warehouse")).Stock
	}
	a.move(p, c.id("warehouse"), change, in.Reason)
	return done(http.StatusOK, "stock.written", p.Stock)
}

func (a *Account) stockOf(p *product, warehouse int64) *stock {
	k := slices.IndexFunc(p.Stock, func(s stock) bool { return s.Warehouse == warehouse })
	if k < 0 {
		return nil
	}
	return &p.Stock[k]
}

// move changes the stock of a warehouse, with its history and hooks.
func (a *Account) move(p *product, warehouse, change int64, reason string) {
	s := a.stockOf(p, warehouse)
	if s == nil || change == 0 {
		return
	}
	was := s.Stock
	s.Stock += change
	s.Free += change
	a.history.add(func(id int64) *movement {
		return &movement{id, p.ID, warehouse, was, change, s.Stock, reason, a.now()}
	})
	a.changed(p, "products.stock_changed", "products.free_stock_changed")
}

// FreeStock is what of a product may be sold from a warehouse.
func (a *Account) FreeStock(product, warehouse int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.products.find(product)
	if p == nil || a.stockOf(p, warehouse) == nil {
		return 0
	}
	return a.stockOf(p, warehouse).Free
}
