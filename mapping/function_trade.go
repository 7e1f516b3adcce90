package mapping

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

var hundred = decimal.NewFromInt(100)

var tradeFunctions = []Function{
	{Name: "gtin", Group: "Trade", Signature: "gtin(text any) string or null",
		Doc:      "The code when it is a GTIN-8, 12, 13 or 14 with a right check digit, else null.",
		Examples: []Example{{`gtin("8712345000004")`, `"8712345000004"`}, {`gtin("8712345000001")`, `nil`}, {`gtin("abc")`, `nil`}},
		run: func(_ *meter, args []any) (any, error) {
			v, err := castString(args[0])
			if err != nil {
				return nil, err
			}
			if text := strings.TrimSpace(v.(string)); validGTIN(text) {
				return text, nil
			}
			return nil, nil
		}},
	{Name: "vat_out", Group: "Trade", Signature: "vat_out(amount decimal, included bool, rate decimal) decimal",
		Doc:      "The amount without VAT: divided by 1 + rate percent when VAT is included, else as it is.",
		Examples: []Example{{`vat_out(121, true, 21)`, `100`}, {`vat_out(121, false, 21)`, `121`}},
		run: func(_ *meter, args []any) (any, error) {
			amount, included, rate := args[0].(decimal.Decimal), args[1].(bool), args[2].(decimal.Decimal)
			if !included || rate.IsZero() {
				return amount, nil
			}
			if rate.IsNegative() || rate.GreaterThan(hundred) {
				return nil, fmt.Errorf("a rate of %s percent", rate)
			}
			return bounded(quotientOf(amount.Shift(2), hundred.Add(rate)))
		}},
	{Name: "vat_in", Group: "Trade", Signature: "vat_in(amount decimal, included bool, rate decimal) decimal",
		Doc:      "The amount with VAT: multiplied by 1 + rate percent unless VAT is included.",
		Examples: []Example{{`vat_in(100, false, 21)`, `121`}, {`vat_in(121, true, 21)`, `121`}},
		run: func(_ *meter, args []any) (any, error) {
			amount, included, rate := args[0].(decimal.Decimal), args[1].(bool), args[2].(decimal.Decimal)
			if included || rate.IsZero() {
				return amount, nil
			}
			if rate.IsNegative() || rate.GreaterThan(hundred) {
				return nil, fmt.Errorf("a rate of %s percent", rate)
			}
			return bounded(amount.Mul(hundred.Add(rate)).Shift(-2))
		}},
	{Name: "minor_units", Group: "Trade", Signature: "minor_units(amount decimal, currency string) int",
		Doc:      "An amount in the smallest unit of its currency (ISO 4217), rounded.",
		Examples: []Example{{`minor_units(12.34, "EUR")`, `1234`}, {`minor_units(500, "JPY")`, `500`}},
		run: func(_ *meter, args []any) (any, error) {
			places, err := minorPlaces(args[1].(string))
			if err != nil {
				return nil, err
			}
			return toInt(roundTo(args[0].(decimal.Decimal).Shift(places), 0))
		}},
	{Name: "from_minor_units", Group: "Trade", Signature: "from_minor_units(amount decimal, currency string) decimal",
		Doc:      "An amount from the smallest unit of its currency (ISO 4217).",
		Examples: []Example{{`from_minor_units(1234, "EUR")`, `12.34`}, {`from_minor_units(5, "KWD")`, `0.005`}},
		run: func(_ *meter, args []any) (any, error) {
			places, err := minorPlaces(args[1].(string))
			if err != nil {
				return nil, err
			}
			return bounded(args[0].(decimal.Decimal).Shift(-places))
		}},
	{Name: "per_unit", Group: "Trade", Signature: "per_unit(price decimal, factor decimal?) decimal",
		Doc:      "A price per purchase unit brought to one stock unit: divided by the units it holds. Without a factor, or with 0, as it is.",
		Examples: []Example{{`per_unit(12, 6)`, `2`}, {`per_unit(12, nil)`, `12`}},
		run: func(_ *meter, args []any) (any, error) {
			factor, ok := args[1].(decimal.Decimal)
			if !ok || factor.IsZero() {
				return args[0], nil
			}
			return bounded(quotientOf(args[0].(decimal.Decimal), factor))
		}},
	{Name: "stock_units", Group: "Trade", Signature: "stock_units(quantity decimal, factor decimal?) decimal",
		Doc:      "A quantity of purchase units in stock units: multiplied by the units each holds. Without a factor, or with 0, as it is.",
		Examples: []Example{{`stock_units(3, 6)`, `18`}, {`stock_units(3, nil)`, `3`}},
		run: func(_ *meter, args []any) (any, error) {
			factor, ok := args[1].(decimal.Decimal)
			if !ok || factor.IsZero() {
				return args[0], nil
			}
			return bounded(args[0].(decimal.Decimal).Mul(factor))
		}},
	{Name: "unit_factor", Group: "Trade", Signature: "unit_factor(unit string, factors list) decimal",
		Doc:      "How many stock units a unit holds, by a list such as settings.unit_factors: unit code=factor. Null when the list is empty, which per_unit and stock_units take as it is; an error for a unit that is not listed.",
		Examples: []Example{{`unit_factor("gal", ["ml=1", "gal=3785"])`, `3785`}, {`stock_units(2, unit_factor("gal", []))`, `2`}},
		run: func(m *meter, args []any) (any, error) {
			list, err := toList(m, args[1])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return factorOf(strings.TrimSpace(args[0].(string)), list)
		}},
	{Name: "version_at_least", Group: "Trade", Signature: "version_at_least(version string?, least string) bool",
		Doc:      "Whether a version such as 10.3.1-beta is at least another, number by number. An unknown version is not.",
		Examples: []Example{{`version_at_least("10.3.1", "5.6")`, `true`}, {`version_at_least("5.10", "5.9")`, `true`}, {`version_at_least("5.5.9", "5.6")`, `false`}},
		run: func(_ *meter, args []any) (any, error) {
			version, _ := args[0].(string)
			return version != "" && compareVersions(version, args[1].(string)) >= 0, nil
		}},
}

// factorOf finds a unit in a list of unit code=factor.
func factorOf(unit string, list []any) (any, error) {
	for _, one := range list {
		text, _ := one.(string)
		code, factor, _ := strings.Cut(text, "=")
		if strings.TrimSpace(code) != unit {
			continue
		}
		d, err := parseDecimal(strings.TrimSpace(factor))
		if err != nil || !d.IsPositive() {
			return nil, fmt.Errorf("the factor of unit %q is %q: it must be a number above 0", unit, clip(factor))
		}
		return d, nil
	}
	return nil, fmt.Errorf("unit %q is not in unit_factors: add it there, such as %s=1", clip(unit), clip(unit))
}

// validGTIN checks length and check digit (GS1 General Specifications, 7.9).
func validGTIN(text string) bool {
	switch len(text) {
	case 8, 12, 13, 14:
	default:
		return false
	}
	sum, weight := 0, 3
	for i := len(text) - 2; i >= 0; i-- {
		if text[i]-'0' > 9 {
			return false
		}
		sum += int(text[i]-'0') * weight
		weight = 4 - weight
	}
	last := text[len(text)-1] - '0'
	return last <= 9 && (10-sum%10)%10 == int(last)
}

// minorPlaces is how many decimals a currency has (ISO 4217, list one).
func minorPlaces(currency string) (int32, error) {
	if len(currency) != 3 || strings.ToUpper(currency) != currency {
		return 0, fmt.Errorf("%q is not a currency code such as EUR", clip(currency))
	}
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, nil
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, nil
	case "CLF", "UYW":
		return 4, nil
	}
	return 2, nil
}

// compareVersions compares the numbers of two versions; what follows the
// numbers is left out of account.
func compareVersions(a, b string) int {
	for a != "" || b != "" {
		var x, y int
		x, a = versionPart(a)
		y, b = versionPart(b)
		if x != y {
			return x - y
		}
	}
	return 0
}

func versionPart(version string) (n int, rest string) {
	i := 0
	for i < len(version) && version[i]-'0' <= 9 {
		if n < 1_000_000 {
			n = n*10 + int(version[i]-'0')
		}
		i++
	}
	if i < len(version) && version[i] == '.' {
		return n, version[i+1:]
	}
	return n, ""
}
