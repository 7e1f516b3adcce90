package mapping

import (
	"bytes"
	"math"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
)

// fits says whether a value that begins with c can be of the shape.
func fits(shape *koppel.Shape, c byte) bool {
	switch shape.Type {
	case koppel.ShapeAny:
		return true
	case koppel.ShapeString:
		return c == '"' || c == 'n' && shape.Nullable
	case koppel.ShapeInt, koppel.ShapeNumber:
		return c == '-' || c-'0' <= 9 || c == 'n' && shape.Nullable
	case koppel.ShapeBool:
		return c == 't' || c == 'f' || c == 'n' && shape.Nullable
	case koppel.ShapeObject:
		return c == '{' || c == 'n' && shape.Nullable
	case koppel.ShapeList:
		return c == '[' || c == 'n' && shape.Nullable
	}
	return false
}

func describe(shape *koppel.Shape) string {
	name := string(shape.Type)
	if shape.Nullable {
		name += " or null"
	}
	return name
}

func found(c byte) string {
	switch c {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "list"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	return "number"
}

// numberFor gives a number as the shape at n wants it: a whole number that
// fits as int, everything else as its text.
func numberFor(n *node, text []byte, whole bool) (any, error) {
	if n.shape.Type == koppel.ShapeInt || n.shape.Type == koppel.ShapeAny {
		if i, ok := atoi(text); whole && ok {
			return i, nil
		}
		if n.shape.Type == koppel.ShapeInt && !whole {
			d, err := parseDecimal(string(text))
			if err != nil || !d.IsInteger() {
				return nil, &driftError{path: n.path, reason: "expected a whole number", input: clip(text)}
			}
			if i := d.BigInt(); i.IsInt64() {
				return int(i.Int64()), nil
			}
		}
	}
	return number(text), nil
}

// atoi reads a whole number that fits an int64.
func atoi(text []byte) (int, bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 19 {
		return 0, false
	}
	var u uint64
	for _, c := range text {
		if c-'0' > 9 {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if u > math.MaxInt64 {
		return 0, false
	}
	if negative {
		return -int(u), true
	}
	return int(u), true
}

// escapeLen is the length of the escape at the start of b, 0 when it is none.
// A surrogate must be followed by its other half.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r, ok := hex4(b)
		if !ok {
			return 0
		}
		if !utf16.IsSurrogate(r) {
			return 6
		}
		if low, ok := hex4(b[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return 12
		}
	}
	return 0
}

// hex4 reads \uXXXX at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape resolves the escapes of a checked string into the scanner's buffer.
func (s *scanner) unescape(b []byte) []byte {
	out := s.text[:0]
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			s.text = append(out, b...)
			return s.text
		}
		out = append(out, b[:i]...)
		n := escapeLen(b[i:])
		switch b[i+1] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(b[i:])
			if n == 12 {
				low, _ := hex4(b[i+6:])
				r = utf16.DecodeRune(r, low)
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b[i+1])
		}
		b = b[i+n:]
	}
}

// clip shortens an input for an error, at a character's border.
func clip[T ~[]byte | ~string](input T) string {
	if len(input) <= maxReason {
		return string(input)
	}
	end := maxReason
	for end > 0 && !utf8.RuneStart(input[end]) {
		end--
	}
	return string(input[:end]) + "…"
}
