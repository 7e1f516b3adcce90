package store

import (
	"encoding/binary"

	"github.com/shopspring/decimal"
)

// decimal puts v, rounded to scale, in the form in which PostgreSQL itself would send a numeric of that scale, so
// that equal values are equal bytes. v must be in range (scaled).
func (r *rows) decimal(v decimal.Decimal, scale int32) {
	n, _ := scaled(v, scale)
	r.head(0)
	start := len(r.buf)
	r.buf = appendNumeric(r.buf, n, scale)
	binary.BigEndian.PutUint32(r.buf[start-4:], uint32(len(r.buf)-start))
}

var pow10 = [19]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
	10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
	1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000}

// maxScaled bounds every decimal column: numeric(18, s) holds it, whatever its scale.
const maxScaled = 999_999_999_999_999_999

// scaled is v times ten to the scale, rounded half away from zero; false when no decimal column holds it.
func scaled(v decimal.Decimal, scale int32) (int64, bool) {
	if v.Exponent() < -1000 || v.Exponent() > 1000 {
		return 0, v.IsZero()
	}
	if v.Exponent() < -scale {
		v = v.Round(scale)
	}
	if v.NumDigits() > 18 {
		return 0, false
	}
	n, shift := v.CoefficientInt64(), int(scale+v.Exponent())
	if n == 0 {
		return 0, true
	}
	if shift < 0 || shift > 18 || n > maxScaled/pow10[shift] || n < -maxScaled/pow10[shift] {
		return 0, false
	}
	return n * pow10[shift], true
}

// appendNumeric is numeric_send: digit groups of four, weight, sign, display scale.
func appendNumeric(b []byte, n int64, scale int32) []byte {
	sign := uint16(0)
	if n < 0 {
		sign, n = 0x4000, -n
	}
	groups := int(scale+3) / 4
	whole := n / pow10[scale]
	frac := n % pow10[scale] * pow10[groups*4-int(scale)]
	var digits [12]uint16
	at := len(digits)
	for i := 0; i < groups; i++ {
		at--
		digits[at] = uint16(frac % 10000)
		frac /= 10000
	}
	weight := -1
	for ; whole > 0; whole /= 10000 {
		at--
		weight++
		digits[at] = uint16(whole % 10000)
	}
	used := digits[at:]
	for len(used) > 0 && used[0] == 0 {
		used, weight = used[1:], weight-1
	}
	for len(used) > 0 && used[len(used)-1] == 0 {
		used = used[:len(used)-1]
	}
	if len(used) == 0 {
		weight, sign = 0, 0
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(used)))
	b = binary.BigEndian.AppendUint16(b, uint16(int16(weight)))
	b = binary.BigEndian.AppendUint16(b, sign)
	b = binary.BigEndian.AppendUint16(b, uint16(scale))
	for _, d := range used {
		b = binary.BigEndian.AppendUint16(b, d)
	}
	return b
}
