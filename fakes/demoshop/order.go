package demoshop

import "math"

// orders are those of the start, computed, and what was changed since.
type orders struct {
	issued  int
	start   int
	gaps    int
	step    int64
	changed map[uint32]orderChange
	hidden  holes
}

// orderChange is what can change of an order.
type orderChange struct {
	status   string
	created  int64
	modified int64
	complete int64 // 0 while not completed
	paid     int64 // 0 while not paid
}

const firstOrderID = 500_000_011

// orderStatuses holds each status as often as it is drawn out of 40.
var orderStatuses = func() []string {
	var all []string
	for _, s := range []struct {
		name  string
		share int
	}{
		{"completed", 22}, {"processing", 6}, {"on-hold", 2}, {"pending", 2}, {"cancelled", 2},
		{"refunded", 2}, {"failed", 1}, {"checkout-draft", 1}, {"picked", 2},
	} {
		for range s.share {
			all = append(all, s.name)
		}
	}
	return all
}()

func (o *orders) init(cfg Config) {
	o.issued, o.start, o.gaps = cfg.Orders, cfg.Orders, cfg.IDGaps
	if cfg.Orders > 0 {
		o.step = max(1, orderSpan/int64(cfg.Orders))
	}
	o.changed = map[uint32]orderChange{}
}

func (o *orders) id(j int) int64 {
	id := firstOrderID + int64(j)
	if o.gaps > 0 {
		id += int64(j / o.gaps * gapSize)
	}
	return id
}

func (o *orders) find(id int64) (int, bool) {
	n := id - firstOrderID
	if n < 0 {
		return 0, false
	}
	j := n
	if o.gaps > 0 {
		block := int64(o.gaps + gapSize)
		j = n/block*int64(o.gaps) + min(n%block, int64(o.gaps))
	}
	if j >= int64(o.issued) || o.id(int(j)) != id || o.hidden.has(int(j)) {
		return 0, false
	}
	return int(j), true
}

func (s *Shop) orderHash(j int) uint64 { return mix(s.cfg.Seed, saltOrder+uint64(j)) }

// order is the present state of an order; the lock is held.
func (s *Shop) order(j int) orderChange {
	if c, ok := s.orders.changed[uint32(j)]; ok {
		return c
	}
	h := s.orderHash(j)
	created := orderEpoch + int64(j)*s.orders.step
	c := orderChange{created: created, modified: created + int64(h>>8%300), status: orderStatuses[h%uint64(len(orderStatuses))]}
	return c.settle(created + int64(h>>8%60))
}

// settle fills the times that belong to the status.
func (c orderChange) settle(at int64) orderChange {
	switch c.status {
	case "completed", "refunded":
		if c.complete == 0 {
			c.complete = max(at, c.modified)
		}
		fallthrough
	case "processing", "picked":
		if c.paid == 0 {
			c.paid = at
		}
	}
	return c
}

// line is one sold position, money in cents without tax.
type line struct {
	id       int64
	r        ref
	deleted  bool // the product is gone: product_id 0, sku null
	quantity int64
	subtotal int64
	total    int64
	tax      int64
	subTax   int64
}

// sale is the commercial content of an order, fixed when it was placed.
type sale struct {
	lines                              []line
	taxed                              bool
	coupon                             bool
	discount, discountTax              int64
	shipping, shippingTax              int64
	lineTax, total, totalTax, refunded int64
}

const taxRate = 21

func taxOf(cents int64) int64 { return int64(math.Round(float64(cents) * taxRate / 100)) }

// sale computes the lines and totals of an order into buf.
func (s *Shop) sale(j int, status string, buf []line) sale {
	h := s.orderHash(j)
	sl := sale{lines: buf[:0], taxed: h>>16%10 != 0, coupon: h>>20%10 == 0}
	count := 1 + int(h>>24%4)
	if s.cfg.Products == 0 {
		count = 0
	}
	for k := range count {
		lh := mix(s.cfg.Seed, saltLine+uint64(j)*8+uint64(k))
		l := line{id: int64(j)*8 + int64(k) + 1, quantity: 1 + int64(lh%5), deleted: lh>>8%101 == 0}
		if k == count-1 && k > 0 && h>>28%12 == 0 {
			l.r = sl.lines[0].r // the same product twice, as personalised lines are
		} else {
			l.r = s.soldRef(lh >> 16)
		}
		unit := int64(max(0, s.base(l.r).price))
		if s.layout.variable(int(l.r.i)) && l.r.v < 0 {
			unit = 0
		}
		if s.cfg.PricesIncludeTax {
			unit = int64(math.Round(float64(unit) * 100 / (100 + taxRate)))
		}
		l.subtotal = unit * l.quantity
		l.total = l.subtotal
		if sl.coupon {
			l.total = l.subtotal - l.subtotal/10
		}
		if sl.taxed {
			l.tax, l.subTax = taxOf(l.total), taxOf(l.subtotal)
		}
		sl.lines = append(sl.lines, l)
		sl.discount += l.subtotal - l.total
		sl.discountTax += l.subTax - l.tax
		sl.lineTax += l.tax
		sl.total += l.total
	}
	if h>>32%4 != 0 {
		sl.shipping = 495
		if sl.taxed {
			sl.shippingTax = taxOf(sl.shipping)
		}
	}
	sl.totalTax = sl.lineTax + sl.shippingTax
	sl.total += sl.shipping + sl.totalTax
	switch {
	case status == "refunded":
		sl.refunded = sl.total
	case status == "completed" && h>>36%15 == 0:
		sl.refunded = sl.total / 2
	}
	return sl
}

func (s *Shop) soldRef(h uint64) ref {
	r := ref{int32(h % uint64(s.cfg.Products)), -1}
	if s.layout.variable(int(r.i)) {
		r.v = int16(h >> 32 % uint64(s.layout.per))
	}
	return r
}
