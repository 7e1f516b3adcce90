package store

import (
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// slots are the scan targets of one row's fields: a pointer for each column, two for a reference, none for lines.
type slots struct {
	fields  []koppel.Field
	targets []any
}

func newSlots(fields []koppel.Field) *slots {
	s := &slots{fields: fields}
	for _, f := range fields {
		switch f.Type {
		case koppel.Text:
			s.targets = append(s.targets, new(*string))
		case koppel.Int:
			s.targets = append(s.targets, new(*int64))
		case koppel.Bool:
			s.targets = append(s.targets, new(*bool))
		case koppel.Decimal:
			s.targets = append(s.targets, new(decimal.NullDecimal))
		case koppel.Time, koppel.Date:
			s.targets = append(s.targets, new(*time.Time))
		case koppel.Texts:
			s.targets = append(s.targets, new([]string))
		case koppel.JSON:
			s.targets = append(s.targets, new(json.RawMessage))
		case koppel.Ref:
			s.targets = append(s.targets, new(*string), new(*string))
		}
	}
	return s
}

// values are what was scanned last, a slot for each field.
func (s *slots) values() koppel.Values {
	values := make(koppel.Values, len(s.fields))
	next := 0
	for i, f := range s.fields {
		if f.Type == koppel.Lines {
			continue
		}
		values[i] = valueOf(s.targets[next])
		next++
		if f.Type == koppel.Ref {
			values[i] = referenceOf(*s.targets[next-1].(**string), *s.targets[next].(**string))
			next++
		}
	}
	return values
}

// valueOf is what a scan target holds; nil for null.
func valueOf(target any) any {
	switch v := target.(type) {
	case **string:
		return orNil(*v)
	case **int64:
		return orNil(*v)
	case **bool:
		return orNil(*v)
	case **time.Time:
		return orNil(*v)
	case *decimal.NullDecimal:
		if v.Valid {
			return v.Decimal
		}
	case *[]string:
		if *v != nil {
			return append([]string(nil), *v...)
		}
	case *json.RawMessage:
		if *v != nil {
			return append(json.RawMessage(nil), *v...)
		}
	}
	return nil
}

func orNil[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

func referenceOf(id, key *string) any {
	if id == nil && key == nil {
		return nil
	}
	ref := Reference{UUID: id}
	if key != nil {
		ref.Key = *key
	}
	return ref
}
