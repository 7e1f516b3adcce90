package demoshop

// none are the holes of a list that leaves nothing out.
var none holes

func (s *Shop) supplierRow(k int) row {
	return row{id: firstSupplierID + int64(k), created: productEpoch, modified: productEpoch, status: "active"}
}

func (s *Shop) listSuppliers(c *call) answer {
	return s.page(c, nil, func(l *listing) (int, []ref) {
		return s.selectIndexed(l, "suppliers", s.cfg.Suppliers, &none, s.supplierRow, nil)
	}, func(b []byte, r ref) []byte { return s.appendSupplier(b, int(r.i)) })
}

func (s *Shop) getSupplier(c *call) answer {
	k := c.id - firstSupplierID
	if k < 0 || k >= int64(s.cfg.Suppliers) {
		return invalidID("demoshop_rest_supplier_invalid_id")
	}
	return s.one(c, s.appendSupplier(nil, int(k)))
}

func (s *Shop) offerRow(k int) row {
	f := s.offer(k)
	return row{id: f.id, created: f.created, modified: f.modified, status: "active"}
}

func (s *Shop) listOffers(c *call) answer {
	return s.page(c, nil, func(l *listing) (int, []ref) {
		return s.selectIndexed(l, "offers", s.offers.count, &s.offers.hidden, s.offerRow, nil)
	}, func(b []byte, r ref) []byte { return s.appendOffer(b, int(r.i)) })
}

func (s *Shop) getOffer(c *call) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := c.id - firstOfferID
	if k < 0 || k >= int64(s.offers.count) || s.offers.hidden.has(int(k)) {
		return invalidID("demoshop_rest_supplier_product_invalid_id")
	}
	return s.one(c, s.appendOffer(nil, int(k)))
}

// setOffer gives a supplier product another price; the lock is held.
func (s *Shop) setOffer(k int, cents int32) {
	now := s.now()
	s.offers.changed[uint32(k)] = offerChange{price: cents, modified: now}
	s.revision++
	s.record(entry{Op: opOffer, ID: firstOfferID + int64(k), At: now, Price: cents})
}
