package picqer

import (
	"cmp"
	"slices"
)

// table is rows by rising id.
type table[R any] struct {
	rows []entry[R]
	next int64 // the id after the highest ever given
}

type entry[R any] struct {
	id  int64
	row *R
}

// add appends a row that make builds from its id.
func (t *table[R]) add(build func(id int64) *R) *R {
	t.next = max(t.next, 1)
	row := build(t.next)
	t.rows = append(t.rows, entry[R]{t.next, row})
	t.next++
	return row
}

func (t *table[R]) at(id int64) (int, bool) {
	return slices.BinarySearchFunc(t.rows, id, func(e entry[R], id int64) int { return cmp.Compare(e.id, id) })
}

// find is the row with an id; nil when there is none.
func (t *table[R]) find(id int64) *R {
	if k, ok := t.at(id); ok {
		return t.rows[k].row
	}
	return nil
}

func (t *table[R]) remove(id int64) bool {
	k, ok := t.at(id)
	if ok {
		t.rows = slices.Delete(t.rows, k, k+1)
	}
	return ok
}
