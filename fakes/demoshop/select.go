package demoshop

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// selections keeps the result of a filter until the shop changes: the pages of
// one filtered read then cost one pass over the shop.
type selections struct {
	mu       sync.Mutex
	revision uint64
	found    map[string][]ref
}

func (c *selections) get(revision uint64, key string, make func() []ref) []ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != revision || c.found == nil || len(c.found) >= 32 {
		c.revision, c.found = revision, map[string][]ref{}
	}
	found, ok := c.found[key]
	if !ok {
		found = make()
		c.found[key] = found
	}
	return found
}

// row is what a listing filters and sorts one thing by.
type row struct {
	id       int64
	created  int64
	modified int64
	status   string
	kind     string // type of a product
	name     func() string
}

// keeps tells whether a row passes the filters that all listings share.
func (s *Shop) keeps(l *listing, r row) bool {
	if len(l.statuses) > 0 && !slices.Contains(l.statuses, r.status) || len(l.types) > 0 && r.kind != "" && !slices.Contains(l.types, r.kind) {
		return false
	}
	if !l.created.none() && !l.created.hold(s.column(l, r.created)) {
		return false
	}
	if !l.modified.none() && !l.modified.hold(s.column(l, r.modified)) {
		return false
	}
	if len(l.include) > 0 && !slices.Contains(l.include, r.id) || slices.Contains(l.exclude, r.id) {
		return false
	}
	return l.search == "" || r.name != nil && strings.Contains(strings.ToLower(r.name()), strings.ToLower(l.search))
}

// filtered tells whether a listing is more than all rows by id or date.
func (l *listing) filtered() bool {
	return len(l.statuses) > 0 || l.withTrash || len(l.skus) > 0 || len(l.types) > 0 || l.ean != "" || len(l.include) > 0 || len(l.exclude) > 0 ||
		l.search != "" || l.reference != "" || !l.created.none() || !l.modified.none() || l.orderby != "id" && l.orderby != "date"
}

// sortRefs puts found rows in the order asked for; the id breaks ties. Ids and
// creation dates rise with the position, so that those need no look at rows.
func sortRefs(l *listing, found []ref, at func(ref) row) []ref {
	byPosition := func(a, b ref) int {
		if a.i != b.i {
			return int(a.i) - int(b.i)
		}
		return int(a.v) - int(b.v)
	}
	by := byPosition
	switch {
	case l.orderby == "modified":
		modified := make(map[ref]int64, len(found))
		for _, r := range found {
			modified[r] = at(r).modified
		}
		by = func(a, b ref) int { return cmp.Or(cmp.Compare(modified[a], modified[b]), byPosition(a, b)) }
	case l.orderby == "title" || l.orderby == "slug":
		names := make(map[ref]string, len(found))
		for _, r := range found {
			if w := at(r); w.name != nil {
				names[r] = w.name()
			}
		}
		by = func(a, b ref) int { return cmp.Or(strings.Compare(names[a], names[b]), byPosition(a, b)) }
	case l.orderby == "include" && len(l.include) > 0:
		by = func(a, b ref) int {
			return cmp.Compare(slices.Index(l.include, at(a).id), slices.Index(l.include, at(b).id))
		}
	}
	if l.desc {
		slices.SortFunc(found, func(a, b ref) int { return by(b, a) })
	} else {
		slices.SortFunc(found, by)
	}
	return found
}

func (s *Shop) productRow(r ref) row { return s.productRowOf(r, s.state(r)) }

func (s *Shop) productRowOf(r ref, st state) row {
	kind := "simple"
	switch {
	case r.v >= 0:
		kind = "variation"
	case s.layout.variable(int(r.i)):
		kind = "variable"
	}
	return row{s.layout.id(r), st.created, st.modified, st.status.String(), kind, func() string { return s.name(r, st) }}
}

// selectProducts finds the page of GET /products; the lock is held.
func (s *Shop) selectProducts(l *listing) (int, []ref) {
	if !l.filtered() {
		n := s.issued - len(s.hidden.at)
		return n, pick(l, n, func(k int) ref { return ref{int32(s.hidden.nth(k)), -1} })
	}
	return s.selectFound(l, "products", s.productRow, func() []ref {
		var found []ref
		switch {
		case len(l.skus) > 0:
			for _, sku := range l.skus {
				for _, r := range s.bySKU(sku) {
					if s.keeps(l, s.productRow(r)) && !slices.Contains(found, r) {
						found = append(found, r)
					}
				}
			}
		case l.ean != "":
			n, err := strconv.ParseInt(l.ean, 10, 64)
			if r, ok := s.layout.find(s.idOfKey(uint32(n/10-eanBase)), s.issued); err == nil && ok && s.listed(r) && string(s.appendGTIN(nil, r)) == l.ean && s.keeps(l, s.productRow(r)) {
				found = append(found, r)
			}
		case len(l.include) > 0:
			for _, id := range l.include {
				if r, ok := s.layout.find(id, s.issued); ok && r.v < 0 && s.shows(l, r) && s.keeps(l, s.productRow(r)) && !slices.Contains(found, r) {
					found = append(found, r)
				}
			}
		case l.recent(s.lastBase()):
			for r, st := range s.changed {
				if !l.modified.none() && !l.modified.hold(s.column(l, st.modified)) {
					continue
				}
				if r.v < 0 && s.shows(l, r) && s.keeps(l, s.productRowOf(r, st)) {
					found = append(found, r)
				}
			}
		default:
			for i := range s.issued {
				r := ref{int32(i), -1}
				if s.shows(l, r) && s.keeps(l, s.productRow(r)) {
					found = append(found, r)
				}
			}
		}
		return found
	})
}

// shows tells whether a listing may show a product: listed, or trashed where
// the trash is asked for.
func (s *Shop) shows(l *listing, r ref) bool {
	return s.listed(r) || l.withTrash && s.state(r).status == trash
}

// lastBase is when the last product of the start was made, in the latest wall
// clock there is: a later change is in the changed set.
func (s *Shop) lastBase() int64 { return createdAt(s.cfg.Products) + 15*3600 }

// recent tells whether only changed things can pass.
func (l *listing) recent(last int64) bool { return l.modified.after >= last || l.created.after >= last }

// idOfKey is the id at a position of the shared id space.
func (s *Shop) idOfKey(key uint32) int64 {
	id := int64(key) + firstID
	if s.cfg.BigIDs > 0 && int(key) >= s.layout.offset(s.cfg.Products-s.cfg.BigIDs) {
		id += bigBase
	}
	return id
}

// selectVariations finds a page of variations, of one parent or of all.
func (s *Shop) selectVariations(l *listing, parent ref, all bool) (int, []ref) {
	count := s.layout.parents() * s.layout.per
	if all && !l.filtered() {
		n := count - len(s.hiddenVars.at)
		return n, pick(l, n, func(k int) ref { return s.variationAt(s.hiddenVars.nth(k)) })
	}
	kind, from, to := "variations", 0, count
	if !all {
		from = s.variationIndex(ref{parent.i, 0})
		to = from + s.layout.per
		kind, l.parent = "variations of", int64(parent.i)
	}
	return s.selectFound(l, kind, s.productRow, func() []ref {
		var found []ref
		for n := from; n < to; n++ {
			if s.hiddenVars.has(n) {
				continue
			}
			r := s.variationAt(n)
			if !s.keeps(l, s.productRow(r)) {
				continue
			}
			if len(l.skus) > 0 && !slices.Contains(l.skus, s.sku(r, s.state(r))) {
				continue
			}
			found = append(found, r)
		}
		return found
	})
}

// selectIndexed finds a page of a list that is kept by plain index.
func (s *Shop) selectIndexed(l *listing, kind string, count int, hidden *holes, at func(int) row, also func(int) bool) (int, []ref) {
	if !l.filtered() {
		n := count - len(hidden.at)
		return n, pick(l, n, func(k int) ref { return ref{i: int32(hidden.nth(k))} })
	}
	return s.selectFound(l, kind, func(r ref) row { return at(int(r.i)) }, func() []ref {
		var found []ref
		for k := range count {
			r := at(k)
			if hidden.has(k) && !(l.withTrash && r.status == "trash") {
				continue
			}
			if s.keeps(l, r) && (also == nil || also(k)) {
				found = append(found, ref{i: int32(k)})
			}
		}
		return found
	})
}

func (s *Shop) selectFound(l *listing, kind string, at func(ref) row, find func() []ref) (int, []ref) {
	found := s.selections.get(s.revision, l.filterKey(kind), func() []ref { return sortRefs(l, find(), at) })
	from, to := l.window(len(found))
	return len(found), found[from:to]
}

// pick takes the page out of n rows that are known by their position.
func pick(l *listing, n int, at func(int) ref) []ref {
	from, to := l.window(n)
	page := make([]ref, 0, to-from)
	for k := from; k < to; k++ {
		if l.desc {
			page = append(page, at(n-1-k))
		} else {
			page = append(page, at(k))
		}
	}
	return page
}
