package demoshop

import (
	"strconv"
	"strings"
)

func (s *Shop) words(i int) (word, word) {
	h := mix(s.cfg.Seed, uint64(i))
	return firstWords[h%uint64(len(firstWords))], secondWords[h>>16%uint64(len(secondWords))]
}

// appendName writes the plain name of a product or the option of a variation.
func (s *Shop) appendName(b []byte, r ref, st state) []byte {
	if c, ok := s.custom[r]; ok && c.name != "" {
		return append(b, c.name...)
	}
	if r.v >= 0 {
		return append(b, option(int(r.v))...)
	}
	b = s.appendDefaultName(b, r.i)
	if st.edition > 0 {
		b = append(b, " ed. "...)
		b = strconv.AppendInt(b, int64(st.edition)+1, 10)
	}
	return b
}

func (s *Shop) appendDefaultName(b []byte, i int32) []byte {
	one, two := s.words(int(i))
	b = append(b, one.name...)
	b = append(b, ' ')
	b = append(b, two.name...)
	b = append(b, ' ')
	return strconv.AppendInt(b, int64(i)+1, 10)
}

// defaultName is the name a product had at the start, kept on order lines.
func (s *Shop) defaultName(i int32) string { return string(s.appendDefaultName(nil, i)) }

func (s *Shop) name(r ref, st state) string { return string(s.appendName(nil, r, st)) }

func (s *Shop) appendSlug(b []byte, i int32) []byte {
	one, two := s.words(int(i))
	b = append(b, one.slug...)
	b = append(b, '-')
	b = append(b, two.slug...)
	b = append(b, '-')
	return strconv.AppendInt(b, int64(i)+1, 10)
}

const skuPrefix = "DEMO-"

// appendSKU writes the SKU as the API shows it: a variation without one shows
// the SKU of its parent.
func (s *Shop) appendSKU(b []byte, r ref, st state) []byte {
	if c, ok := s.custom[r]; ok && c.sku != "" {
		return append(b, c.sku...)
	}
	return s.appendDefaultSKU(b, r, st)
}

// appendDefaultSKU writes the SKU of the start, kept on order lines.
func (s *Shop) appendDefaultSKU(b []byte, r ref, st state) []byte {
	if st.flags&external != 0 && r.v < 0 {
		return b
	}
	if r.v >= 0 && st.flags&inherits != 0 {
		r.v = -1
		return s.appendSKU(b, r, s.state(r))
	}
	if r.v < 0 && !s.layout.variable(int(r.i)) && mix(s.cfg.Seed, uint64(r.i))>>40%61 == 0 {
		return b
	}
	b = append(b, skuPrefix...)
	b = appendNumber(b, int(r.i)+1, 7)
	if r.v >= 0 {
		b = append(b, '-')
		b = strconv.AppendInt(b, int64(r.v)+1, 10)
	}
	return b
}

func (s *Shop) sku(r ref, st state) string { return string(s.appendSKU(nil, r, st)) }

// bySKU finds every listed product and variation that shows a SKU.
func (s *Shop) bySKU(sku string) []ref {
	var found []ref
	if r, ok := s.skus[sku]; ok && s.listed(r) {
		found = append(found, r)
	}
	rest, ok := strings.CutPrefix(sku, skuPrefix)
	if !ok {
		return found
	}
	number, child, hasChild := strings.Cut(rest, "-")
	i, err := strconv.Atoi(number)
	if err != nil || i < 1 || i > s.issued {
		return found
	}
	r := ref{int32(i - 1), -1}
	try := func(r ref) {
		if s.listed(r) && s.sku(r, s.state(r)) == sku {
			found = append(found, r)
		}
	}
	if hasChild {
		v, err := strconv.Atoi(child)
		if err == nil && s.layout.variable(i-1) && v >= 1 && v <= s.layout.per {
			try(ref{r.i, int16(v - 1)})
		}
		return found
	}
	try(r)
	if s.layout.variable(i - 1) {
		for v := range s.layout.per {
			try(ref{r.i, int16(v)})
		}
	}
	return found
}

// appendGTIN writes the EAN, empty for parents and for every fiftieth.
func (s *Shop) appendGTIN(b []byte, r ref) []byte {
	if c, ok := s.custom[r]; ok && c.ean != "" {
		return append(b, c.ean...)
	}
	if r.v < 0 && s.layout.variable(int(r.i)) || s.hash(r)>>12%50 == 0 {
		return b
	}
	return appendEAN(b, s.layout.key(r))
}
