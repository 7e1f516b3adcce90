package demoshop

import (
	"net/http"
	"strconv"
)

// checkWrite says why a write to r is refused, nil when it is not; the lock is
// held.
func (s *Shop) checkWrite(w productWrite, r ref) *answer {
	wrong := map[string]string{}
	if w.Status != nil {
		if st, ok := parseStatus(*w.Status); !ok || st == trash {
			wrong["status"] = "status is not one of draft, pending, private, publish, future, auto-draft, and trash."
		}
	}
	for name, n := range map[string]*amount{"regular_price": w.Price, "sale_price": w.Sale} {
		if n != nil && !n.valid() {
			wrong[name] = name + " is not of type string."
		}
	}
	if w.Quantity != nil {
		if n, err := w.Quantity.Int64(); err != nil || n > 1<<31-1 || n < -1<<31 {
			wrong["stock_quantity"] = "stock_quantity is not of type integer."
		}
	}
	if w.Delta != nil {
		if n, err := w.Delta.Int64(); err != nil || n > 1<<30 || n < -1<<30 {
			wrong["inventory_delta"] = "inventory_delta is not of type integer."
		}
	}
	switch string(w.Manage) {
	case "", "true", "false", `"parent"`, "null":
	default:
		wrong["manage_stock"] = "manage_stock is not of type boolean."
	}
	if len(wrong) > 0 {
		a := invalidBody(wrong)
		return &a
	}
	if w.SKU == nil || *w.SKU == "" {
		return nil
	}
	for _, other := range s.bySKU(*w.SKU) {
		if other != r && !(other.v >= 0 && other.i == r.i && s.state(other).flags&inherits != 0) {
			a := wpError(http.StatusBadRequest, "product_invalid_sku", "Invalid or duplicated SKU.",
				`"resource_id":`+strconv.FormatInt(s.layout.id(other), 10), `"unique_sku":`+string(appendString(nil, *w.SKU+"-1")))
			return &a
		}
	}
	return nil
}

// apply writes checked values; every write moves date_modified.
func (s *Shop) apply(r ref, st state, w productWrite) {
	if w.Name != nil || w.SKU != nil || w.EAN != nil {
		c := s.custom[r]
		if w.Name != nil {
			c.name = *w.Name
		}
		if w.SKU != nil {
			delete(s.skus, c.sku)
			c.sku = *w.SKU
			if c.sku != "" {
				s.skus[c.sku] = r
			}
		}
		if w.EAN != nil {
			c.ean = *w.EAN
		}
		s.custom[r] = c
	}
	if w.Price != nil {
		st.price = -1
		st.flags &^= onSale
		if *w.Price != "" {
			st.price = int32(w.Price.cents())
		}
	}
	if w.Status != nil {
		st.status, _ = parseStatus(*w.Status)
		if r.v < 0 && s.hidden.has(int(r.i)) {
			s.show(r)
		}
	}
	switch string(w.Manage) {
	case "true":
		st.managed = own
	case "false":
		st.managed = unmanaged
	case `"parent"`:
		if r.v >= 0 {
			st.managed = byParent
		}
	}
	if st.managed == own && w.Quantity != nil {
		n, _ := w.Quantity.Int64()
		st.stock = int32(n)
	}
	if st.managed == own && w.Delta != nil {
		n, _ := w.Delta.Int64()
		st.stock += int32(n)
	}
	st.modified = s.now()
	s.put(r, st)
}

// remove takes a product with its variations and offers, or a variation, out
// of all listings; without force a product can come back from the trash.
func (s *Shop) remove(r ref, force bool) {
	st := s.state(r)
	st.status = trash
	if force {
		st.status = gone
	}
	st.modified = s.now()
	s.put(r, st)
	s.hide(r)
	s.record(entry{Op: opRemove, ID: s.layout.id(r), At: st.modified, Force: force})
}

func (s *Shop) hide(r ref) {
	if r.v >= 0 {
		s.hiddenVars.add(s.variationIndex(r))
	} else {
		s.hidden.add(int(r.i))
		if s.layout.variable(int(r.i)) {
			for v := range s.layout.per {
				s.hide(ref{r.i, int16(v)})
			}
			return
		}
	}
	for _, k := range s.offersOf(r) {
		s.offers.hidden.add(k)
	}
}

// show brings a product back from the trash.
func (s *Shop) show(r ref) {
	if r.v >= 0 {
		if s.state(r).status == gone {
			return
		}
		s.hiddenVars.remove(s.variationIndex(r))
	} else {
		s.hidden.remove(int(r.i))
		if s.layout.variable(int(r.i)) {
			for v := range s.layout.per {
				s.show(ref{r.i, int16(v)})
			}
			return
		}
	}
	for _, k := range s.offersOf(r) {
		s.offers.hidden.remove(k)
	}
}

func (s *Shop) offersOf(r ref) []int {
	n, ok := s.layout.sellableIndex(r)
	if !ok {
		return nil
	}
	return s.offers.of(n)
}
