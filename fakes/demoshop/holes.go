package demoshop

import (
	"slices"
	"sort"
)

// holes is the sorted set of positions that a listing leaves out. It answers
// "which is the n-th that is left" by binary search.
type holes struct{ at []uint32 }

func (h *holes) has(p int) bool {
	_, ok := slices.BinarySearch(h.at, uint32(p))
	return ok
}

func (h *holes) add(p int) {
	if k, ok := slices.BinarySearch(h.at, uint32(p)); !ok {
		h.at = slices.Insert(h.at, k, uint32(p))
	}
}

func (h *holes) remove(p int) {
	if k, ok := slices.BinarySearch(h.at, uint32(p)); ok {
		h.at = slices.Delete(h.at, k, k+1)
	}
}

// nth is the position of the n-th that is not a hole.
func (h *holes) nth(n int) int {
	k := sort.Search(len(h.at), func(k int) bool { return int(h.at[k])-k > n })
	return n + k
}
