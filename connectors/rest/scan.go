package rest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// scanner checks JSON (RFC 8259) and finds where values begin and end, without
// decoding them. It is several times faster than a general tokenizer because
// it never copies, and it is the hot path of every read. Invalid UTF-8 is not
// its business; duplicate names are counted, since they spoil one record only.
type scanner struct {
	data []byte
	pos  int
	// duplicates counts members whose name occurred before in the same object.
	duplicates int
	// escaped: the text skipped last has escapes in it.
	escaped bool
	seen    []seenName
}

type seenName struct {
	print      uint64
	start, end int
}

const maxJSONDepth = 200

// errTruncated is a body that ends inside a value.
var errTruncated = errors.New("the body ends inside a value")

// malformed is a body that is not JSON.
type malformed struct {
	at   int
	want string
}

func (e *malformed) Error() string {
	return fmt.Sprintf("not JSON at byte %d: expected %s", e.at, e.want)
}

func (s *scanner) bad(want string) error {
	if s.pos >= len(s.data) {
		return errTruncated
	}
	return &malformed{s.pos, want}
}

// space skips white space and returns the byte after it, 0 at the end.
func (s *scanner) space() byte {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		s.pos++
	}
	return 0
}

// value skips one value.
func (s *scanner) value(depth int) error {
	switch c := s.space(); {
	case c == '"':
		return s.text()
	case c == '{':
		return s.object(depth + 1)
	case c == '[':
		return s.array(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.bad("a value")
}

func (s *scanner) word(word string) error {
	for i := range len(word) {
		if s.pos >= len(s.data) || s.data[s.pos] != word[i] {
			return s.bad(word)
		}
		s.pos++
	}
	return nil
}

func (s *scanner) digits() error {
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	if s.pos == start {
		return s.bad("a digit")
	}
	return nil
}

func (s *scanner) number() error {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.data) && s.data[s.pos] == '0' {
		s.pos++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if s.pos < len(s.data) && s.data[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		return s.digits()
	}
	return nil
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain are the bytes that end nothing inside a string.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return table
}()

// text skips a string. Most are short, so the first bytes are looked at one by
// one; long ones go eight at a time up to the next quote, backslash or control
// character.
func (s *scanner) text() error {
	data := s.data
	i := s.pos + 1
	s.escaped = false
	for {
		for short := min(i+24, len(data)); i < short && plain[data[i]]; {
			i++
		}
		if i < len(data) && plain[data[i]] {
			i = skipPlain(data, i)
		}
		if i >= len(data) {
			s.pos = i
			return errTruncated
		}
		if data[i] == '"' {
			s.pos = i + 1
			return nil
		}
		s.pos = i
		if data[i] < 0x20 {
			return s.bad("no control character in a text")
		}
		s.escaped = true
		if err := s.escape(); err != nil {
			return err
		}
		i = s.pos
	}
}

// skipPlain is the place of the next byte that is not plain.
func skipPlain(data []byte, i int) int {
	for i+8 <= len(data) {
		w := binary.LittleEndian.Uint64(data[i:])
		quote := w ^ (lows * '"')
		slash := w ^ (lows * '\\')
		if stop := ((quote-lows)&^quote | (slash-lows)&^slash | (w-lows*0x20)&^w) & highs; stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		i += 8
	}
	for i < len(data) && plain[data[i]] {
		i++
	}
	return i
}

func (s *scanner) escape() error {
	s.pos++
	if s.pos >= len(s.data) {
		return errTruncated
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return nil
	case 'u':
		s.pos++
		for range 4 {
			if s.pos >= len(s.data) {
				return errTruncated
			}
			if c := s.data[s.pos] | 0x20; !('0' <= s.data[s.pos] && s.data[s.pos] <= '9' || 'a' <= c && c <= 'f') {
				return s.bad("four hexadecimal digits")
			}
			s.pos++
		}
		return nil
	}
	return s.bad("an escape")
}

func (s *scanner) array(depth int) error {
	if depth > maxJSONDepth {
		return s.bad("fewer nested values")
	}
	s.pos++
	if s.space() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.bad("a comma or ]")
		}
	}
}

func (s *scanner) object(depth int) error {
	members := members{scanner: s, depth: depth}
	for members.next() {
		if err := s.value(depth); err != nil {
			return err
		}
	}
	return members.finish()
}

// members walks an object: after next the scanner stands before the value of
// the member whose name (without quotes) is data[nameStart:nameEnd].
type members struct {
	*scanner
	depth              int
	nameStart, nameEnd int
	nameEscaped        bool
	count              int
	base               int
	bloom              [4]uint64
	err                error
}

func (m *members) next() bool {
	s := m.scanner
	if m.count == 0 {
		m.base = len(s.seen)
		if m.depth > maxJSONDepth {
			m.err = s.bad("fewer nested values")
			return false
		}
		s.pos++
		if s.space() == '}' {
			s.pos++
			return false
		}
	} else {
		switch s.space() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			return false
		default:
			m.err = s.bad("a comma or }")
			return false
		}
	}
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		m.err = s.bad("a name")
		return false
	}
	m.count++
	m.nameStart = s.pos + 1
	if m.err = s.text(); m.err != nil {
		return false
	}
	m.nameEnd, m.nameEscaped = s.pos-1, s.escaped
	m.note()
	if s.space() != ':' {
		m.err = s.bad("a colon")
		return false
	}
	s.pos++
	s.space()
	return true
}

func (m *members) finish() error {
	m.seen = m.seen[:m.base]
	return m.err
}

// note records the member's name and counts it when it occurred before. A
// small Bloom filter saves nearly all comparisons.
func (m *members) note() {
	s := m.scanner
	name := s.data[m.nameStart:m.nameEnd]
	if m.nameEscaped {
		name = unquote(name)
	}
	print := fingerprint(name)
	bit := (print * 0x9E3779B97F4A7C15) >> 56
	word, mask := bit>>6, uint64(1)<<(bit&63)
	if m.bloom[word]&mask != 0 {
		for _, other := range s.seen[m.base:] {
			if other.print == print && bytes.Equal(name, unquote(s.data[other.start:other.end])) {
				s.duplicates++
				break
			}
		}
	}
	m.bloom[word] |= mask
	s.seen = append(s.seen, seenName{print, m.nameStart, m.nameEnd})
}

// is compares the member's name with a plain one.
func (m *members) is(name string) bool {
	raw := m.data[m.nameStart:m.nameEnd]
	return string(raw) == name || m.nameEscaped && string(unquote(raw)) == name
}
