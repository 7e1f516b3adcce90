package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// Shown shows values by name in the order of their fields, for people; what is
// absent is left out, an explicit null is shown.
type Shown struct {
	Fields []koppel.Field
	Values koppel.Values
}

// IsZero is for omitzero: nothing was mapped.
func (s Shown) IsZero() bool { return s.Values == nil }

// MarshalJSON implements json.Marshaler.
func (s Shown) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, value := range s.Values {
		if value == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		text, err := ShowValue(s.Fields[i], value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Fields[i].Name, err)
		}
		b = append(fmt.Appendf(b, "%q:", s.Fields[i].Name), text...)
	}
	return append(b, '}'), nil
}

// ShowValue is a slot as JSON shows it: decimals are texts, times UTC, absent is null.
func ShowValue(f koppel.Field, value any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(plainValue(f, value))
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

func plainValue(f koppel.Field, value any) any {
	switch v := value.(type) {
	case koppel.Null:
		return nil
	case decimal.Decimal:
		return v.String()
	case time.Time:
		if f.Type == koppel.Date {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339)
	case []koppel.Values:
		lines := make([]Shown, len(v))
		for i := range v {
			lines[i] = Shown{f.Line, v[i]}
		}
		return lines
	}
	return value
}
