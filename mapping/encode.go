package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// encode appends v as JSON. Decimals are texts, so that no reader makes them
// binary fractions; names are sorted, so that equal values are equal bytes.
func encode(m *meter, out json.RawMessage, v any, depth int) (json.RawMessage, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if len(out) > maxOutput {
		return nil, fmt.Errorf("more than %d bytes of JSON", maxOutput)
	}
	if err := m.step(1); err != nil {
		return nil, err
	}
	var err error
	switch x := v.(type) {
	case nil, koppel.Null:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, x), nil
	case int:
		return strconv.AppendInt(out, int64(x), 10), nil
	case number:
		return append(out, x...), nil
	case decimal.Decimal:
		return append(append(append(out, '"'), x.String()...), '"'), nil
	case string:
		if len(x) > maxOutput {
			return nil, fmt.Errorf("more than %d bytes of JSON", maxOutput)
		}
		return jsontext.AppendQuote(out, x)
	case time.Time:
		return x.UTC().AppendFormat(out, `"2006-01-02T15:04:05Z"`), nil
	case raw:
		return appendRaw(out, x)
	case *object:
		return appendRaw(out, x.raw)
	case []any:
		out = append(out, '[')
		for i, element := range x {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = encode(m, out, element, depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case map[string]any:
		names := make([]string, 0, len(x))
		for name := range x {
			names = append(names, name)
		}
		slices.Sort(names)
		out = append(out, '{')
		for i, name := range names {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = jsontext.AppendQuote(out, name); err != nil {
				return nil, err
			}
			out = append(out, ':')
			if out, err = encode(m, out, x[name], depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	}
	return nil, fmt.Errorf("%s cannot be written as JSON", show(v))
}

func appendRaw(out json.RawMessage, value []byte) (json.RawMessage, error) {
	if len(out)+len(value) > maxOutput {
		return nil, fmt.Errorf("more than %d bytes of JSON", maxOutput)
	}
	return append(out, value...), nil
}
