package demoshop

import (
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string the way PHP's json_encode does: slashes
// escaped, everything outside ASCII as \u with surrogate pairs.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for k := 0; k < len(s); {
		c := s[k]
		if c < utf8.RuneSelf {
			k++
			switch {
			case c == '"', c == '\\', c == '/':
				b = append(b, '\\', c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c == '\t':
				b = append(b, '\\', 't')
			case c < 0x20:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			default:
				b = append(b, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[k:])
		k += size
		if r > 0xffff {
			r -= 0x10000
			b = appendUnit(b, 0xd800+r>>10)
			r = 0xdc00 + r&0x3ff
		}
		b = appendUnit(b, r)
	}
	return append(b, '"')
}

func appendUnit(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// appendMoney writes cents as "12.34" without quotes.
func appendMoney(b []byte, cents int64) []byte {
	if cents < 0 {
		b = append(b, '-')
		cents = -cents
	}
	b = strconv.AppendInt(b, cents/100, 10)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}

// appendPrice writes cents as a quoted price, "" when there is none.
func appendPrice(b []byte, cents int32) []byte {
	b = append(b, '"')
	if cents >= 0 {
		b = appendMoney(b, int64(cents))
	}
	return append(b, '"')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// appendTime writes seconds since 1970 as 2006-01-02T15:04:05, quoted, the
// seconds already moved into the zone wanted.
func appendTime(b []byte, sec int64) []byte {
	days, rest := sec/86400, sec%86400
	if rest < 0 {
		days, rest = days-1, rest+86400
	}
	// Days to civil date, Hinnant's algorithm for years after 0.
	z := days + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day := doy - (153*mp+2)/5 + 1
	month := mp + 3
	year := yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	b = append(b, '"')
	b = appendNumber(b, int(year), 4)
	for _, p := range [...]struct {
		sep byte
		n   int64
	}{{'-', month}, {'-', day}, {'T', rest / 3600}, {':', rest / 60 % 60}, {':', rest % 60}} {
		b = append(b, p.sep, byte('0'+p.n/10), byte('0'+p.n%10))
	}
	return append(b, '"')
}

// zone moves instants into the shop's wall clock.
type zone struct{ loc *time.Location }

// wall is the shop's wall clock reading of an instant, as seconds.
func (z zone) wall(sec int64) int64 {
	_, off := time.Unix(sec, 0).In(z.loc).Zone()
	return sec + int64(off)
}
