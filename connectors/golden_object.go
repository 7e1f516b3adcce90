package connectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
)

// goldenObject is what one record gave for one object, or why it gave nothing.
type goldenObject struct {
	Record   string        `json:"record"`
	Object   koppel.Object `json:"object,omitempty"`
	RemoteID string        `json:"remote_id,omitempty"`
	LeftOut  bool          `json:"left_out,omitempty"`
	Values   orderedValues `json:"values,omitzero"`
	Notes    []koppel.Note `json:"notes,omitempty"`
	Parked   string        `json:"parked,omitempty"`
}

// show maps the records of a stream and adds what comes out.
func (r *goldenRun) show(out goldenOut, stream string, records []rest.Record) goldenOut {
	parents := ""
	if s := r.connector.Manifest.Stream(stream); s != nil {
		parents = s.ParentStream()
	}
	for i := range records {
		record := &records[i]
		if record.Err != nil {
			out.Objects = append(out.Objects, goldenObject{Record: record.ID, Parked: record.Err.Error()})
			continue
		}
		r.known[[2]string{stream, record.ID}] = bytes.Clone(record.Raw)
		parent := r.known[[2]string{parents, record.ParentID}]
		for _, program := range r.connector.Mapping.ByStream(stream) {
			o := goldenObject{Record: record.ID, Object: program.Object()}
			result, err := r.evaluator.Map(program, record.Raw, parent)
			switch {
			case err != nil:
				o.Parked = koppel.DetailOf(err)
			case result.Skip:
				o.RemoteID, o.LeftOut = result.RemoteID, true
			default:
				o.RemoteID, o.Notes = result.RemoteID, result.Notes
				o.Values = orderedValues{program.Object().Fields(), result.Values}
				r.mapped[program.Object()]++
			}
			out.Objects = append(out.Objects, o)
		}
	}
	return out
}

// orderedValues shows values by name in the order of the fields; what is
// absent is left out, an explicit null is shown.
type orderedValues struct {
	fields []koppel.Field
	values koppel.Values
}

// IsZero is for omitzero: nothing was mapped.
func (o orderedValues) IsZero() bool { return o.values == nil }

// MarshalJSON implements json.Marshaler.
func (o orderedValues) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, value := range o.values {
		if value == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(plain(o.fields[i], value)); err != nil {
			return nil, fmt.Errorf("%s: %w", o.fields[i].Name, err)
		}
		b = append(fmt.Appendf(b, "%q:", o.fields[i].Name), text.Bytes()...)
	}
	return append(b, '}'), nil
}

// plain is a slot as JSON shows it: decimals are texts, times UTC.
func plain(f koppel.Field, value any) any {
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
		lines := make([]orderedValues, len(v))
		for i := range v {
			lines[i] = orderedValues{f.Line, v[i]}
		}
		return lines
	}
	return value
}
