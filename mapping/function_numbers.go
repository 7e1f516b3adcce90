package mapping

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/shopspring/decimal"
)

var numberFunctions = []Function{
	{Name: "round", Group: "Numbers", Signature: "round(value decimal, places int) decimal",
		Doc:      "Rounded to a number of decimals (0 to 12), halves away from zero.",
		Examples: []Example{{`round(2.345, 2)`, `2.35`}, {`round(-2.5, 0)`, `-3`}},
		run: func(_ *meter, args []any) (any, error) {
			places := args[1].(int)
			if places < 0 || places > quotientDigits {
				return nil, fmt.Errorf("%d decimals, not 0 to %d", places, quotientDigits)
			}
			return roundTo(args[0].(decimal.Decimal), int32(places)), nil
		}},
	{Name: "floor", Group: "Numbers", Signature: "floor(value any) int or null",
		Doc:      "The largest whole number that is not larger; takes a text as int() does.",
		Examples: []Example{{`floor(2.9)`, `2`}, {`floor("-2.1")`, `-3`}},
		run:      func(_ *meter, args []any) (any, error) { return floorOf(args[0]) }},
	{Name: "ceil", Group: "Numbers", Signature: "ceil(value decimal) int",
		Doc:      "The smallest whole number that is not smaller.",
		Examples: []Example{{`ceil(2.1)`, `3`}},
		run:      func(_ *meter, args []any) (any, error) { return toInt(args[0].(decimal.Decimal).Ceil()) }},
	{Name: "abs", Group: "Numbers", Signature: "abs(value decimal) decimal",
		Doc:      "Without its sign.",
		Examples: []Example{{`abs(-3.5)`, `3.5`}},
		run:      func(_ *meter, args []any) (any, error) { return args[0].(decimal.Decimal).Abs(), nil }},
	{Name: "min", Group: "Numbers", Signature: "min(a decimal, b decimal) decimal",
		Doc:      "The smaller of two numbers.",
		Examples: []Example{{`min(2, 1.5)`, `1.5`}},
		run: func(_ *meter, args []any) (any, error) {
			return decimal.Min(args[0].(decimal.Decimal), args[1].(decimal.Decimal)), nil
		}},
	{Name: "max", Group: "Numbers", Signature: "max(a decimal, b decimal) decimal",
		Doc:      "The larger of two numbers.",
		Examples: []Example{{`max(0, -4)`, `0`}},
		run: func(_ *meter, args []any) (any, error) {
			return decimal.Max(args[0].(decimal.Decimal), args[1].(decimal.Decimal)), nil
		}},
}

// roundTo rounds a decimal that has more than places decimals.
func roundTo(d decimal.Decimal, places int32) decimal.Decimal {
	drop := -places - d.Exponent()
	if drop <= 0 {
		return d
	}
	n, ok := small(d)
	if !ok || drop > maxSmall {
		return d.Round(places)
	}
	unit := powers[drop]
	q, r := n/unit, n%unit
	if 2*uint64(max(r, -r)) >= uint64(unit) {
		if n < 0 {
			q--
		} else {
			q++
		}
	}
	return decimal.New(q, -places)
}

// quotientOf divides to so many decimals, halves away from zero. y is not 0.
func quotientOf(x, y decimal.Decimal) decimal.Decimal {
	n, okN := small(x)
	m, okM := small(y)
	shift := x.Exponent() - y.Exponent() + quotientDigits
	if !okN || !okM || shift < 0 || shift > maxSmall {
		return x.DivRound(y, quotientDigits)
	}
	divisor := magnitude(int(m))
	high, low := bits.Mul64(magnitude(int(n)), uint64(powers[shift]))
	if high >= divisor {
		return x.DivRound(y, quotientDigits)
	}
	q, r := bits.Div64(high, low, divisor)
	if r >= divisor-r {
		q++
	}
	if q > math.MaxInt64 {
		return x.DivRound(y, quotientDigits)
	}
	if (n < 0) != (m < 0) {
		return decimal.New(-int64(q), -quotientDigits)
	}
	return decimal.New(int64(q), -quotientDigits)
}

// maxSmall is how many digits always fit an int64.
const maxSmall = 18

// powers are the powers of ten that fit an int64.
var powers = func() (p [maxSmall + 1]int64) {
	p[0] = 1
	for i := range maxSmall {
		p[i+1] = 10 * p[i]
	}
	return p
}()

// small is the coefficient of a decimal that fits an int64: nearly all, and
// computing with them needs no memory.
func small(d decimal.Decimal) (int64, bool) {
	if d.NumDigits() > maxSmall {
		return 0, false
	}
	return d.CoefficientInt64(), true
}

func floorOf(v any) (any, error) {
	if i, ok := v.(int); ok {
		return i, nil
	}
	d, err := castDecimal(v)
	if d == nil || err != nil {
		return nil, err
	}
	return toInt(d.(decimal.Decimal).Floor())
}
