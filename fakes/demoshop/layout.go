package demoshop

import "sort"

// ref names a product or one of its variations by index, not by id.
type ref struct {
	i int32 // index of the product
	v int16 // index of the variation, -1 for the product itself
}

// layout turns indexes into ids and back without a table. As in WordPress all
// posts share one id space: a variable product is followed by its variations.
type layout struct {
	products int // at the start; later indexes are created ones, all simple
	every    int // every n-th product is variable
	per      int // variations of one
	gapEvery int
	big      int // the last n products at the start have ids beyond 2^53
}

const (
	firstID = 11
	gapSize = 3
	bigBase = 1 << 53
)

func (l layout) offset(i int) int {
	o := i
	if l.every > 0 {
		o += i / l.every * l.per
	}
	if l.gapEvery > 0 {
		o += i / l.gapEvery * gapSize
	}
	return o
}

func (l layout) variable(i int) bool {
	return l.every > 0 && i < l.products && i%l.every == l.every-1
}

// parents is the number of variable products.
func (l layout) parents() int {
	if l.every == 0 {
		return 0
	}
	return l.products / l.every
}

// parent is the index of the n-th variable product.
func (l layout) parent(n int) int { return n*l.every + l.every - 1 }

// key is the position of a ref in the shared id space, the key of all state.
func (l layout) key(r ref) uint32 { return uint32(l.offset(int(r.i)) + 1 + int(r.v)) }

func (l layout) id(r ref) int64 {
	id := int64(l.key(r)) + firstID
	if l.isBig(int(r.i)) {
		id += bigBase
	}
	return id
}

func (l layout) isBig(i int) bool { return l.big > 0 && i >= l.products-l.big }

// find is the ref with an id, among the first issued products.
func (l layout) find(id int64, issued int) (ref, bool) {
	big := id > bigBase
	if big {
		id -= bigBase
	}
	o := id - firstID
	if o < 0 || o > int64(l.offset(issued)) {
		return ref{}, false
	}
	i := sort.Search(issued, func(i int) bool { return int64(l.offset(i)) > o }) - 1
	if i < 0 || l.isBig(i) != big {
		return ref{}, false
	}
	v := int(o) - l.offset(i) - 1
	if v >= 0 && (!l.variable(i) || v >= l.per) {
		return ref{}, false
	}
	return ref{int32(i), int16(v)}, true
}

// sellables is the number of things that can be bought at the start: simple
// products and variations.
func (l layout) sellables() int {
	p := l.parents()
	return l.products - p + p*l.per
}

// sellable is the n-th thing that can be bought.
func (l layout) sellable(n int) ref {
	if l.every == 0 {
		return ref{int32(n), -1}
	}
	group := l.every - 1 + l.per
	g, r := n/group, n%group
	if r < l.every-1 {
		return ref{int32(g*l.every + r), -1}
	}
	return ref{int32(l.parent(g)), int16(r - (l.every - 1))}
}

// sellableIndex is the inverse of sellable; false for parents and for
// products created later.
func (l layout) sellableIndex(r ref) (int, bool) {
	i := int(r.i)
	if i >= l.products || l.variable(i) && r.v < 0 {
		return 0, false
	}
	if l.every == 0 {
		return i, true
	}
	n := i / l.every * (l.every - 1 + l.per)
	if r.v < 0 {
		return n + i%l.every, true
	}
	return n + l.every - 1 + int(r.v), true
}
