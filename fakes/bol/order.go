package bol

import (
	"time"
)

// order is one sale on the marketplace, of items that live on their own.
type order struct {
	id     string
	placed time.Time
	items  []*item
}

// item is one offer on an order.
type item struct {
	id        string
	offer     *offer
	ean       string // as it was when it was sold
	title     string
	reference string
	offerID   string
	method    string
	quantity  int
	shipped   int
	cancelled int
	asked     bool // the customer asks to cancel
	price     cents
	changed   time.Time
}

func (i *item) open() int { return i.quantity - i.shipped - i.cancelled }

func (i *item) status() string {
	if i.open() > 0 {
		return "OPEN"
	}
	return "HANDLED"
}

// newItem is an item of an offer.
func (a *Account) newItem(o *offer, quantity int, at time.Time) *item {
	return &item{
		id: a.id(), offer: o, ean: o.EAN, title: o.Title, reference: o.Reference, offerID: o.ID, method: o.Method,
		quantity: quantity, price: o.Price, changed: at.Truncate(time.Second),
	}
}

// addOrder places an order.
func (a *Account) addOrder(id string, at time.Time, items []*item) *order {
	if id == "" {
		id = orderID(a.cfg.Seed, len(a.orders))
	}
	o := &order{id: id, placed: at.Truncate(time.Second), items: items}
	a.orders = append(a.orders, o)
	a.orderByID[id] = o
	for _, it := range items {
		a.event("ORDER", "CREATED", it.id, at)
	}
	return o
}

// orderID looks like A2K8290LP8.
func orderID(seed uint64, k int) string {
	const letters = "ABCDEFGHKLMNPRSTUVWXYZ23456789"
	h := mix(seed, saltOrder+uint64(k))
	b := []byte("A")
	for n := k; len(b) < 5; n /= len(letters) {
		b = append(b, letters[n%len(letters)])
	}
	for len(b) < 10 {
		b = append(b, letters[h%uint64(len(letters))])
		h /= uint64(len(letters))
	}
	return string(b)
}

// generateOrder makes an order of the start: most are shipped within days,
// some partly, some cancelled; the last ones are open.
func (a *Account) generateOrder(k int, at time.Time) {
	h := mix(a.cfg.Seed, saltOrder+uint64(k))
	count := 1 + int(h%10/7) + int(h>>8%10/9)
	var items []*item
	for n := range count {
		lh := mix(a.cfg.Seed, saltLine+uint64(k)*8+uint64(n))
		o := a.offers[lh%uint64(len(a.offers))]
		if n > 0 && lh>>40%5 == 0 {
			o = items[0].offer // the same good twice on one order
		}
		items = append(items, a.newItem(o, 1+int(lh>>32%3), at.Add(5*time.Second)))
	}
	ord := a.addOrder("", at, items)
	handled := at.Add(time.Duration(4+h>>16%68) * time.Hour)
	if handled.After(a.cfg.Now()) {
		return
	}
	for n, it := range ord.items {
		switch lh := mix(a.cfg.Seed, saltLine+uint64(k)*8+uint64(n)) >> 44 % 20; {
		case lh == 0:
			it.cancelled, it.changed = it.quantity, handled
		case lh == 1 && it.quantity > 1:
			it.cancelled = 1
			a.ship(ord, []*item{it}, []int{it.quantity - 1}, handled.Add(time.Duration(n)*time.Hour), "", "")
		case lh == 2:
			it.asked, it.changed = true, handled // open, and the customer asks
		default:
			a.ship(ord, []*item{it}, []int{it.quantity}, handled, "", "")
		}
	}
}
