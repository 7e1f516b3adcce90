package mapping

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

var (
	errDigits  = fmt.Errorf("a number of more than %d digits or beyond 1e%d", maxDigits, maxExponent)
	errDecimal = errors.New("not a number")
	errZero    = errors.New("division by zero")
)

// parseDecimal reads a number with a point, an optional sign and an optional
// exponent. Digits and exponent are capped before anything is computed: a few
// bytes such as 1e999999999 must not become a gigabyte.
func parseDecimal(text string) (decimal.Decimal, error) {
	if len(text) > maxLiteral {
		return decimal.Decimal{}, errDigits
	}
	i, negative := 0, false
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		negative = text[i] == '-'
		i++
	}
	var (
		small    uint64
		digits   int // significant
		seen     bool
		fraction int
		point    bool
		start    = i
	)
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c-'0' > 9 {
			break
		}
		seen = true
		if digits > 0 || c != '0' {
			digits++
			if digits <= 18 {
				small = small*10 + uint64(c-'0')
			}
		}
		if point {
			fraction++
		}
	}
	mantissa := text[start:i]
	if !seen {
		return decimal.Decimal{}, errDecimal
	}
	exponent := 0
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		var ok bool
		if exponent, ok = parseExponent(text[i+1:]); !ok {
			return decimal.Decimal{}, errDecimal
		}
		i = len(text)
	}
	if i != len(text) {
		return decimal.Decimal{}, errDecimal
	}
	if digits == 0 {
		return decimal.Decimal{}, nil
	}
	exponent -= fraction
	if digits > maxDigits || exponent > maxExponent || exponent < -maxExponent {
		return decimal.Decimal{}, errDigits
	}
	if digits <= 18 {
		value := int64(small)
		if negative {
			value = -value
		}
		return decimal.New(value, int32(exponent)), nil
	}
	return bigDecimal(mantissa, negative, exponent), nil
}

func bigDecimal(mantissa string, negative bool, exponent int) decimal.Decimal {
	plain := make([]byte, 0, len(mantissa))
	for i := range len(mantissa) {
		if mantissa[i] != '.' {
			plain = append(plain, mantissa[i])
		}
	}
	value, _ := new(big.Int).SetString(string(plain), 10)
	if negative {
		value.Neg(value)
	}
	return decimal.NewFromBigInt(value, int32(exponent))
}

// parseExponent reads an exponent; one too large for any decimal is given as
// one that is refused.
func parseExponent(text string) (int, bool) {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	if text == "" {
		return 0, false
	}
	value := 0
	for i := range len(text) {
		c := text[i]
		if c-'0' > 9 {
			return 0, false
		}
		if value < 100*maxLiteral {
			value = value*10 + int(c-'0')
		}
	}
	if negative {
		return -value, true
	}
	return value, true
}

// bounded refuses a result whose next use could be expensive.
func bounded(d decimal.Decimal) (any, error) {
	exponent := d.Exponent()
	if exponent > maxExponent || exponent < -maxExponent {
		if d.IsZero() {
			return decimal.Decimal{}, nil
		}
		d = d.Round(maxExponent)
		if exponent = d.Exponent(); exponent > maxExponent {
			return nil, errDigits
		}
	}
	if d.NumDigits() > maxDigits {
		return nil, errDigits
	}
	return d, nil
}

// toDecimal takes any number as a decimal; ok is false for other types.
func toDecimal(v any) (d decimal.Decimal, ok bool, err error) {
	switch x := v.(type) {
	case decimal.Decimal:
		return x, true, nil
	case int:
		return decimal.NewFromInt(int64(x)), true, nil
	case number:
		d, err = parseDecimal(string(x))
		return d, true, err
	}
	return decimal.Decimal{}, false, nil
}
