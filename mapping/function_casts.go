package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

var castFunctions = []Function{
	{Name: "int", Group: "Casts", Signature: "int(value any) int or null",
		Doc:      "A whole number from a number or a text. A fraction is refused; in a stock field it is rounded down. A text that means nothing (empty, nan, null, N/A) is null.",
		Examples: []Example{{`int("12")`, `12`}, {`int(12.0)`, `12`}, {`int("")`, `nil`}},
		run:      func(_ *meter, args []any) (any, error) { return castInt(args[0]) }},
	{Name: "decimal", Group: "Casts", Signature: "decimal(value any) decimal or null",
		Doc:      "An exact decimal from a number or a text with a point. A text that means nothing is null.",
		Examples: []Example{{`decimal("12.50") * 2`, `25`}, {`decimal("0.1") + decimal("0.2")`, `0.3`}, {`decimal("N/A")`, `nil`}},
		run:      func(_ *meter, args []any) (any, error) { return castDecimal(args[0]) }},
	{Name: "decimal_comma", Group: "Casts", Signature: "decimal_comma(text string) decimal or null",
		Doc:      "An exact decimal from a text whose decimal mark is a comma and whose thousands are set apart by points or spaces.",
		Examples: []Example{{`decimal_comma("1.234,56")`, `1234.56`}, {`decimal_comma("12")`, `12`}},
		run: func(_ *meter, args []any) (any, error) {
			text := strings.NewReplacer(".", "", " ", "", "\u00a0", "", ",", ".").Replace(args[0].(string))
			return castDecimal(text)
		}},
	{Name: "string", Group: "Casts", Signature: "string(value any) string",
		Doc:      "The text of a number or bool, every digit kept; a text as it is.",
		Examples: []Example{{`string(9007199254740993)`, `"9007199254740993"`}, {`string(1.50)`, `"1.5"`}, {`string(true)`, `"true"`}},
		run:      func(m *meter, args []any) (any, error) { return castString(args[0]) }},
	{Name: "int_to_string", Group: "Casts", Signature: "int_to_string(value int) string",
		Doc:      "The digits of a whole number; anything else is refused.",
		Examples: []Example{{`int_to_string(7)`, `"7"`}},
		run:      func(_ *meter, args []any) (any, error) { return strconv.Itoa(args[0].(int)), nil }},
	{Name: "bool", Group: "Casts", Signature: "bool(value any) bool or null",
		Doc:      "A bool from true, yes, y, on, 1 and their opposites, as text in any case or as number. A text that means nothing is null.",
		Examples: []Example{{`bool("Yes")`, `true`}, {`bool(0)`, `false`}, {`bool("")`, `nil`}},
		run:      func(_ *meter, args []any) (any, error) { return castBool(args[0]) }},
}

// meaningless reports whether a text stands for no value at all.
func meaningless(text string) bool {
	switch len(text) {
	case 0:
		return true
	case 3:
		return text == "nan" || text == "NaN" || text == "N/A" || text == "n/a"
	case 4:
		return text == "null"
	}
	return false
}

func castDecimal(v any) (any, error) {
	switch x := v.(type) {
	case string:
		text := strings.TrimSpace(x)
		if meaningless(text) {
			return nil, nil
		}
		d, err := parseDecimal(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", clip(x), err)
		}
		return d, nil
	case decimal.Decimal:
		return x, nil
	}
	d, ok, err := toDecimal(v)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s is not a number", show(v))
	}
	return d, nil
}

func castInt(v any) (any, error) {
	if i, ok := v.(int); ok {
		return i, nil
	}
	if text, ok := v.(string); ok {
		if i, ok := atoi([]byte(text)); ok {
			return i, nil
		}
	}
	d, err := castDecimal(v)
	if d == nil || err != nil {
		return nil, err
	}
	return toInt(d)
}

// toInt takes a number that is whole and fits.
func toInt(v any) (int, error) {
	d, ok, err := toDecimal(v)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fmt.Errorf("%s is not a whole number", show(v))
	}
	if !d.IsInteger() {
		return 0, fmt.Errorf("%s is not a whole number", d)
	}
	i := d.BigInt()
	if !i.IsInt64() {
		return 0, fmt.Errorf("%s is too large for a whole number", d)
	}
	return int(i.Int64()), nil
}

func castString(v any) (any, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case int:
		return strconv.Itoa(x), nil
	case number:
		return string(x), nil
	case bool:
		return strconv.FormatBool(x), nil
	case decimal.Decimal:
		return x.String(), nil
	}
	return nil, fmt.Errorf("%s has no single text; a time is written by format()", show(v))
}

func castBool(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case string:
		text := strings.ToLower(strings.TrimSpace(x))
		switch text {
		case "true", "yes", "y", "on", "1":
			return true, nil
		case "false", "no", "off", "0":
			return false, nil
		}
		if meaningless(text) {
			return nil, nil
		}
		if text == "n" {
			return false, nil
		}
	case int:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	}
	return nil, fmt.Errorf("%s is neither true nor false", show(v))
}
