package mapping

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// add is + : numbers are added, texts and lists joined. Null gives null.
func add(m *meter, a, b any) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			if err := m.grow(len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	case int:
		if y, ok := b.(int); ok {
			if sum := x + y; (sum > x) == (y > 0) {
				return sum, nil
			}
		}
	case []any:
		if y, ok := b.([]any); ok {
			if err := m.list(len(x) + len(y)); err != nil {
				return nil, err
			}
			if err := m.grow(16 * (len(x) + len(y))); err != nil {
				return nil, err
			}
			return append(append(make([]any, 0, len(x)+len(y)), x...), y...), nil
		}
	}
	return arithmetic("+", a, b, decimal.Decimal.Add)
}

func subtract(_ *meter, a, b any) (any, error) {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			if diff := x - y; (diff < x) == (y > 0) {
				return diff, nil
			}
		}
	}
	return arithmetic("-", a, b, decimal.Decimal.Sub)
}

func multiply(_ *meter, a, b any) (any, error) {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			if high, low := bits.Mul64(magnitude(x), magnitude(y)); high == 0 && low <= math.MaxInt64 {
				return x * y, nil
			}
		}
	}
	return arithmetic("*", a, b, decimal.Decimal.Mul)
}

func magnitude(i int) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// quotientDigits is how many decimals a quotient has: twice the six of a unit
// price, so that prices of a thousandth survive a further step.
const quotientDigits = 12

func divide(_ *meter, a, b any) (any, error) {
	return quotient("/", a, b, quotientOf)
}

func remainder(_ *meter, a, b any) (any, error) {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok && y != 0 {
			return x % y, nil
		}
	}
	return quotient("%", a, b, decimal.Decimal.Mod)
}

func quotient(op string, a, b any, f func(x, y decimal.Decimal) decimal.Decimal) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if y, ok, err := toDecimal(b); ok && err == nil && y.IsZero() {
		return nil, errZero
	}
	return arithmetic(op, a, b, f)
}

func arithmetic(op string, a, b any, f func(x, y decimal.Decimal) decimal.Decimal) (any, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	x, okX, err := toDecimal(a)
	if err != nil {
		return nil, err
	}
	y, okY, err := toDecimal(b)
	if err != nil {
		return nil, err
	}
	if !okX || !okY {
		return nil, mismatch(op, a, b)
	}
	return bounded(f(x, y))
}

func mismatch(op string, a, b any) error {
	return fmt.Errorf("%s %s %s cannot be computed; cast one side", nameOf(a), op, nameOf(b))
}

func negate(_ *meter, a any) (any, error) {
	switch x := a.(type) {
	case nil:
		return nil, nil
	case int:
		if x != math.MinInt64 {
			return -x, nil
		}
	}
	d, ok, err := toDecimal(a)
	if err != nil || !ok {
		return nil, fmt.Errorf("-%s cannot be computed", nameOf(a))
	}
	return bounded(d.Neg())
}

// equal is == on scalars: numbers by value whatever their type, texts, bools
// and moments by value; nothing equals null but null.
func equal(m *meter, a, b any) (bool, error) {
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case string:
		y, ok := b.(string)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		return x == y, m.scan(len(x))
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y), nil
	case int:
		if y, ok := b.(int); ok {
			return x == y, nil
		}
	}
	if b == nil {
		return false, nil
	}
	x, okX, err := toDecimal(a)
	if err != nil {
		return false, err
	}
	y, okY, err := toDecimal(b)
	if err != nil {
		return false, err
	}
	switch {
	case okX && okY:
		return x.Equal(y), nil
	case okX || okY:
		return false, nil
	}
	switch b.(type) {
	case string, bool, time.Time:
		return false, nil
	}
	return false, fmt.Errorf("%s and %s cannot be compared", nameOf(a), nameOf(b))
}

// compare orders numbers, texts and moments; ok is false when a side is null.
func compare(m *meter, op string, a, b any) (order int, ok bool, err error) {
	if a == nil || b == nil {
		return 0, false, nil
	}
	switch x := a.(type) {
	case int:
		if y, isInt := b.(int); isInt {
			return cmp.Compare(x, y), true, nil
		}
	case string:
		if y, isText := b.(string); isText {
			return strings.Compare(x, y), true, m.scan(min(len(x), len(y)))
		}
	case time.Time:
		if y, isTime := b.(time.Time); isTime {
			return x.Compare(y), true, nil
		}
	}
	x, okX, err := toDecimal(a)
	if err != nil {
		return 0, false, err
	}
	y, okY, err := toDecimal(b)
	if err != nil {
		return 0, false, err
	}
	if !okX || !okY {
		return 0, false, mismatch(op, a, b)
	}
	return x.Cmp(y), true, nil
}

// nameOf is the type of a value in the words of the function table.
func nameOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case int:
		return "int"
	case number:
		return "number"
	case decimal.Decimal:
		return "decimal"
	case string:
		return "string"
	case time.Time:
		return "time"
	case []any:
		return "list"
	case raw, *object:
		return "JSON"
	case map[string]any:
		return "map"
	}
	return fmt.Sprintf("%T", v)
}
