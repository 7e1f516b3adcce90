package exact

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// filter decides about one row, whose properties get tells.
type filter func(get func(name string) any) bool

// parser reads the part of OData's $filter that Exact documents: comparisons
// of a property with a literal, joined by and, or and parentheses.
type parser struct {
	words []string
	shows func(name string) (kind, bool)
}

func parseFilter(s string, shows func(name string) (kind, bool)) (filter, error) {
	words, err := splitFilter(s)
	if err != nil {
		return nil, err
	}
	p := &parser{words, shows}
	f, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("syntax error at '%s' in '%s'", p.words[0], s)
	}
	return f, err
}

// splitFilter cuts at spaces and parentheses outside of quotes.
func splitFilter(s string) ([]string, error) {
	var words []string
	word, quoted := "", false
	flush := func() {
		if word != "" {
			words = append(words, word)
			word = ""
		}
	}
	for _, c := range s {
		switch {
		case c == '\'':
			quoted = !quoted
			word += "'"
		case quoted:
			word += string(c)
		case c == ' ':
			flush()
		case c == '(' || c == ')':
			flush()
			words = append(words, string(c))
		default:
			word += string(c)
		}
	}
	flush()
	if quoted {
		return nil, fmt.Errorf("unterminated string literal in '%s'", s)
	}
	return words, nil
}

func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *parser) or() (filter, error) {
	left, err := p.and()
	for err == nil && len(p.words) > 0 && p.words[0] == "or" {
		p.next()
		var right filter
		one := left
		right, err = p.and()
		left = func(get func(string) any) bool { return one(get) || right(get) }
	}
	return left, err
}

func (p *parser) and() (filter, error) {
	left, err := p.comparison()
	for err == nil && len(p.words) > 0 && p.words[0] == "and" {
		p.next()
		var right filter
		one := left
		right, err = p.comparison()
		left = func(get func(string) any) bool { return one(get) && right(get) }
	}
	return left, err
}

func (p *parser) comparison() (filter, error) {
	name := p.next()
	if name == "(" {
		f, err := p.or()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("')' expected")
		}
		return f, err
	}
	k, ok := p.shows(name)
	if !ok {
		return nil, fmt.Errorf("no property '%s' exists", name)
	}
	op, word := p.next(), p.next()
	want, err := literal(word, k)
	if err != nil {
		return nil, err
	}
	test, ok := operators[op]
	if !ok {
		return nil, fmt.Errorf("unknown operator '%s'", op)
	}
	return func(get func(string) any) bool {
		c, comparable := compare(get(name), want)
		return test(c, comparable)
	}, nil
}

var operators = map[string]func(c int, comparable bool) bool{
	"eq": func(c int, ok bool) bool { return ok && c == 0 },
	"ne": func(c int, ok bool) bool { return !ok || c != 0 },
	"gt": func(c int, ok bool) bool { return ok && c > 0 },
	"ge": func(c int, ok bool) bool { return ok && c >= 0 },
	"lt": func(c int, ok bool) bool { return ok && c < 0 },
	"le": func(c int, ok bool) bool { return ok && c <= 0 },
}

// literal reads a value of a kind; a GUID is written guid'…', a date-time
// datetime'2026-01-31T13:45:00', a big integer with the suffix L.
func literal(w string, k kind) (any, error) {
	wrong := fmt.Errorf("type mismatch at '%s'", w)
	inner := func(prefix string) (string, bool) {
		rest, ok := strings.CutPrefix(w, prefix+"'")
		if !ok || !strings.HasSuffix(rest, "'") {
			return "", false
		}
		return strings.ReplaceAll(strings.TrimSuffix(rest, "'"), "''", "'"), true
	}
	if w == "null" {
		return nil, nil
	}
	switch k {
	case text:
		if s, ok := inner(""); ok {
			return s, nil
		}
	case guid:
		if s, ok := inner("guid"); ok && len(s) == 36 {
			return strings.ToLower(s), nil
		}
	case boolean:
		if w == "true" || w == "false" {
			return w == "true", nil
		}
	case integer:
		if n, err := strconv.ParseInt(strings.TrimSuffix(w, "L"), 10, 64); err == nil {
			return n, nil
		}
	case decimal:
		if n, err := strconv.ParseFloat(strings.TrimRight(w, "dDmM"), 64); err == nil {
			return n, nil
		}
	case datetime:
		if s, ok := inner("datetime"); ok {
			for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05.999", "2006-01-02"} {
				if t, err := time.Parse(layout, s); err == nil {
					return date(t.UnixMilli()), nil
				}
			}
		}
	}
	return nil, wrong
}

// compare orders two values of one kind; false when either is null and the
// other is not.
func compare(a, b any) (int, bool) {
	if a == nil || b == nil {
		return 0, a == nil && b == nil
	}
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case bool:
		y, ok := b.(bool)
		if x == y {
			return 0, ok
		}
		return 1, ok
	case int64:
		y, ok := b.(int64)
		return int(min(max(x-y, -1), 1)), ok
	case float64:
		y, ok := b.(float64)
		return sign(x - y), ok
	case date:
		y, ok := b.(date)
		return int(min(max(x-y, -1), 1)), ok
	}
	return 0, false
}

func sign(x float64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}
