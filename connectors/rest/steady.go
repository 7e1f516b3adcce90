package rest

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

// Rows that leave a collection while it is read move the rows behind them to an
// earlier page, where nobody looks again. Where no total and no order of the
// keys tells, the only proof is to read it again: a collection of several pages
// is steady when a pass shows the same rows as the pass before. A single page
// cannot lose anything.

// passesMost bounds the passes over a collection that never rests.
const passesMost = 5

// steadiness is what the passes over a collection have shown.
type steadiness struct {
	// Pass counts the passes before this one, InPass the pages of this one.
	Pass   int `json:"pass,omitempty"`
	InPass int `json:"in_pass,omitempty"`
	// Sum and Former stand for the rows of this pass and of the one before.
	Sum    uint64 `json:"sum,omitempty"`
	Former uint64 `json:"former,omitempty"`
}

// see adds a page to the pass. The sum does not depend on the order of rows.
func (s *steadiness) see(records []Record) {
	s.InPass++
	for i := range records {
		h := fnv.New64a()
		_, _ = h.Write([]byte(records[i].ID)) // a hash takes everything
		if records[i].ID == "" {
			_, _ = h.Write(records[i].Hash[:])
		}
		s.Sum += h.Sum64()
	}
}

// rests decides at the end of a pass: again to read once more, moved when the
// rows never rested. rule is the end rule with what the passes showed.
func (s *steadiness) rests(rule string) (out string, again, moved bool) {
	if s.Pass == 0 && s.InPass == 1 {
		return rule, false, false
	}
	switch {
	case s.Pass > 0 && s.Sum == s.Former:
		return fmt.Sprintf("%s; the same rows in passes %d and %d", rule, s.Pass, s.Pass+1), false, false
	case s.Pass+1 >= passesMost:
		return fmt.Sprintf("%s; other rows in each of %d passes", rule, passesMost), false, true
	}
	s.Pass, s.InPass, s.Former, s.Sum = s.Pass+1, 0, s.Sum, 0
	return "", true, false
}

// pass adds a page to the pass and decides at its end; again reports that the
// collection is read once more, from its first page.
func (r *Reader) pass(page *Page, end *ending) (again bool) {
	r.at.see(page.Records)
	if end.rule == "" {
		return false
	}
	var moved bool
	end.rule, again, moved = r.at.rests(end.rule)
	r.at.Skipped = r.at.Skipped || moved
	if again {
		end.next = strconv.Itoa(r.pager.first)
	}
	return again
}
