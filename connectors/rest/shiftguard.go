package rest

import (
	"fmt"

	"github.com/koppel-io/koppel"
)

// Rows that are deleted before the place of a read move the rows after them to
// an earlier page, so a reader that counts pages never sees some of them.
// shift_guard is for streams that are read in ascending order of a whole-number
// key: a page is taken only when it provably follows what was given, that is,
// when it begins at or before the highest key given, or at the start.
//
// Pages by offset overlap by a row or more, so this is known for every page. Paging by
// number cannot overlap; there a page is in doubt when the remote's total has
// changed since the page before, and the page before is then read again. A
// page in doubt is read further and further back until it overlaps; records
// that were given already are dropped from it.

// shifted reports whether rows may lie between what was given and this page.
func (r *Reader) shifted(at string, records []Record, total int64, overlap bool) bool {
	if r.pager.number(at) <= r.pager.first || r.at.Last == "" {
		return false
	}
	first := ""
	for i := range records {
		if records[i].Err == nil {
			first = records[i].ID
			break
		}
	}
	if first != "" && !keyAfter(first, r.at.Last) {
		return false
	}
	if r.stream.Page.Offset != "" || overlap {
		return true
	}
	return total != r.at.Total || total < 0
}

// dropKnown removes records that were given before, and checks that the keys
// ascend, on which the guard rests. Records without a key stay.
func (r *Reader) dropKnown(page *Page) error {
	kept := page.Records[:0]
	last := ""
	for _, record := range page.Records {
		if record.Err == nil || record.ID != "" {
			if !wholeNumber(record.ID) || last != "" && !keyAfter(record.ID, last) {
				return koppel.E(koppel.KindSchemaDrift, "", fmt.Sprintf("shift_guard needs ascending whole-number keys, but %s follows %s", shorten(record.ID), last))
			}
			last = record.ID
			if r.at.Last != "" && !keyAfter(record.ID, r.at.Last) {
				continue
			}
		}
		kept = append(kept, record)
	}
	page.Records = kept
	return nil
}

// keyAfter compares whole numbers of any size as text.
func keyAfter(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

func wholeNumber(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != "" && (text[0] != '0' || len(text) == 1)
}
