package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// values are an object's values as the API writes them: a member per field in
// the order of koppel.Object.Fields, null where there is none, decimals as
// strings, days as 2006-01-02, references as {id, key}, lines as objects.
type values struct {
	fields []koppel.Field
	slots  koppel.Values
}

// MarshalJSON implements json.Marshaler.
func (v values) MarshalJSON() ([]byte, error) {
	return v.append(nil)
}

func (v values) append(out []byte) ([]byte, error) {
	out = append(out, '{')
	for i, f := range v.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "%q:", f.Name)
		var err error
		if out, err = appendValue(out, f, v.slots[i]); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return append(out, '}'), nil
}

func appendValue(out []byte, f koppel.Field, value any) ([]byte, error) {
	switch x := value.(type) {
	case nil, koppel.Null:
		return append(out, "null"...), nil
	case decimal.Decimal:
		return fmt.Appendf(out, "%q", x.String()), nil
	case time.Time:
		layout := time.RFC3339Nano
		if f.Type == koppel.Date {
			layout = time.DateOnly
		}
		return fmt.Appendf(out, "%q", x.UTC().Format(layout)), nil
	case store.Reference:
		return appendJSON(out, reference{ID: x.UUID, Key: x.Key})
	case []store.Line:
		return appendLines(out, f, x)
	default:
		return appendJSON(out, x)
	}
}

// reference is what a reference field shows.
type reference struct {
	ID  *string `json:"id"`
	Key string  `json:"key"`
}

func appendLines(out []byte, f koppel.Field, lines []store.Line) ([]byte, error) {
	out = append(out, '[')
	for i, line := range lines {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = (values{f.Line, line.Values}).append(out); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendJSON(out []byte, value any) ([]byte, error) {
	buf := bytes.NewBuffer(out)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
