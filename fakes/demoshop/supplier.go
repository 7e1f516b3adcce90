package demoshop

import "strconv"

// offers are the supplier products: one for everything that can be bought at
// the start, and a second, not preferred, for every eighth of them.
type offers struct {
	count   int
	first   int // those that are preferred
	changed map[uint32]offerChange
	hidden  holes
}

type offerChange struct {
	price    int32
	modified int64
}

const (
	secondOfferEvery = 8
	firstSupplierID  = 21
	firstOfferID     = 100_001
)

func (o *offers) init(s *Shop) {
	o.changed = map[uint32]offerChange{}
	if s.cfg.Suppliers == 0 {
		return
	}
	o.first = s.layout.sellables()
	o.count = o.first + (o.first+secondOfferEvery-1)/secondOfferEvery
}

// of gives the offers of the n-th thing that can be bought.
func (o *offers) of(n int) []int {
	if o.count == 0 || n >= o.first {
		return nil
	}
	if n%secondOfferEvery == 0 {
		return []int{n, o.first + n/secondOfferEvery}
	}
	return []int{n}
}

// offer is one supplier's offer of one product, the lock is held.
type offer struct {
	id       int64
	supplier int
	r        ref
	price    int32
	modified int64
	created  int64
	first    bool
	h        uint64
}

func (s *Shop) offer(k int) offer {
	n := k
	if k >= s.offers.first {
		n = (k - s.offers.first) * secondOfferEvery
	}
	r := s.layout.sellable(n)
	h := mix(s.cfg.Seed, saltOffer+uint64(k))
	f := offer{id: firstOfferID + int64(k), r: r, h: h, first: k < s.offers.first, created: createdAt(int(r.i))}
	f.supplier = int(mix(s.cfg.Seed, saltOffer+uint64(n)) >> 32 % uint64(s.cfg.Suppliers))
	if !f.first {
		f.supplier = (f.supplier + 1) % s.cfg.Suppliers
	}
	f.price = max(0, s.base(r).price) * 3 / 5
	f.modified = f.created
	if c, ok := s.offers.changed[uint32(k)]; ok {
		f.price, f.modified = c.price, c.modified
	}
	return f
}

func (s *Shop) appendOffer(b []byte, k int) []byte {
	f := s.offer(k)
	lot := [...]uint64{1, 1, 6, 10, 12}[f.h%5]
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, f.id, 10)
	b = append(b, `,"supplier_id":`...)
	b = strconv.AppendInt(b, firstSupplierID+int64(f.supplier), 10)
	b = append(b, `,"product_id":`...)
	b = strconv.AppendInt(b, s.layout.id(f.r), 10)
	b = append(b, `,"parent_id":`...)
	if f.r.v >= 0 {
		b = strconv.AppendInt(b, s.layout.id(ref{f.r.i, -1}), 10)
	} else {
		b = append(b, '0')
	}
	b = append(b, `,"name":`...)
	b = appendString(b, s.defaultName(f.r.i))
	b = append(b, `,"sku":"S`...)
	b = strconv.AppendInt(b, int64(f.supplier)+1, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, f.id, 10)
	b = append(b, `","ean":"`...)
	b = s.appendGTIN(b, f.r)
	b = append(b, `","price":`...)
	b = appendPrice(b, f.price)
	b = append(b, `,"minimum_purchase_quantity":`...)
	b = strconv.AppendUint(b, lot*(1+f.h>>8%3), 10)
	b = append(b, `,"lot_size":`...)
	b = strconv.AppendUint(b, lot, 10)
	b = append(b, `,"delivery_time":`...)
	if f.h>>12%3 == 0 {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendUint(b, 1+f.h>>16%14, 10)
	}
	b = append(b, `,"preferred":`...)
	b = appendBool(b, f.first)
	b = append(b, `,"status":"active"`...)
	b = s.appendDates(b, state{created: f.created, modified: f.modified})
	return s.appendLinks(b, "supplier-products", f.id)
}

var supplierNames = [...]string{"Noordhout Groothandel", "Bergström & Søn", "Delta Import/Export", "Van Rijn Outdoor", "Atelier du Café", "Alpen Handels", "Kust Supply"}

func (s *Shop) appendSupplier(b []byte, k int) []byte {
	h := mix(s.cfg.Seed, saltSupplier+uint64(k))
	id := firstSupplierID + int64(k)
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"name":`...)
	b = appendString(b, supplierNames[k%len(supplierNames)]+" "+strconv.Itoa(k+1))
	b = append(b, `,"emails":["orders`...)
	b = strconv.AppendInt(b, int64(k)+1, 10)
	b = append(b, `@supplier.example"`...)
	if h%7 == 0 {
		b = append(b, `,"not an address"`...)
	}
	b = append(b, `],"delivery_time":`...)
	b = strconv.AppendUint(b, h>>8%15, 10)
	b = append(b, `,"replenishment_period":`...)
	b = strconv.AppendUint(b, 7+h>>12%21, 10)
	b = append(b, `,"fixed_costs":"`...)
	b = appendMoney(b, int64(h>>16%2000))
	b = append(b, `","minimum_order_value":"`...)
	b = appendMoney(b, int64(h>>24%50000))
	b = append(b, `","gln":"`...)
	b = appendEAN(b, uint32(900_000+k))
	b = append(b, `","status":"active"`...)
	b = s.appendDates(b, state{created: productEpoch, modified: productEpoch})
	return s.appendLinks(b, "suppliers", id)
}
