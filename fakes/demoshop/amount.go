package demoshop

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// amount is money as it was sent: text, or a number taken as its text.
type amount string

// UnmarshalJSON takes a string, a number or null.
func (a *amount) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(a))
	}
	if string(b) == "null" {
		*a = ""
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*a = amount(n)
	return nil
}

func (a amount) valid() bool {
	f, err := strconv.ParseFloat(string(a), 64)
	return a == "" || err == nil && f >= 0 && f < 1e12 && !strings.ContainsAny(string(a), "eExXpP_")
}

// cents rounds to two decimals; 0 for an empty amount.
func (a amount) cents() int64 { return a.times(1) }

// times is the rounded cents of n pieces at this price, which may have more
// than two decimals.
func (a amount) times(n int64) int64 {
	f, err := strconv.ParseFloat(string(a), 64)
	if err != nil {
		return 0
	}
	return int64(math.Round(f * 100 * float64(n)))
}
