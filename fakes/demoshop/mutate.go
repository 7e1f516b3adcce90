package demoshop

import "math/rand/v2"

// Mutate makes n changes now, drawn from the mix of the Misbehaviour. The
// lock is let go now and then so that readers see the shop change between two
// pages.
func (s *Shop) Mutate(n int) {
	const atOnce = 1000
	for n > 0 {
		k := min(n, atOnce)
		n -= k
		mix := s.faults.Set().Mutation
		draws := s.faults.Numbers(k)
		s.mu.Lock()
		for _, d := range draws {
			s.mutate(mix, d)
		}
		s.mu.Unlock()
	}
}

func (s *Shop) mutate(mix Mutation, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	u := rng.Float64()
	for _, kind := range []struct {
		share float64
		do    func(*rand.Rand)
	}{{mix.Deletes, s.mutateDelete}, {mix.Creates, s.mutateCreate}, {mix.Orders, s.mutateOrder}, {mix.Offers, s.mutateOffer}} {
		if u < kind.share {
			kind.do(rng)
			return
		}
		u -= kind.share
	}
	s.mutateProduct(mix, rng)
}

// randomSellable draws a listed product or variation that can be bought.
func (s *Shop) randomSellable(rng *rand.Rand) (ref, bool) {
	n := s.issued - len(s.hidden.at)
	if n == 0 {
		return ref{}, false
	}
	r := ref{int32(s.hidden.nth(rng.IntN(n))), -1}
	if s.layout.variable(int(r.i)) {
		r.v = int16(rng.IntN(s.layout.per))
		if !s.variationListed(r) {
			return ref{}, false
		}
	}
	return r, true
}

func (s *Shop) mutateProduct(mix Mutation, rng *rand.Rand) {
	r, ok := s.randomSellable(rng)
	if !ok {
		return
	}
	st := s.state(r)
	silent := false
	switch k := rng.IntN(8); {
	case k < 4:
		st.price = int32(99 + rng.IntN(29900))
	case k < 7 && st.managed == byParent:
		// The number is the parent's; so is the change.
		r.v = -1
		st = s.state(r)
		fallthrough
	case k < 7:
		st.managed = own
		st.stock = int32(rng.IntN(250))
		silent = rng.Float64() < mix.SilentStock
	default:
		st.edition++
	}
	if silent {
		st.flags |= silenced
	} else {
		st.modified = s.now()
	}
	s.put(r, st)
	s.recordState(r, st)
}

func (s *Shop) recordState(r ref, st state) {
	s.record(entry{Op: opState, ID: s.layout.id(r), At: s.now(), State: &savedState{st.modified, st.price, st.stock, st.edition, st.managed, st.flags}})
}

func (s *Shop) mutateDelete(rng *rand.Rand) {
	if n := s.issued - len(s.hidden.at); n > 0 {
		s.remove(ref{int32(s.hidden.nth(rng.IntN(n))), -1}, true)
	}
}

func (s *Shop) mutateCreate(rng *rand.Rand) {
	name, price := s.defaultName(int32(s.issued)), amount(appendMoney(nil, int64(99+rng.IntN(29900))))
	sku := "NEW-" + string(appendNumber(nil, s.issued+1, 7))
	s.create(productWrite{Name: &name, SKU: &sku, Price: &price, Manage: []byte("true")})
}

func (s *Shop) mutateOrder(rng *rand.Rand) {
	if s.orders.issued == 0 || rng.IntN(2) == 0 {
		s.placeOrder()
		return
	}
	j := rng.IntN(s.orders.issued)
	if !s.orders.hidden.has(j) {
		s.setOrder(j, orderStatuses[rng.IntN(len(orderStatuses))])
	}
}

func (s *Shop) mutateOffer(rng *rand.Rand) {
	if s.offers.count == 0 {
		return
	}
	if k := rng.IntN(s.offers.count); !s.offers.hidden.has(k) {
		s.setOffer(k, int32(50+rng.IntN(15000)))
	}
}
