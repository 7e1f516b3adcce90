package bol

import "slices"

// OrderTruth is one order as it stands.
type OrderTruth struct {
	ID     string      `json:"id"`
	Placed string      `json:"placed"`
	Items  []ItemTruth `json:"items"`
}

// ItemTruth is one item of an order as it stands.
type ItemTruth struct {
	ID        string `json:"id"`
	EAN       string `json:"ean"`
	Reference string `json:"reference"`
	Method    string `json:"method"`
	Quantity  int    `json:"quantity"`
	Shipped   int    `json:"shipped"`
	Cancelled int    `json:"cancelled"`
	Asked     bool   `json:"asked"`
	UnitPrice cents  `json:"unitPrice"`
	Changed   string `json:"changed"`
}

// Orders are all orders, also those that can be read no more, by time of placing.
func (a *Account) Orders() []OrderTruth {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]OrderTruth, 0, len(a.orders))
	for _, o := range a.orders {
		t := OrderTruth{ID: o.id, Placed: a.stamp(o.placed)}
		for _, it := range o.items {
			t.Items = append(t.Items, ItemTruth{it.id, it.ean, it.reference, it.method, it.quantity, it.shipped, it.cancelled, it.asked, it.price, a.stamp(it.changed)})
		}
		out = append(out, t)
	}
	return out
}

// OfferTruth is one offer as it stands.
type OfferTruth struct {
	offer
	Sellable int `json:"correctedStock"`
}

// Offers are all offers.
func (a *Account) Offers() []OfferTruth {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]OfferTruth, 0, len(a.offers))
	for _, o := range a.offers {
		out = append(out, OfferTruth{*o, a.sellable(o)})
	}
	return out
}

// ReplenishmentTruth is one replenishment as it stands.
type ReplenishmentTruth struct {
	ID        string              `json:"id"`
	Reference string              `json:"reference"`
	State     string              `json:"state"`
	Lines     []replenishmentLine `json:"lines"`
}

// Replenishments are all replenishments, in the order of creation.
func (a *Account) Replenishments() []ReplenishmentTruth {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settle(a.cfg.Now())
	out := make([]ReplenishmentTruth, 0, len(a.replenishments))
	for _, r := range a.replenishments {
		t := ReplenishmentTruth{r.id, r.reference, r.state, nil}
		for _, l := range slices.Concat(r.lines, r.invalid) {
			t.Lines = append(t.Lines, *l)
		}
		out = append(out, t)
	}
	return out
}

// State is how many of everything there are, and how the account misbehaves.
type State struct {
	Offers         int          `json:"offers"`
	Orders         int          `json:"orders"`
	Shipments      int          `json:"shipments"`
	Replenishments int          `json:"replenishments"`
	Pending        int          `json:"pending"` // writes not yet carried out
	Reports        int          `json:"reports"`
	Subscriptions  int          `json:"subscriptions"`
	Tokens         int64        `json:"tokens"`
	Misbehaviour   Misbehaviour `json:"misbehaviour"`
}

// State tells how the account stands.
func (a *Account) State() State {
	tokens := a.Ledger().Tokens
	a.mu.Lock()
	defer a.mu.Unlock()
	return State{
		len(a.offers), len(a.orders), len(a.shipments), len(a.replenishments), len(a.pending), len(a.reports),
		len(a.subscriptions), tokens, a.faults.Set(),
	}
}

// Misbehave replaces how the account misbehaves; it says which field cannot be.
func (a *Account) Misbehave(m Misbehaviour) error {
	if err := m.check(); err != nil {
		return err
	}
	a.faults.Replace(m, m.DelayMS, m.Faults)
	return nil
}

// RevokeTokens lets no token of before be taken any more.
func (a *Account) RevokeTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokenEpoch++
}

// RotateKey lets a new key sign all later events; the former one is published no more.
func (a *Account) RotateKey() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rotateKey()
}
