package demoshop

// status is the publication state of a product.
type status uint8

const (
	publish status = iota
	draft
	pending
	private
	trash
	gone
)

var statusNames = [...]string{"publish", "draft", "pending", "private", "trash", "gone"}

func (s status) String() string { return statusNames[s] }

func parseStatus(name string) (status, bool) {
	for k, n := range statusNames[:gone] {
		if n == name {
			return status(k), true
		}
	}
	return 0, false
}

// managed says where the stock of a product is kept.
type managed uint8

const (
	unmanaged managed = iota
	own
	byParent
)

// state is what can change of a product or variation.
type state struct {
	modified int64
	created  int64
	price    int32 // cents, -1 for none
	stock    int32
	edition  uint16 // raised by a change of name
	status   status
	managed  managed
	flags    flags
}

type flags uint8

const (
	virtual flags = 1 << iota
	downloadable
	onSale
	backorders
	reduced  // reduced tax class
	silenced // stock changed once without a new date_modified
	inherits // a variation without SKU of its own
	external // made through the API
)

// custom is text that was written through the API.
type custom struct{ name, sku, ean string }

func (s *Shop) hash(r ref) uint64 { return mix(s.cfg.Seed, uint64(s.layout.key(r))) }

// state is the present state of a product or variation; the lock is held.
func (s *Shop) state(r ref) state {
	if st, ok := s.changed[r]; ok {
		return st
	}
	return s.base(r)
}

// base is the state at the start.
func (s *Shop) base(r ref) state {
	i := int(r.i)
	h := s.hash(r)
	st := state{modified: createdAt(i), created: createdAt(i), price: int32(99 + h%29900), stock: int32(h >> 16 % 200), managed: own}
	if h>>24%97 == 0 {
		st.price = -1
	}
	if h>>32%16 == 0 {
		st.managed = unmanaged
	}
	if h>>36%16 == 0 {
		st.flags |= backorders
		if h>>40%4 == 0 {
			st.stock = -int32(1 + h>>44%9)
		}
	}
	if h>>48%12 == 0 {
		st.flags |= onSale
	}
	if h>>52%20 == 0 {
		st.flags |= reduced
	}
	switch h >> 56 {
	case 1, 2, 3:
		st.flags |= virtual
	case 4, 5:
		st.flags |= downloadable
	case 6, 7, 8:
		st.status = draft
	case 9:
		st.status = pending
	case 10, 11:
		st.status = private
	}
	switch {
	case r.v >= 0:
		st.flags &^= virtual | downloadable
		if st.status != publish && st.status != private {
			st.status = publish
		}
		if h>>20%53 == 0 {
			st.flags |= inherits
		}
		if s.stockOnParent(i) {
			st.managed = byParent
		}
	case s.layout.variable(i):
		st.price, st.flags = -1, st.flags&^(virtual|downloadable|onSale)
		st.managed = unmanaged
		if s.stockOnParent(i) {
			st.managed = own
		}
	}
	return st
}

// stockOnParent is true for every third variable product: its variations say
// manage_stock "parent" and share the parent's number.
func (s *Shop) stockOnParent(i int) bool {
	return s.layout.variable(i) && i/s.layout.every%3 == 2
}

// variation tells whether a variation is listed; the lock is held.
func (s *Shop) variationListed(r ref) bool {
	return !s.hiddenVars.has(s.variationIndex(r))
}

func (s *Shop) variationIndex(r ref) int {
	return int(r.i)/s.layout.every*s.layout.per + int(r.v)
}

func (s *Shop) variationAt(n int) ref {
	return ref{int32(s.layout.parent(n / s.layout.per)), int16(n % s.layout.per)}
}

// listed tells whether a ref can be read; the lock is held.
func (s *Shop) listed(r ref) bool {
	if r.v >= 0 {
		return s.variationListed(r)
	}
	return !s.hidden.has(int(r.i))
}

// shownPrice is the price of a product; a variable one shows the lowest of its
// variations.
func (s *Shop) shownPrice(r ref, st state) int32 {
	if r.v >= 0 || !s.layout.variable(int(r.i)) {
		return st.price
	}
	low := int32(-1)
	for v := range s.layout.per {
		c := ref{r.i, int16(v)}
		if !s.variationListed(c) {
			continue
		}
		if p := s.state(c).price; p >= 0 && (low < 0 || p < low) {
			low = p
		}
	}
	return low
}

func (st state) stockStatus() string {
	switch {
	case st.managed != own || st.stock > 0:
		return "instock"
	case st.flags&backorders != 0:
		return "onbackorder"
	default:
		return "outofstock"
	}
}

func (s *Shop) put(r ref, st state) {
	s.changed[r] = st
	s.revision++
}
