package rest

import (
	"fmt"
	"strings"

	"github.com/koppel-io/koppel"
)

// A keyset is a number that grows with every change of a row, such as a row
// version, in whose order the remote gives the rows. What was read up to the
// highest key is read for good, so that key is the cursor as soon as the page is
// written, in the middle of a read too. That rests on the order, which is
// checked for every row.

// checkKeyset holds reading by key to what it rests on.
func (s *Stream) checkKeyset(d *decoder, n *node) {
	since := s.Since
	if since.Keyset == "" {
		d.fail(n.get("first"), "first belongs to keyset")
		return
	}
	d.checkPath(n.get("keyset"), since.Keyset)
	if since.First != "" && !wholeNumber(since.First) {
		d.fail(n.get("first"), "keys are whole numbers, such as \"1\"")
	}
	if len(since.Query) == 0 {
		d.fail(n, "keyset needs query: how is the remote asked for what follows a key?")
	}
	for _, key := range []string{"until", "changed", "layout", "zone", "exclusive", "overlap", "by", "look_back", "windows", "recent"} {
		if n.get(key) != nil {
			d.fail(n.get(key), "%s is of reading by time; a keyset has none", key)
		}
	}
	if s.Each != "" || len(s.Partitions) > 0 {
		d.fail(n.get("keyset"), "a stream that is read per parent or in partitions has no one highest key")
	}
}

// byKey reports whether changes are read since a key.
func (s *Stream) byKey() bool { return s.Since != nil && s.Since.Keyset != "" }

// keysetPart is the one part of a read by key.
func (s *Stream) keysetPart(after string) part {
	p := part{after: after}
	if after == "" {
		p.after = s.Since.First
	}
	if p.after != "" {
		p.bounds = []Params{s.Since.Query}
	}
	return p
}

// ascend moves the cursor over the rows of a page.
func (r *Reader) ascend(page *Page) error {
	if !r.stream.byKey() {
		return nil
	}
	highest := r.at.Cursor
	for i := range page.Records {
		record := &page.Records[i]
		switch {
		case record.Err != nil:
		case !wholeNumber(record.cursor):
			return koppel.E(koppel.KindSchemaDrift, "", fmt.Sprintf("record %s has no whole number %s, on which the cursor rests", shorten(record.ID), r.stream.Since.Keyset))
		case highest != "" && keyAfter(highest, record.cursor):
			return koppel.E(koppel.KindSchemaDrift, "", fmt.Sprintf("rows must come in the order of %s, but %s follows %s", r.stream.Since.Keyset, record.cursor, highest))
		default:
			highest = record.cursor
		}
	}
	r.at.Cursor, page.Cursor = highest, highest
	return nil
}

// numberText is a whole number of a record as text, however the remote quotes it.
func numberText(value []byte) string { return strings.Trim(string(value), `"`) }
