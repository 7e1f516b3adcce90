package picqer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// stamp is an instant, written as the account's wall clock reads it, without a
// zone: in the hour that comes twice in autumn two instants read alike.
type stamp struct{ time.Time }

// wall is the layout of all times in bodies and filters.
const wall = "2006-01-02 15:04:05"

// MarshalJSON writes the wall clock's reading; a zero stamp is null.
func (s stamp) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + s.Format(wall) + `"`), nil
}

// parseWall reads a filter's time, or a day.
func (a *Account) parseWall(text string) (time.Time, error) {
	for _, layout := range []string{wall, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, a.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date such as 2026-01-31 12:00:00", text)
}

// money is an amount in ten-thousandths.
type money int64

const cent money = 100

// MarshalJSON writes a number with at least one decimal, as PHP writes floats.
func (m money) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(m)/10000, 'f', -1, 64)
	if !bytes.ContainsRune([]byte(text), '.') {
		text += ".0"
	}
	return []byte(text), nil
}

// UnmarshalJSON takes a number or a text that holds one.
func (m *money) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return errors.New("give a number such as 12.34")
	}
	f, err := n.Float64()
	if err != nil || f < 0 || f > 1e9 {
		return errors.New("give a number such as 12.34")
	}
	*m = money(math.Round(f * 10000))
	return nil
}

// tags is PHP's quirk: an empty list when there are none, an object otherwise.
type tags map[string]tag

type tag struct {
	ID    int64  `json:"idtag"`
	Title string `json:"title"`
	Color string `json:"color"`
}

// MarshalJSON writes [] in place of {}.
func (t tags) MarshalJSON() ([]byte, error) {
	if len(t) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(map[string]tag(t))
}

// encode renders a body with slashes and angle brackets as they are.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("picqer: encode %T: %v", v, err)) // only a type of this package can be at fault
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
