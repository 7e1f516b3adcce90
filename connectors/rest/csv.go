package rest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// rowScanner cuts a file into rows and renders each as a JSON object. next
// gives the row's own bytes beside it; an error of kind *badRow is about that
// row alone, any other ends the file.
type rowScanner interface {
	next(into []byte) (object, raw []byte, err error)
}

// badRow is a row that cannot be read; the rows after it can.
type badRow struct{ why string }

func (e *badRow) Error() string { return e.why }

// errEndless is a row that never ends: an open quote, or no lines at all.
var errEndless = errors.New("a row is longer than 1 MiB: a quote that is not closed, or not a file of rows")

const longestRow = 1 << 20

// csvScanner reads RFC 4180: fields in quotes may hold separators, line breaks
// and doubled quotes.
type csvScanner struct {
	in        *bufio.Reader
	separator byte
	latin     bool
	names     []string
	// rendered are the names as they stand before a value.
	rendered [][]byte
	row      []byte
	fields   [][]byte
	unquoted []byte
}

// newCSV reads the row of names, unless they are given.
func newCSV(s *Stream, from io.Reader) (*csvScanner, error) {
	c := &csvScanner{in: bufio.NewReaderSize(from, 64<<10), separator: s.Decode.Separator[0], latin: s.Decode.Charset == "latin-1", names: s.Decode.Names}
	if mark, err := c.in.Peek(3); err == nil && !c.latin && string(mark) == "\ufeff" {
		if _, err := c.in.Discard(3); err != nil {
			return nil, err
		}
	}
	if len(c.names) == 0 {
		if err := c.readRow(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, errors.New("the file has no row of names")
			}
			return nil, err
		}
		if err := c.split(); err != nil {
			return nil, fmt.Errorf("the row of names: %w", err)
		}
		for _, field := range c.fields {
			c.names = append(c.names, string(c.text(field)))
		}
		if problem := s.badNames(c.names); problem != "" {
			return nil, errors.New(problem)
		}
	}
	for _, name := range c.names {
		c.rendered = append(c.rendered, append(appendJSONText(nil, []byte(name)), ':'))
	}
	return c, nil
}

// next implements rowScanner. Empty lines are no rows.
func (c *csvScanner) next(into []byte) (object, raw []byte, err error) {
	for len(raw) == 0 {
		if err := c.readRow(); err != nil {
			return nil, nil, err
		}
		raw = bytes.TrimRight(c.row, "\r\n")
	}
	if err := c.split(); err != nil {
		return nil, raw, err
	}
	if len(c.fields) != len(c.names) {
		return nil, raw, &badRow{fmt.Sprintf("the row has %d fields, the file has %d names", len(c.fields), len(c.names))}
	}
	for i, field := range c.fields {
		text := c.text(field)
		if !utf8.Valid(text) {
			return nil, raw, &badRow{"the field " + c.names[i] + " is not valid UTF-8"}
		}
		into = append(into, "{,"[min(i, 1)])
		into = append(into, c.rendered[i]...)
		into = appendJSONText(into, text)
	}
	return append(into, '}'), raw, nil
}

// readRow reads up to the line break that ends a row, which is not inside quotes.
func (c *csvScanner) readRow() error {
	c.row = c.row[:0]
	var at stand
	for {
		part, err := c.in.ReadSlice('\n')
		c.row = append(c.row, part...)
		if len(c.row) > longestRow {
			return errEndless
		}
		if len(part) > 0 {
			at = at.after(part, c.separator)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			if len(c.row) == 0 {
				return io.EOF
			}
			return nil
		case err != nil:
			return err
		case at != inQuotes:
			return nil
		}
	}
}

// stand is where in a row a reader stands. A quote opens a field only at its
// start, so that one that stands elsewhere spoils its row and no other.
type stand int

const (
	atStart stand = iota
	inField
	inQuotes
	atQuote // a quote inside quotes: the end, or the first of two
)

func (p stand) after(part []byte, separator byte) stand {
	if p != inQuotes && bytes.IndexByte(part, '"') < 0 && part[len(part)-1] == '\n' {
		return inField
	}
	for _, b := range part {
		switch {
		case p == inQuotes:
			if b == '"' {
				p = atQuote
			}
		case b == '"' && (p == atStart || p == atQuote):
			p = inQuotes
		case b == separator:
			p = atStart
		default:
			p = inField
		}
	}
	return p
}

// split cuts the row into fields, their quotes taken off.
func (c *csvScanner) split() error {
	row := bytes.TrimRight(c.row, "\r\n")
	c.fields, c.unquoted = c.fields[:0], c.unquoted[:0]
	for at := 0; ; at++ {
		field, end, err := c.field(row, at)
		if err != nil {
			return err
		}
		c.fields = append(c.fields, field)
		if at = end; at >= len(row) {
			return nil
		}
	}
}

// field reads the field at a place and tells where it ends.
func (c *csvScanner) field(row []byte, at int) (field []byte, end int, err error) {
	if at >= len(row) || row[at] != '"' {
		end = bytes.IndexByte(row[at:], c.separator)
		if end < 0 {
			end = len(row) - at
		}
		field = row[at : at+end]
		if bytes.IndexByte(field, '"') >= 0 {
			return nil, 0, &badRow{"a quote stands inside a field without quotes, in field " + strconv.Itoa(len(c.fields)+1)}
		}
		return field, at + end, nil
	}
	start := len(c.unquoted)
	for k := at + 1; k < len(row); k++ {
		if row[k] != '"' {
			c.unquoted = append(c.unquoted, row[k])
			continue
		}
		if k+1 < len(row) && row[k+1] == '"' {
			c.unquoted = append(c.unquoted, '"')
			k++
			continue
		}
		if k+1 < len(row) && row[k+1] != c.separator {
			return nil, 0, &badRow{"text follows a closing quote, in field " + strconv.Itoa(len(c.fields)+1)}
		}
		return c.unquoted[start:len(c.unquoted):len(c.unquoted)], k + 1, nil
	}
	return nil, 0, &badRow{"a quote is not closed, in field " + strconv.Itoa(len(c.fields)+1)}
}

// text is a field in UTF-8.
func (c *csvScanner) text(field []byte) []byte {
	if !c.latin {
		return field
	}
	var out []byte
	for _, b := range field {
		out = utf8.AppendRune(out, rune(b)) // ISO 8859-1 is the first page of Unicode
	}
	return out
}

// appendJSONText writes text as a JSON string, RFC 8259 section 7.
func appendJSONText(b, text []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// lineScanner reads JSON lines: one object a line.
type lineScanner struct {
	in  *bufio.Reader
	row []byte
}

// next implements rowScanner. Empty lines are no rows.
func (l *lineScanner) next(into []byte) (object, raw []byte, err error) {
	for {
		l.row = l.row[:0]
		for {
			part, err := l.in.ReadSlice('\n')
			l.row = append(l.row, part...)
			if len(l.row) > longestRow {
				return nil, nil, errEndless
			}
			if errors.Is(err, io.EOF) && len(l.row) == 0 {
				return nil, nil, io.EOF
			}
			if err == nil || errors.Is(err, io.EOF) {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return nil, nil, err
			}
		}
		if raw = bytes.TrimSpace(l.row); len(raw) > 0 {
			break
		}
	}
	s := scanner{data: raw}
	if err := s.value(0); err != nil || s.pos < len(raw) {
		return nil, raw, &badRow{"the line is not one JSON value"}
	}
	return append(into, raw...), raw, nil
}
