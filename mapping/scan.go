package mapping

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/bits"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
)

// driftError says where a record contradicts its declared shape or JSON itself.
type driftError struct {
	path   string
	reason string
	input  string
}

func (e *driftError) Error() string {
	if e.path == "" {
		return e.reason
	}
	return e.path + ": " + e.reason
}

// object is an object of the record as a value: its slots as the plan's node
// numbers them, and its bytes, valid until the record's evaluation ends.
type object struct {
	raw   []byte
	slots []any
}

// raw is a JSON value that was not taken apart, valid until the evaluation ends.
type raw []byte

// number is a JSON number as its text, so that no digit is lost before a cast.
type number string

// scanner checks a whole JSON value (RFC 8259, names unique and strings valid
// UTF-8 as RFC 7493 asks) and decodes only what a plan reads.
type scanner struct {
	data  []byte
	pos   int
	depth int
	slots []any
	// last holds the values of the record before, by slot: most texts of a
	// record are few words that come again, and need not be made again.
	last []any
	keys keySet
	text []byte
	// elements counts the decoded list elements of the record.
	elements int
}

// scan decodes data along root into slots.
func (s *scanner) scan(data []byte, root *node, slots, last []any) (any, error) {
	if len(data) > maxRecord {
		return nil, &driftError{reason: fmt.Sprintf("record of %d bytes, more than %d", len(data), maxRecord)}
	}
	if !utf8.Valid(data) {
		return nil, &driftError{reason: "invalid UTF-8"}
	}
	s.data, s.pos, s.depth, s.elements, s.slots = data, 0, 0, 0, slots
	s.last = last
	s.keys.reset()
	s.space()
	v, err := s.value(root)
	if err != nil {
		return nil, err
	}
	s.space()
	if s.pos != len(s.data) {
		return nil, s.invalid("text after the record")
	}
	return v, nil
}

func (s *scanner) invalid(reason string) error {
	return &driftError{reason: fmt.Sprintf("invalid JSON at byte %d: %s", s.pos, reason)}
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value decodes the value at pos for n; n nil only checks it. The result of an
// object whose members alone are read is nil.
func (s *scanner) value(n *node) (any, error) {
	if s.pos >= len(s.data) {
		return nil, s.invalid("unexpected end")
	}
	start := s.pos
	c := s.data[s.pos]
	if n != nil && !fits(n.shape, c) {
		if err := s.skip(); err != nil {
			return nil, err
		}
		return nil, &driftError{path: n.path, reason: "expected " + describe(n.shape) + ", found " + found(c), input: clip(s.data[start:s.pos])}
	}
	switch c {
	case '{':
		if n != nil && n.shape.Type == koppel.ShapeAny {
			err := s.object(n, nil)
			return raw(s.data[start:s.pos]), err
		}
		if n == nil || !n.whole {
			return nil, s.object(n, nil)
		}
		o := &object{slots: make([]any, n.locals)}
		err := s.object(n, o.slots)
		o.raw = s.data[start:s.pos]
		return o, err
	case '[':
		if n != nil && n.shape.Type == koppel.ShapeList {
			return s.list(n)
		}
		_, err := s.list(nil)
		if n == nil || err != nil {
			return nil, err
		}
		return raw(s.data[start:s.pos]), nil
	case '"':
		text, plain, err := s.str()
		if n == nil || err != nil {
			return nil, err
		}
		if plain && n.slot >= 0 && n.slot < len(s.last) && len(text) <= maxAgain {
			if again, ok := s.last[n.slot].(string); !ok || again != string(text) {
				s.last[n.slot] = string(text)
			}
			return s.last[n.slot], nil
		}
		if plain {
			return string(text), nil
		}
		return string(s.unescape(text)), nil
	case 't':
		return true, s.literal("true")
	case 'f':
		return false, s.literal("false")
	case 'n':
		return nil, s.literal("null")
	default:
		whole, err := s.number()
		if n == nil || err != nil {
			return nil, err
		}
		return numberFor(n, s.data[start:s.pos], whole)
	}
}

func (s *scanner) skip() error {
	_, err := s.value(nil)
	return err
}

func (s *scanner) object(n *node, slots []any) error {
	if s.depth++; s.depth > maxDepth {
		return s.invalid(fmt.Sprintf("nested deeper than %d", maxDepth))
	}
	scope := s.keys.scope()
	required := 0
	s.pos++
	s.space()
	for first := true; ; first = false {
		if s.pos >= len(s.data) {
			return s.invalid("unexpected end of an object")
		}
		if s.data[s.pos] == '}' && first {
			s.pos++
			break
		}
		if s.data[s.pos] != '"' {
			return s.invalid("expected a member name")
		}
		key, plain, err := s.str()
		if err != nil {
			return err
		}
		if !plain {
			key = append([]byte(nil), s.unescape(key)...)
		}
		hash := maphash.Bytes(keySeed, key)
		if !s.keys.add(scope, hash, key) {
			return &driftError{reason: fmt.Sprintf("member %q occurs twice in one object", clip(key))}
		}
		var child *node
		if n != nil && len(n.children) > 0 {
			child = n.lookup(key, hash)
		}
		s.space()
		if s.pos >= len(s.data) || s.data[s.pos] != ':' {
			return s.invalid("expected a colon")
		}
		s.pos++
		s.space()
		v, err := s.value(child)
		if err != nil {
			return err
		}
		if child != nil {
			if child.slot >= 0 {
				s.slots[child.slot] = v
			}
			if child.local >= 0 && slots != nil {
				slots[child.local] = v
			}
			if !child.shape.Nullable {
				required++
			}
		}
		s.space()
		if s.pos < len(s.data) && s.data[s.pos] == ',' {
			s.pos++
			s.space()
			continue
		}
		if s.pos < len(s.data) && s.data[s.pos] == '}' {
			s.pos++
			break
		}
		return s.invalid("expected a comma or the end of an object")
	}
	s.depth--
	if n != nil && required < n.required {
		return s.missing(n, scope)
	}
	return nil
}

func (s *scanner) missing(n *node, scope uint32) error {
	for _, c := range n.children {
		if !c.shape.Nullable && s.keys.add(scope, maphash.String(keySeed, c.name), []byte(c.name)) {
			return &driftError{path: c.path, reason: "expected " + describe(c.shape) + ", but it is missing"}
		}
	}
	return nil
}

func (s *scanner) list(n *node) ([]any, error) {
	if s.depth++; s.depth > maxDepth {
		return nil, s.invalid(fmt.Sprintf("nested deeper than %d", maxDepth))
	}
	var elem *node
	values := []any{}
	if n != nil {
		if elem = n.elem; elem == nil {
			elem = anyElement
		}
	}
	s.pos++
	s.space()
	for first := true; ; first = false {
		if s.pos >= len(s.data) {
			return nil, s.invalid("unexpected end of a list")
		}
		if s.data[s.pos] == ']' && first {
			s.pos++
			break
		}
		v, err := s.value(elem)
		if err != nil {
			return nil, err
		}
		if n != nil {
			if s.elements++; s.elements > maxElements || len(values) == maxList {
				return nil, &driftError{path: n.path, reason: fmt.Sprintf("more than %d elements in a list or %d in all", maxList, maxElements)}
			}
			values = append(values, v)
		}
		s.space()
		if s.pos < len(s.data) && s.data[s.pos] == ',' {
			s.pos++
			s.space()
			continue
		}
		if s.pos < len(s.data) && s.data[s.pos] == ']' {
			s.pos++
			break
		}
		return nil, s.invalid("expected a comma or the end of a list")
	}
	s.depth--
	return values, nil
}

var anyElement = newNode("", "", &koppel.Shape{Type: koppel.ShapeAny, Nullable: true})

func (s *scanner) literal(word string) error {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return s.invalid("expected a value")
	}
	s.pos += len(word)
	return nil
}

// maxAgain is the longest text that is kept for the next record.
const maxAgain = 32

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// str moves over a string and returns what is between its quotes; plain says
// that it holds no escape.
func (s *scanner) str() (text []byte, plain bool, err error) {
	s.pos++
	start := s.pos
	plain = true
	data := s.data
	for i := start; ; {
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			quote := w ^ ones*'"'
			slash := w ^ ones*'\\'
			special := ((w - ones*0x20) &^ w) | ((quote - ones) &^ quote) | ((slash - ones) &^ slash)
			if special &= highs; special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		if i >= len(data) {
			s.pos = len(data)
			return nil, false, s.invalid("unexpected end of a string")
		}
		switch c := data[i]; {
		case c == '"':
			s.pos = i + 1
			return data[start:i], plain, nil
		case c == '\\':
			plain = false
			n := escapeLen(data[i:])
			if n == 0 {
				s.pos = i
				return nil, false, s.invalid("bad escape in a string")
			}
			i += n
		case c < 0x20:
			s.pos = i
			return nil, false, s.invalid("control character in a string")
		default:
			i++
		}
	}
}

// number moves over a number; whole says that it has neither fraction nor exponent.
func (s *scanner) number() (whole bool, err error) {
	data, i := s.data, s.pos
	if i < len(data) && data[i] == '-' {
		i++
	}
	digits := func() bool {
		start := i
		for i < len(data) && data[i]-'0' <= 9 {
			i++
		}
		return i > start
	}
	zero := i < len(data) && data[i] == '0'
	start := i
	if !digits() || zero && i-start > 1 {
		return false, s.invalid("expected a value")
	}
	whole = true
	if i < len(data) && data[i] == '.' {
		whole = false
		i++
		if !digits() {
			return false, s.invalid("bad number")
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		whole = false
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if !digits() {
			return false, s.invalid("bad number")
		}
	}
	s.pos = i
	return whole, nil
}
