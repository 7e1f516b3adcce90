package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

var errPattern = fmt.Errorf("a pattern of more than %d instructions", maxPattern)

// internals are the functions the checker calls for operators and members.
// Their names hold parentheses, so that no expression can call them. The first
// argument is the meter. They are set in init because slicing and summing are
// described by the table that refers back to them.
var internals map[string]func(args ...any) (any, error)

func init() {
	internals = map[string]func(args ...any) (any, error){
		"add()":       pair(add),
		"subtract()":  pair(subtract),
		"multiply()":  pair(multiply),
		"divide()":    pair(divide),
		"remainder()": pair(remainder),
		"negate()":    func(args ...any) (any, error) { return negate(args[0].(*meter), args[1]) },
		"equal()":     func(args ...any) (any, error) { return equal(args[0].(*meter), args[1], args[2]) },
		"unequal()": func(args ...any) (any, error) {
			same, err := equal(args[0].(*meter), args[1], args[2])
			return !same, err
		},
		"less()":    comparison("<", func(order int) bool { return order < 0 }),
		"atMost()":  comparison("<=", func(order int) bool { return order <= 0 }),
		"more()":    comparison(">", func(order int) bool { return order > 0 }),
		"atLeast()": comparison(">=", func(order int) bool { return order >= 0 }),
		"in()":      pair(func(m *meter, item, in any) (any, error) { return contains(m, in, item) }),
		"matches()": func(args ...any) (any, error) { return matches(args[0].(*meter), args[1], args[2].(*pattern)) },
		"range()":   pair(span),
		"truth()": func(args ...any) (any, error) {
			switch b := args[1].(type) {
			case bool:
				return b, nil
			case nil:
				return false, nil
			}
			return nil, fmt.Errorf("a condition must be bool, not %s", show(args[1]))
		},
		"tick()": func(args ...any) (any, error) { return nil, args[0].(*meter).step(1) },
		"list()": func(args ...any) (any, error) { return toList(args[0].(*meter), args[1]) },
		"sum()":  func(args ...any) (any, error) { return sum(args[0].(*meter), args[1]) },
		"slot()": func(args ...any) (any, error) {
			o, ok := args[1].(*object)
			if !ok {
				return nil, nil
			}
			return o.slots[args[2].(int)], nil
		},
		"get()":   func(args ...any) (any, error) { return get(args[0].(*meter), args[1], args[2].(string)) },
		"index()": func(args ...any) (any, error) { return index(args[0].(*meter), args[1], args[2]) },
		"slice()": func(args ...any) (any, error) { return cut(args[0].(*meter), args[1], args[2], args[3]) },
	}
	maps.Copy(internals, textOperators())
}

func pair(f func(m *meter, a, b any) (any, error)) func(args ...any) (any, error) {
	return func(args ...any) (any, error) { return f(args[0].(*meter), args[1], args[2]) }
}

func comparison(op string, holds func(order int) bool) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		order, ok, err := compare(args[0].(*meter), op, args[1], args[2])
		return ok && holds(order), err
	}
}

func matches(m *meter, v any, p *pattern) (bool, error) {
	switch text := v.(type) {
	case nil:
		return false, nil
	case string:
		if err := m.step(1 + len(text)*p.cost/16); err != nil {
			return false, err
		}
		return p.re.MatchString(text), nil
	}
	return false, fmt.Errorf("matches: expected a text, not %s", show(v))
}

// toList takes what a remote may send for a list: null and a missing member
// are the empty list.
func toList(m *meter, v any) ([]any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return adoptAll(x), m.list(len(x))
	case []string:
		list := make([]any, len(x))
		for i, s := range x {
			list[i] = s
		}
		return list, m.list(len(list))
	case raw:
		return x.list(m)
	}
	return nil, fmt.Errorf("expected a list, not %s", show(v))
}

func span(m *meter, from, to any) (any, error) {
	a, okA := from.(int)
	b, okB := to.(int)
	if from == nil || to == nil {
		return nil, nil
	}
	if !okA || !okB {
		return nil, mismatch("..", from, to)
	}
	if b < a {
		return []any{}, nil
	}
	size := uint64(b) - uint64(a)
	if size >= maxList {
		return nil, errList
	}
	list := make([]any, size+1)
	for i := range list {
		list[i] = a + i
	}
	return list, errors.Join(m.grow(16*len(list)), m.list(len(list)))
}

// sum adds numbers; nulls count as nothing, an empty list is 0.
func sum(m *meter, v any) (any, error) {
	list, err := toList(m, v)
	if err != nil {
		return nil, err
	}
	var total any = 0
	for _, x := range list {
		if x == nil {
			continue
		}
		if _, isText := x.(string); isText {
			return nil, fmt.Errorf("sum: expected numbers, not %s", show(x))
		}
		if total, err = add(m, total, x); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func get(m *meter, v any, name string) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return adopt(x[name]), nil
	case map[string]string:
		if s, ok := x[name]; ok {
			return s, nil
		}
		return nil, nil
	case raw:
		return x.get(m, name)
	case *object:
		return raw(x.raw).get(m, name)
	}
	return nil, fmt.Errorf("%s has no member %s", show(v), name)
}

// index reads an element, from the end when i is negative; one that is not
// there is null.
func index(m *meter, v, i any) (any, error) {
	if v == nil || i == nil {
		return nil, nil
	}
	if name, ok := i.(string); ok {
		return get(m, v, name)
	}
	n, ok := i.(int)
	if !ok {
		return nil, fmt.Errorf("an index must be int, not %s", show(i))
	}
	list, err := toList(m, v)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		n += len(list)
	}
	if n < 0 || n >= len(list) {
		return nil, nil
	}
	return adopt(list[n]), nil
}

// cut is value[from:to] on the characters of a text or the elements of a list.
func cut(m *meter, v, from, to any) (any, error) {
	if text, ok := v.(string); ok {
		if err := m.grow(len(text)); err != nil {
			return nil, err
		}
		runes := []rune(text)
		a, b, err := bounds(from, to, len(runes))
		if err != nil {
			return nil, err
		}
		return string(runes[a:b]), nil
	}
	if v == nil {
		return nil, nil
	}
	list, err := toList(m, v)
	if err != nil {
		return nil, err
	}
	a, b, err := bounds(from, to, len(list))
	if err != nil {
		return nil, err
	}
	return list[a:b:b], nil
}

func bounds(from, to any, size int) (a, b int, err error) {
	b = size
	for _, bound := range []struct {
		v    any
		into *int
	}{{from, &a}, {to, &b}} {
		switch i := bound.v.(type) {
		case nil:
		case int:
			if i < 0 {
				i += size
			}
			*bound.into = max(0, min(i, size))
		default:
			return 0, 0, fmt.Errorf("a place to cut must be int, not %s", show(i))
		}
	}
	return min(a, b), b, nil
}

// adopt brings a value from outside into the types expressions compute with.
func adopt(v any) any {
	switch x := v.(type) {
	case int64:
		return int(x)
	case int32:
		return int(x)
	case uint64:
		if x <= math.MaxInt64 {
			return int(x)
		}
		return number(strconv.FormatUint(x, 10))
	case uint32:
		return int(x)
	case float32:
		return adopt(float64(x))
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int(x)
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return decimal.NewFromFloat(x)
	case []byte:
		return string(x)
	case json.Number:
		if i, ok := atoi([]byte(x)); ok {
			return i
		}
		return number(x)
	case json.RawMessage:
		return raw(x)
	}
	return v
}

// adoptAll adopts the elements of a list, copying it only when one changes.
func adoptAll(list []any) []any {
	for i, v := range list {
		switch v.(type) {
		case int64, int32, uint64, uint32, float64, float32, []byte, json.Number, json.RawMessage:
			own := slices.Clone(list)
			for j := i; j < len(own); j++ {
				own[j] = adopt(own[j])
			}
			return own
		}
	}
	return list
}
