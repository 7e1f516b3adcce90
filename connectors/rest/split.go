package rest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"
)

// splitter cuts a page body into records in one pass, and picks the values
// that paging needs from around them. One goroutine uses it at a time.
type splitter struct {
	wants   []want
	keys    [][]string
	parents [][]string
	changed []string
	times   timeLayout
	keyset  []string
	// volatile members, top level.
	volatile []string
	// at and places say where the records may be.
	at     Selector
	places [][]string

	scan scanner
	// drop is what is kept out of records; cut is what is kept out of the hash.
	drop       dropped
	drops, cut cutter
	// lengths has a bit per length (mod 64) of a name that matters in a record.
	lengths uint64
	kept    []byte
}

// want is a path in the envelope; the first one is the records.
type want struct {
	parts []string
	raw   []byte
	found bool
}

type span struct{ start, end int }

func newSplitter(s *Stream, extra ...string) *splitter {
	sp := &splitter{volatile: s.Volatile, at: s.Records, places: s.Records.alternatives(), drop: newDropped(s.Drop)}
	sp.wants = []want{{parts: sp.places[0]}}
	for _, path := range extra {
		sp.wants = append(sp.wants, want{parts: strings.Split(path, ".")})
	}
	for _, key := range s.Key {
		sp.keys = append(sp.keys, strings.Split(key, "."))
	}
	if s.Parent != nil {
		for _, key := range s.Parent.Key {
			sp.parents = append(sp.parents, strings.Split(key, "."))
		}
	}
	if s.Group != "" {
		sp.parents = append(sp.parents, strings.Split(s.Group, "."))
	}
	if s.Since != nil && s.Since.Changed != "" {
		sp.changed = strings.Split(s.Since.Changed, ".")
		sp.times = newTimeLayout(s.Since)
	}
	if s.byKey() {
		sp.keyset = strings.Split(s.Since.Keyset, ".")
		sp.matters(sp.keyset[0])
	}
	for _, name := range sp.volatile {
		sp.matters(name)
	}
	for name := range sp.drop {
		sp.matters(name)
	}
	if len(sp.keys) == 1 {
		sp.matters(sp.keys[0][0])
	}
	if len(sp.parents) == 1 {
		sp.matters(sp.parents[0][0])
	}
	if sp.changed != nil {
		sp.matters(sp.changed[0])
	}
	return sp
}

func (sp *splitter) matters(name string) { sp.lengths |= 1 << (len(name) & 63) }

// split appends the records of body to records. An error means that the page
// as a whole is damaged.
func (sp *splitter) split(body []byte, records []Record) ([]Record, error) {
	for i := range sp.wants {
		sp.wants[i].raw, sp.wants[i].found = nil, false
	}
	if len(sp.places) > 1 {
		sp.wants[0].parts = firstOf(body, sp.places)
	}
	sp.scan = scanner{data: body, seen: sp.scan.seen[:0]}
	first := len(records)
	sp.scan.space()
	records, err := sp.envelope(uint64(1)<<len(sp.wants)-1, 0, records)
	if err != nil {
		return records, err
	}
	if sp.scan.space(); sp.scan.pos < len(body) {
		return records, &malformed{sp.scan.pos, "nothing after the value"}
	}
	if sp.scan.duplicates > 0 {
		return records, fmt.Errorf("a member name occurs twice around the records")
	}
	if !sp.wants[0].found && !sp.at.Optional {
		return records, fmt.Errorf("the answer has no member %s for the records", sp.at.String())
	}
	if !utf8.Valid(body) {
		for i := first; i < len(records); i++ {
			if r := &records[i]; r.Err == nil && !utf8.Valid(r.Raw) {
				r.Err = errNotUTF8
			}
		}
	}
	return records, nil
}

// envelope reads one value at the given depth of the paths; mask has a bit per
// want whose path leads here.
func (sp *splitter) envelope(mask uint64, depth int, records []Record) ([]Record, error) {
	s := &sp.scan
	start := s.pos
	var err error
	deeper := false
	isRecords := false
	for i := range sp.wants {
		if mask&(1<<i) == 0 {
			continue
		}
		if len(sp.wants[i].parts) > depth {
			deeper = true
		} else if i == 0 {
			isRecords = true
		}
	}
	switch {
	case isRecords:
		sp.wants[0].found = true
		records, err = sp.records(depth, records)
	case deeper && s.space() == '{':
		m := members{scanner: s, depth: depth + 1}
		for m.next() {
			inner := uint64(0)
			for i := range sp.wants {
				if mask&(1<<i) != 0 && len(sp.wants[i].parts) > depth && m.is(sp.wants[i].parts[depth]) {
					inner |= 1 << i
				}
			}
			if inner == 0 {
				err = s.value(depth + 1)
			} else {
				records, err = sp.envelope(inner, depth+1, records)
			}
			if err != nil {
				return records, err
			}
		}
		err = m.finish()
	default:
		err = s.value(depth)
	}
	for i := range sp.wants {
		if i > 0 && mask&(1<<i) != 0 && len(sp.wants[i].parts) == depth {
			sp.wants[i].raw, sp.wants[i].found = s.data[start:s.pos], true
		}
	}
	return records, err
}

// records reads the records: a list of them, a single object, or null for none.
func (sp *splitter) records(depth int, records []Record) ([]Record, error) {
	s := &sp.scan
	switch s.space() {
	case 'n':
		return records, s.word("null")
	case '{':
		return sp.record(depth, records)
	case '[':
	default:
		return records, s.bad("a list of records")
	}
	s.pos++
	if s.space() == ']' {
		s.pos++
		return records, nil
	}
	for {
		s.space()
		var err error
		if records, err = sp.record(depth+1, records); err != nil {
			return records, err
		}
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return records, nil
		default:
			return records, s.bad("a comma or ]")
		}
	}
}

// record reads one record with its key, time and hash.
func (sp *splitter) record(depth int, records []Record) ([]Record, error) {
	s := &sp.scan
	start := s.pos
	var r Record
	if s.pos >= len(s.data) || s.data[s.pos] != '{' {
		if err := s.value(depth); err != nil {
			return records, err
		}
		r.Raw, r.Err = s.data[start:s.pos:s.pos], errNotObject
		sum := sha256.Sum256(r.Raw)
		copy(r.Hash[:], sum[:])
		return append(records, r), nil
	}
	before := s.duplicates
	var key, parent, changed, cursor []byte
	sp.cut.begin(start)
	sp.drops.begin(start)
	m := members{scanner: s, depth: depth + 1}
	for m.next() {
		sp.cut.name(m.nameStart - 1)
		sp.drops.name(m.nameStart - 1)
		valueStart := s.pos
		if !m.nameEscaped && sp.lengths&(1<<((m.nameEnd-m.nameStart)&63)) == 0 {
			if err := s.value(depth + 1); err != nil {
				return records, err
			}
			sp.cut.kept, sp.drops.kept = s.pos, s.pos
			continue
		}
		if err := sp.member(&m, depth+1); err != nil {
			return records, err
		}
		value := s.data[valueStart:s.pos]
		if len(sp.keys) == 1 && m.is(sp.keys[0][0]) {
			key = value
		}
		if len(sp.parents) == 1 && m.is(sp.parents[0][0]) {
			parent = value
		}
		if sp.changed != nil && m.is(sp.changed[0]) {
			changed = value
		}
		if sp.keyset != nil && m.is(sp.keyset[0]) {
			cursor = value
		}
	}
	if err := m.finish(); err != nil {
		return records, err
	}
	sp.cut.close(s.pos - 1)
	sp.drops.close(s.pos - 1)
	r.Raw = s.data[start:s.pos:s.pos]
	sp.hashInto(&r, start)
	r.ID, r.Err = sp.keyOf(r.Raw, sp.keys, key, errNoKey)
	if len(sp.parents) > 0 {
		var err error
		if r.ParentID, err = sp.keyOf(r.Raw, sp.parents, parent, errNoParent); r.Err == nil {
			r.Err = err
		}
	}
	if changed != nil {
		r.ChangedAt = sp.times.parse(descend(changed, sp.changed[1:]))
	}
	if cursor != nil {
		r.cursor = numberText(descend(cursor, sp.keyset[1:]))
	}
	if s.duplicates > before {
		s.duplicates, r.Err = before, errDuplicates
	}
	r.Raw = sp.squeeze(start) // last, since it moves what was read above
	return append(records, r), nil
}

func (sp *splitter) isVolatile(m *members) bool {
	for _, name := range sp.volatile {
		if m.is(name) {
			return true
		}
	}
	return false
}

// hashInto hashes the record without the cut spans.
func (sp *splitter) hashInto(r *Record, start int) {
	if len(sp.cut.spans) == 0 {
		sum := sha256.Sum256(r.Raw)
		copy(r.Hash[:], sum[:])
		return
	}
	kept := sp.kept[:0]
	at := start
	for _, c := range sp.cut.spans {
		kept = append(kept, sp.scan.data[at:c.start]...)
		at = c.end
	}
	kept = append(kept, sp.scan.data[at:start+len(r.Raw)]...)
	sp.kept = kept
	sum := sha256.Sum256(kept)
	copy(r.Hash[:], sum[:])
}

const maxKeyLength = 255

// keyOf makes the text of a key: top is the value of its first member when
// there is one path, which spares the search. Of several paths one may be
// missing, such as the place of goods that lie nowhere yet, but not all.
func (sp *splitter) keyOf(raw []byte, paths [][]string, top []byte, missing error) (string, error) {
	if len(paths) == 1 {
		return keyText(descend(top, paths[0][1:]), missing)
	}
	parts := make([]string, len(paths))
	given := false
	for i, path := range paths {
		value := descend(raw, path)
		if len(value) == 0 || string(value) == "null" || string(value) == `""` {
			continue
		}
		part, err := keyText(value, missing)
		if err != nil {
			return "", err
		}
		parts[i], given = part, true
	}
	key := strings.Join(parts, "/")
	switch {
	case !given:
		return "", missing
	case utf8.RuneCountInString(key) > maxKeyLength:
		return "", errLongKey
	}
	return key, nil
}

func keyText(value []byte, missing error) (string, error) {
	if len(value) == 0 {
		return "", missing
	}
	switch c := value[0]; {
	case c == '"' && len(value) > 2:
		value = unquote(value[1 : len(value)-1])
	case c == '-' || '0' <= c && c <= '9':
	default:
		return "", missing
	}
	if utf8.RuneCount(value) > maxKeyLength {
		return "", errLongKey
	}
	return string(value), nil
}

// descend follows member names from a raw value that the scanner accepted; nil
// when a name is missing.
func descend(raw []byte, path []string) []byte {
	for _, name := range path {
		raw = bytes.TrimLeft(raw, " \t\r\n")
		if len(raw) == 0 || raw[0] != '{' {
			return nil
		}
		s := scanner{data: raw}
		m := members{scanner: &s}
		var found []byte
		for m.next() {
			start := s.pos
			if s.value(0) != nil {
				return nil
			}
			if m.is(name) {
				found = raw[start:s.pos]
			}
		}
		raw = found
	}
	return raw
}
