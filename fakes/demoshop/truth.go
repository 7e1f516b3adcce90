package demoshop

import (
	"sort"
	"strconv"
	"time"
)

// The truth functions write up to n JSON lines beginning with an id, and tell
// the id to go on from (-1 at the end) and how many lines there are.

// truthProducts writes products and variations as they stand.
func (s *Shop) truthProducts(from int64, n int) ([]byte, int64, int) {
	return s.eachProduct(from, n, func(b []byte, r ref) ([]byte, bool) {
		if !s.listed(r) {
			return b, false
		}
		return s.appendTruth(b, r), true
	})
}

// truthGone writes what was listed once and is not any more.
func (s *Shop) truthGone(from int64, n int) ([]byte, int64, int) {
	return s.eachProduct(from, n, func(b []byte, r ref) ([]byte, bool) {
		if s.listed(r) {
			return b, false
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, s.layout.id(r), 10)
		b = append(b, `,"status":"`...)
		b = append(b, s.state(r).status.String()...)
		return append(b, '"', '}', '\n'), true
	})
}

func (s *Shop) eachProduct(from int64, n int, write func([]byte, ref) ([]byte, bool)) ([]byte, int64, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var b []byte
	lines := 0
	i := sort.Search(s.issued, func(i int) bool { return s.layout.id(ref{int32(i), -1}) >= from })
	if i > 0 && s.layout.variable(i-1) {
		i-- // from may be one of its variations
	}
	for scanned := 0; i < s.issued; i++ {
		last := -1
		if s.layout.variable(i) {
			last = s.layout.per - 1
		}
		for v := -1; v <= last; v++ {
			r := ref{int32(i), int16(v)}
			id := s.layout.id(r)
			if id < from {
				continue
			}
			if lines == n || scanned == 50_000 {
				return b, id, lines
			}
			scanned++
			var ok bool
			if b, ok = write(b, r); ok {
				lines++
			}
		}
	}
	return b, -1, lines
}

func (s *Shop) appendTruth(b []byte, r ref) []byte {
	st := s.state(r)
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, s.layout.id(r), 10)
	b = append(b, `,"parent_id":`...)
	kind := "simple"
	switch {
	case r.v >= 0:
		kind = "variation"
		b = strconv.AppendInt(b, s.layout.id(ref{r.i, -1}), 10)
	default:
		b = append(b, '0')
		if s.layout.variable(int(r.i)) {
			kind = "variable"
		}
	}
	b = append(b, `,"type":"`...)
	b = append(b, kind...)
	b = append(b, `","sku":`...)
	b = s.appendSKUString(b, r, st)
	b = append(b, `,"inherited_sku":`...)
	b = appendBool(b, r.v >= 0 && st.flags&inherits != 0 && s.custom[r].sku == "")
	b = append(b, `,"name":`...)
	b = s.appendNameString(b, r, st)
	b = append(b, `,"parent_name":`...)
	parentStatus := ""
	if r.v >= 0 {
		parent := ref{r.i, -1}
		pst := s.state(parent)
		b = s.appendNameString(b, parent, pst)
		parentStatus = pst.status.String()
	} else {
		b = append(b, `""`...)
	}
	b = append(b, `,"price":`...)
	b = appendPrice(b, s.shownPrice(r, st))
	b = append(b, `,"manage_stock":`...)
	stock := int64(st.stock)
	switch st.managed {
	case own:
		b = append(b, `true,"stock":`...)
		b = strconv.AppendInt(b, stock, 10)
	case byParent:
		b = append(b, `"parent","stock":null`...)
	default:
		b = append(b, `false,"stock":null`...)
	}
	b = append(b, `,"ean":"`...)
	b = s.appendGTIN(b, r)
	b = append(b, `","status":"`...)
	b = append(b, st.status.String()...)
	b = append(b, `","parent_status":"`...)
	b = append(b, parentStatus...)
	b = append(b, `","virtual":`...)
	b = appendBool(b, st.flags&virtual != 0)
	b = append(b, `,"downloadable":`...)
	b = appendBool(b, st.flags&downloadable != 0)
	b = append(b, `,"modified":`...)
	b = appendUTC(b, st.modified)
	b = append(b, `,"silent_change":`...)
	b = appendBool(b, st.flags&silenced != 0)
	return append(b, '}', '\n')
}

func appendUTC(b []byte, sec int64) []byte {
	b = append(b, '"')
	b = time.Unix(sec, 0).UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"')
}

// truthOrders writes the orders as they stand.
func (s *Shop) truthOrders(from int64, n int) ([]byte, int64, int) {
	return s.eachIndexed(from, n, s.orders.issued, s.orders.id, &s.orders.hidden, s.appendOrderTruth)
}

// truthSuppliers and truthOffers write the bodies of the API.
func (s *Shop) truthSuppliers(from int64, n int) ([]byte, int64, int) {
	return s.eachIndexed(from, n, s.cfg.Suppliers, func(k int) int64 { return firstSupplierID + int64(k) }, &none, s.appendSupplier)
}

func (s *Shop) truthOffers(from int64, n int) ([]byte, int64, int) {
	return s.eachIndexed(from, n, s.offers.count, func(k int) int64 { return firstOfferID + int64(k) }, &s.offers.hidden, s.appendOffer)
}

func (s *Shop) eachIndexed(from int64, n, count int, id func(int) int64, hidden *holes, write func([]byte, int) []byte) ([]byte, int64, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var b []byte
	lines := 0
	for k := sort.Search(count, func(k int) bool { return id(k) >= from }); k < count; k++ {
		if lines == n {
			return b, id(k), lines
		}
		if !hidden.has(k) {
			b = append(write(b, k), '\n')
			lines++
		}
	}
	return b, -1, lines
}

func (s *Shop) appendOrderTruth(b []byte, j int) []byte {
	o := s.order(j)
	var buf [4]line
	sl := s.sale(j, o.status, buf[:])
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, s.orders.id(j), 10)
	b = append(b, `,"number":"`...)
	b = strconv.AppendInt(b, s.orders.id(j), 10)
	b = append(b, `","status":"`...)
	b = append(b, o.status...)
	b = append(b, `","currency":"`...)
	b = append(b, s.cfg.Currency...)
	b = append(b, `","placed":`...)
	b = appendUTC(b, o.created)
	b = append(b, `,"modified":`...)
	b = appendUTC(b, o.modified)
	b = append(b, `,"completed":`...)
	if o.complete == 0 {
		b = append(b, "null"...)
	} else {
		b = appendUTC(b, o.complete)
	}
	b = appendTotal(b, "total", sl.total)
	b = appendTotal(b, "total_tax", sl.totalTax)
	net := int64(0)
	for _, l := range sl.lines {
		net += l.total
	}
	b = appendTotal(b, "lines_total", net)
	b = append(b, `,"lines":[`...)
	for k, l := range sl.lines {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, l.id, 10)
		b = append(b, `,"product_id":`...)
		product := s.layout.id(l.r)
		if l.deleted {
			product = 0
		}
		b = strconv.AppendInt(b, product, 10)
		b = append(b, `,"quantity":`...)
		b = strconv.AppendInt(b, l.quantity, 10)
		b = appendTotal(b, "total", l.total)
		b = append(b, '}')
	}
	return append(b, ']', '}')
}
