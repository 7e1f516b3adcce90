package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"
)

var numberFunctions = []Function{
	{Name: "round", Group: "Numbers", Signature: "round(value decimal, places int) decimal",
		Doc:      "Rounded to a number of decimals (0 to 16), halves away from zero.",
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
	if d.Exponent() >= -places {
		return d
	}
	return d.Round(places)
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
