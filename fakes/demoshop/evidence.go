package demoshop

import (
	"slices"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// Counts are the shop's own numbers of what is listed now.
type Counts struct {
	// Products can be bought: simple products and variations, without the
	// variable parents.
	Products int `json:"products"`
	// Listed are the rows of GET /products: simple products and parents.
	Listed           int            `json:"listed"`
	Parents          int            `json:"variable_parents"`
	Variations       int            `json:"variations"`
	Orders           int            `json:"orders"`
	OrdersByStatus   map[string]int `json:"orders_by_status"`
	Suppliers        int            `json:"suppliers"`
	SupplierProducts int            `json:"supplier_products"`
	PurchaseOrders   int            `json:"purchase_orders"`
	// Created and Gone are products made and removed since the start.
	Created int `json:"created"`
	Gone    int `json:"gone"`
}

// Counts counts what is listed now.
func (s *Shop) Counts() Counts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := Counts{
		Listed:         s.issued - len(s.hidden.at),
		Parents:        s.layout.parents(),
		Variations:     s.layout.parents()*s.layout.per - len(s.hiddenVars.at),
		Orders:         s.orders.issued - len(s.orders.hidden.at),
		OrdersByStatus: map[string]int{}, Suppliers: s.cfg.Suppliers, SupplierProducts: s.offers.count - len(s.offers.hidden.at),
		PurchaseOrders: len(s.buys.all), Created: s.issued - s.cfg.Products, Gone: len(s.hidden.at),
	}
	for _, i := range s.hidden.at {
		if s.layout.variable(int(i)) {
			c.Parents--
		}
	}
	c.Products = c.Listed - c.Parents + c.Variations
	for j := range s.orders.issued {
		if !s.orders.hidden.has(j) {
			c.OrdersByStatus[s.order(j).status]++
		}
	}
	return c
}

// LedgerSummary is what the shop saw and did.
type LedgerSummary struct {
	standin.Summary
	// PurchaseOrders are all orders, References the different references
	// among them, Doubled the references that were ordered more than once.
	PurchaseOrders int      `json:"purchase_orders"`
	References     int      `json:"references"`
	Doubled        []string `json:"doubled"`
}

// Ledger sums up every request and purchase order so far.
func (s *Shop) Ledger() LedgerSummary {
	l := LedgerSummary{Summary: s.ledger.Summary()}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l.PurchaseOrders, l.References, l.Doubled = len(s.buys.all), len(s.buys.byReference), []string{}
	for reference, at := range s.buys.byReference {
		if len(at) > 1 {
			l.Doubled = append(l.Doubled, reference)
		}
	}
	slices.Sort(l.Doubled)
	return l
}

// OrderedReference is one reference and every order posted under it.
type OrderedReference struct {
	Reference string          `json:"reference"`
	IDs       []int64         `json:"ids"`
	Orders    []purchaseOrder `json:"orders"`
}

// PurchaseOrders is every purchase order by reference, sorted.
func (s *Shop) PurchaseOrders() []OrderedReference {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]OrderedReference, 0, len(s.buys.byReference))
	for reference, at := range s.buys.byReference {
		o := OrderedReference{Reference: reference}
		for _, k := range at {
			copied := *s.buys.all[k]
			copied.Lines = slices.Clone(copied.Lines)
			o.IDs = append(o.IDs, copied.ID)
			o.Orders = append(o.Orders, copied)
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b OrderedReference) int { return strings.Compare(a.Reference, b.Reference) })
	return all
}

// State is the shop's configuration as far as it matters to a reader, without
// the secret, and its present misbehaviour.
type State struct {
	Version      string       `json:"version"`
	Seed         uint64       `json:"seed"`
	ShopZone     string       `json:"shop_zone"`
	Products     int          `json:"products_at_start"`
	Revision     uint64       `json:"revision"`
	Changed      int          `json:"changed"`
	Misbehaviour Misbehaviour `json:"misbehaviour"`
}

// State tells how the shop stands.
func (s *Shop) State() State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return State{s.cfg.Version, s.cfg.Seed, s.cfg.ShopZone, s.cfg.Products, s.revision, len(s.changed), s.faults.Set()}
}

// Misbehave replaces how the shop misbehaves, or says which field cannot be.
func (s *Shop) Misbehave(m Misbehaviour) error {
	if err := m.check(); err != nil {
		return err
	}
	s.faults.Replace(m, m.DelayMS, m.Faults)
	return nil
}

// SetStockSilently changes a stock without a new date_modified, as plugins do
// that write SQL. It is false when nothing with that id is listed.
func (s *Shop) SetStockSilently(id int64, stock int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.layout.find(id, s.issued)
	if !ok || !s.listed(r) {
		return false
	}
	st := s.state(r)
	st.managed, st.stock = own, stock
	st.flags |= silenced
	s.put(r, st)
	s.recordState(r, st)
	return true
}

// Delete takes a product or variation out of all listings: for good, or into the trash. It is false when nothing with
// that id is listed.
func (s *Shop) Delete(id int64, force bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.layout.find(id, s.issued)
	if !ok || !s.listed(r) {
		return false
	}
	s.remove(r, force)
	return true
}

// Restore brings a product back from the trash. It is false when it is not there.
func (s *Shop) Restore(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.product(id)
	if !ok || s.listed(r) {
		return false
	}
	status := publish.String()
	return s.update(r, productWrite{Status: &status}) == nil
}

// PlaceOrders adds n orders of the present moment.
func (s *Shop) PlaceOrders(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.placeOrder()
	}
}
