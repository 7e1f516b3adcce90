package bol

import (
	"fmt"
	"slices"
	"time"
)

// NewOrder is an order to place.
type NewOrder struct {
	// ID is the order's id; "" takes the next one.
	ID string `json:"id,omitempty"`
	// Placed is when; zero is now.
	Placed time.Time `json:"placed,omitzero"`
	Items  []NewItem `json:"items"`
}

// NewItem is one item of an order to place: an EAN or the id of an offer. An
// EAN that nobody offers is sold all the same, of an offer that is gone.
type NewItem struct {
	EAN      string `json:"ean,omitempty"`
	Offer    string `json:"offer,omitempty"`
	Quantity int    `json:"quantity,omitempty"` // 0 is 1
	Price    cents  `json:"price,omitempty"`    // 0 is the offer's
	Method   string `json:"method,omitempty"`   // "" is the offer's
}

// PlaceOrder places an order and tells its id.
func (a *Account) PlaceOrder(in NewOrder) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := in.Placed
	if at.IsZero() {
		at = a.cfg.Now()
	}
	if in.ID != "" && a.orderByID[in.ID] != nil {
		return "", fmt.Errorf("bol: order %s exists", in.ID)
	}
	var items []*item
	for _, n := range in.Items {
		k := slices.IndexFunc(a.offers, func(o *offer) bool { return o.ID == n.Offer || n.Offer == "" && o.EAN == n.EAN })
		var of *offer
		switch {
		case k >= 0:
			of = a.offers[k]
		case n.EAN == "":
			return "", fmt.Errorf("bol: no offer %s", n.Offer)
		default:
			of = &offer{ID: "00000000-0000-4000-a000-000000000000", EAN: n.EAN, Title: "Good " + n.EAN, Method: fbr, Price: 1000}
		}
		it := a.newItem(of, max(1, n.Quantity), at)
		if n.Price != 0 {
			it.price = n.Price
		}
		if n.Method != "" {
			it.method = n.Method
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		return "", fmt.Errorf("bol: an order needs items")
	}
	return a.addOrder(in.ID, at, items).id, nil
}

// Change is one thing that happens to an order, offer or replenishment.
type Change struct {
	// Order is the id of an order: all its open items are shipped, cancelled
	// or marked as asked to be cancelled.
	Order  string `json:"order,omitempty"`
	Ship   bool   `json:"ship,omitempty"`
	Cancel bool   `json:"cancel,omitempty"`
	Ask    bool   `json:"ask,omitempty"`
	// Offer is the id of an offer: it gets a stock or price, or is deleted.
	Offer  string `json:"offer,omitempty"`
	Stock  *int   `json:"stock,omitempty"`
	Price  cents  `json:"price,omitempty"`
	Delete bool   `json:"delete,omitempty"`
	// Replenishment is an id or reference: it gets a state; with DONE all of
	// it is received, with Received a part of every line.
	Replenishment string `json:"replenishment,omitempty"`
	State         string `json:"state,omitempty"`
	Received      int    `json:"received,omitempty"`
}

// Apply lets one thing happen. It says what is not there.
func (a *Account) Apply(ch Change) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.cfg.Now()
	switch {
	case ch.Order != "":
		o := a.orderByID[ch.Order]
		if o == nil {
			return fmt.Errorf("bol: no order %s", ch.Order)
		}
		a.changeOrder(o, ch, now)
	case ch.Offer != "":
		o := a.offerByID[ch.Offer]
		if o == nil {
			return fmt.Errorf("bol: no offer %s", ch.Offer)
		}
		if ch.Delete {
			a.removeOffer(o.ID)
		}
		if ch.Stock != nil {
			o.Stock, o.Mutated = *ch.Stock, now
		}
		if ch.Price != 0 {
			o.Price, o.Mutated = ch.Price, now
		}
	case ch.Replenishment != "":
		k := slices.IndexFunc(a.replenishments, func(r *replenishment) bool {
			return r.id == ch.Replenishment || r.reference == ch.Replenishment
		})
		if k < 0 || !slices.Contains(replenishmentStates, ch.State) {
			return fmt.Errorf("bol: no replenishment %s or no state %q", ch.Replenishment, ch.State)
		}
		a.replenishments[k].move(ch)
	default:
		return fmt.Errorf("bol: a change names an order, an offer or a replenishment")
	}
	return nil
}

func (a *Account) changeOrder(o *order, ch Change, now time.Time) {
	for _, it := range o.items {
		switch {
		case it.open() == 0:
		case ch.Ship:
			a.ship(o, []*item{it}, []int{it.open()}, now, "", "")
		case ch.Cancel:
			it.cancelled, it.changed = it.cancelled+it.open(), now.Truncate(time.Second)
		case ch.Ask:
			it.asked, it.changed = true, now.Truncate(time.Second)
		}
	}
}

func (r *replenishment) move(ch Change) {
	r.state = ch.State
	for _, l := range r.lines {
		switch {
		case ch.Received > 0:
			l.Received = min(ch.Received, l.Announced)
		case ch.State == "DONE":
			l.Received = l.Announced
		}
		l.Regular, l.InProgress = l.Received, 0
		if ch.State == "IN_PROGRESS_AT_WH" {
			l.Regular, l.InProgress = 0, l.Received
		}
	}
}

// Mutate changes count things by chance: half of them stock, the rest prices,
// orders placed, shipped and cancelled. It tells how many it changed.
func (a *Account) Mutate(count int) int {
	changed := 0
	for range count {
		a.mu.Lock()
		var ch Change
		if len(a.offers) == 0 {
			a.mu.Unlock()
			break
		}
		a.nextID++
		h := mix(a.cfg.Seed, uint64(a.nextID))
		of := a.offers[h>>8%uint64(len(a.offers))]
		stock := int(h >> 24 % 200)
		switch k := h % 10; {
		case k < 5:
			ch = Change{Offer: of.ID, Stock: &stock}
		case k < 7:
			ch = Change{Offer: of.ID, Price: cents(100 + h>>24%20_000)}
		case k == 7 && len(a.orders) > 0:
			ch = Change{Order: a.orders[h>>24%uint64(len(a.orders))].id, Ship: h>>40%3 > 0, Cancel: h>>40%3 == 0}
		}
		a.mu.Unlock()
		var err error
		if ch == (Change{}) {
			_, err = a.PlaceOrder(NewOrder{Items: []NewItem{{Offer: of.ID, Quantity: 1 + int(h>>24%3)}}})
		} else {
			err = a.Apply(ch)
		}
		if err == nil {
			changed++
		}
	}
	return changed
}
