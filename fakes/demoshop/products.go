package demoshop

import (
	"encoding/json"
	"net/http"
	"strconv"
)

const (
	badProductID   = "woocommerce_rest_product_invalid_id"
	badVariationID = "woocommerce_rest_product_variation_invalid_id"
)

func (s *Shop) listProducts(c *call) answer {
	var onlyID bool
	var listed []ref
	defer func() { s.deleteListed(c, listed) }()
	return s.page(c, nil, func(l *listing) (total int, refs []ref) {
		onlyID = l.fields.onlyID()
		total, listed = s.selectProducts(l)
		return total, listed
	}, func(b []byte, r ref) []byte {
		if onlyID {
			b = append(b, `{"id":`...)
			return append(strconv.AppendInt(b, s.layout.id(r), 10), '}')
		}
		return s.appendProduct(b, r, false)
	})
}

// deleteListed deletes a product that a page has just listed, so that every later page begins one row further on.
func (s *Shop) deleteListed(c *call, listed []ref) {
	if c.fault == RowDeleted && len(listed) > 0 {
		s.Delete(s.layout.id(listed[len(listed)/2]), true)
	}
}

// product finds a product that can be read by its id; a variation is none.
func (s *Shop) product(id int64) (ref, bool) {
	r, ok := s.layout.find(id, s.issued)
	if !ok || r.v >= 0 {
		return ref{}, false
	}
	return r, s.listed(r) || s.state(r).status == trash
}

func (s *Shop) variation(parent, id int64) (ref, bool) {
	r, ok := s.layout.find(id, s.issued)
	if !ok || r.v < 0 || s.layout.id(ref{r.i, -1}) != parent {
		return ref{}, false
	}
	return r, s.variationListed(r)
}

func (s *Shop) getProduct(c *call) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	// The shop widens this read to variations.
	r, ok := s.layout.find(c.id, s.issued)
	if !ok || !s.listed(r) && s.state(r).status != trash {
		return invalidID(badProductID)
	}
	return s.one(c, s.appendProduct(nil, r, false))
}

func (s *Shop) listVariationsOf(c *call) answer {
	s.mu.RLock()
	parent, ok := s.product(c.id)
	s.mu.RUnlock()
	if !ok {
		return invalidID(badProductID)
	}
	return s.page(c, nil, func(l *listing) (int, []ref) {
		if !s.layout.variable(int(parent.i)) {
			return 0, nil
		}
		return s.selectVariations(l, parent, false)
	}, func(b []byte, r ref) []byte { return s.appendVariation(b, r, ofParent) })
}

func (s *Shop) listVariations(c *call) answer {
	return s.page(c, nil, func(l *listing) (int, []ref) { return s.selectVariations(l, ref{}, true) },
		func(b []byte, r ref) []byte { return s.appendVariation(b, r, inVariations) })
}

func (s *Shop) getVariation(c *call) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.variation(c.id, c.sub)
	if !ok {
		return invalidID(badVariationID)
	}
	return s.one(c, s.appendVariation(nil, r, ofParent))
}

func (s *Shop) createProduct(c *call) answer {
	var w productWrite
	if decodeJSON(c.body, &w) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.create(w)
}

func (s *Shop) create(w productWrite) answer {
	r := ref{int32(s.issued), -1}
	st := state{created: s.now(), price: -1, managed: unmanaged, flags: external}
	if a := s.checkWrite(w, r); a != nil {
		return *a
	}
	s.issued++
	s.apply(r, st, w)
	s.record(entry{Op: opCreate, ID: s.layout.id(r), At: st.created, Write: &w})
	return answer{status: http.StatusCreated, body: s.appendProduct(nil, r, true), effect: "product.created"}
}

func (s *Shop) updateProduct(c *call) answer {
	var w productWrite
	if decodeJSON(c.body, &w) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.product(c.id)
	if !ok {
		return wpError(http.StatusBadRequest, badProductID, "Invalid ID.")
	}
	if a := s.update(r, w); a != nil {
		return *a
	}
	return answer{status: http.StatusOK, body: s.appendProduct(nil, r, true), effect: "product.updated"}
}

func (s *Shop) updateVariation(c *call) answer {
	var w productWrite
	if decodeJSON(c.body, &w) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.variation(c.id, c.sub)
	if !ok {
		return wpError(http.StatusBadRequest, badVariationID, "Invalid ID.")
	}
	if a := s.update(r, w); a != nil {
		return *a
	}
	return answer{status: http.StatusOK, body: s.appendVariation(nil, r, ofParent), effect: "variation.updated"}
}

func (s *Shop) update(r ref, w productWrite) *answer {
	if a := s.checkWrite(w, r); a != nil {
		return a
	}
	s.apply(r, s.state(r), w)
	s.record(entry{Op: opUpdate, ID: s.layout.id(r), At: s.state(r).modified, Write: &w})
	return nil
}

func (s *Shop) deleteProduct(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.product(c.id)
	if !ok {
		return invalidID(badProductID)
	}
	body := s.appendProduct(nil, r, true)
	force := truth(c.query, "force")
	if !force && !s.listed(r) {
		return wpError(http.StatusGone, "woocommerce_rest_already_trashed", "The product has already been deleted.")
	}
	s.remove(r, force)
	if !force {
		return answer{status: http.StatusOK, body: s.appendProduct(nil, r, true), effect: "product.trashed"}
	}
	return answer{status: http.StatusOK, body: body, effect: "product.deleted"}
}

func (s *Shop) deleteVariation(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.variation(c.id, c.sub)
	if !ok {
		return invalidID(badVariationID)
	}
	body := s.appendVariation(nil, r, ofParent)
	s.remove(r, true)
	return answer{status: http.StatusOK, body: body, effect: "variation.deleted"}
}

// productWrite is what a body may set. manage_stock is true, false or "parent".
type productWrite struct {
	Name     *string         `json:"name,omitempty"`
	SKU      *string         `json:"sku,omitempty"`
	EAN      *string         `json:"global_unique_id,omitempty"`
	Price    *amount         `json:"regular_price,omitempty"`
	Sale     *amount         `json:"sale_price,omitempty"`
	Status   *string         `json:"status,omitempty"`
	Manage   json.RawMessage `json:"manage_stock,omitempty"`
	Quantity *json.Number    `json:"stock_quantity,omitempty"`
	Delta    *json.Number    `json:"inventory_delta,omitempty"`
}
