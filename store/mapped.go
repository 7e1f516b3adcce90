package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// The stored forms of times and dates: what PostgreSQL reads and people recognise.
const (
	timeForm = "2006-01-02T15:04:05.999999Z"
	dateForm = "2006-01-02"
)

// appendMapped appends values as the JSON object that a source keeps: absent fields are left out, an explicit null
// is null, decimals are strings, times are UTC. decodeMapped is its inverse.
func appendMapped(b []byte, fields []koppel.Field, values koppel.Values) []byte {
	b = append(b, '{')
	first := true
	for i, value := range values {
		if value == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, '"')
		b = append(b, fields[i].Name...)
		b = append(b, '"', ':')
		b = appendValue(b, &fields[i], value)
	}
	return append(b, '}')
}

func appendValue(b []byte, field *koppel.Field, value any) []byte {
	switch v := value.(type) {
	case koppel.Null:
		return append(b, "null"...)
	case string:
		return appendQuoted(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	case decimal.Decimal:
		b = append(b, '"')
		b = append(b, v.String()...)
		return append(b, '"')
	case time.Time:
		form := timeForm
		if field.Type == koppel.Date {
			form = dateForm
		}
		b = append(b, '"')
		b = v.UTC().AppendFormat(b, form)
		return append(b, '"')
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(b, s)
		}
		return append(b, ']')
	case json.RawMessage:
		return append(b, v...)
	case []koppel.Values:
		b = append(b, '[')
		for i, line := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendMapped(b, field.Line, line)
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string. s is valid UTF-8 (checkValues).
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// decodeMapped reads what appendMapped wrote. A member that the object no longer has is left out.
func decodeMapped(data []byte, fields []koppel.Field) (koppel.Values, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	values := make(koppel.Values, len(fields))
	for i := range fields {
		raw, given := members[fields[i].Name]
		if !given {
			continue
		}
		value, err := decodeValue(raw, &fields[i])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", fields[i].Name, err)
		}
		values[i] = value
	}
	return values, nil
}

func decodeValue(raw json.RawMessage, field *koppel.Field) (any, error) {
	if string(raw) == "null" {
		return koppel.Null{}, nil
	}
	switch field.Type {
	case koppel.Text, koppel.Ref:
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case koppel.Int:
		return strconv.ParseInt(string(raw), 10, 64)
	case koppel.Bool:
		return strconv.ParseBool(string(raw))
	case koppel.Decimal:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return decimal.NewFromString(s)
	case koppel.Time:
		return decodeTime(raw, timeForm)
	case koppel.Date:
		return decodeTime(raw, dateForm)
	case koppel.Texts:
		list := []string{}
		err := json.Unmarshal(raw, &list)
		return list, err
	case koppel.JSON:
		return raw, nil
	case koppel.Lines:
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		lines := make([]koppel.Values, len(items))
		for i, item := range items {
			line, err := decodeMapped(item, field.Line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			lines[i] = line
		}
		return lines, nil
	}
	return nil, fmt.Errorf("unknown type %q", field.Type)
}

func decodeTime(raw json.RawMessage, form string) (any, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	return time.Parse(form, s)
}
