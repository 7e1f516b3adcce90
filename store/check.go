package store

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// checkValues says which field holds what the database would refuse, so that one such record is parked instead of
// failing its batch.
func checkValues(fields []koppel.Field, values koppel.Values) (field, reason string) {
	if len(values) != len(fields) {
		return "", fmt.Sprintf("%d values were given for %d fields", len(values), len(fields))
	}
	for i, value := range values {
		if value == nil {
			continue
		}
		if fields[i].Derived {
			return fields[i].Name, "the field is read from other objects and cannot be given"
		}
		if reason := checkValue(&fields[i], value); reason != "" {
			return fields[i].Name, reason
		}
	}
	return "", ""
}

func checkValue(field *koppel.Field, value any) string {
	ok := false
	switch v := value.(type) {
	case koppel.Null:
		return ""
	case string:
		ok = field.Type == koppel.Text || field.Type == koppel.Ref
		if reason := checkText(v); reason != "" {
			return reason
		}
		if field.Type == koppel.Ref && len(v) > maxKey {
			return fmt.Sprintf("the key is longer than %d bytes", maxKey)
		}
	case int64:
		ok = field.Type == koppel.Int
	case bool:
		ok = field.Type == koppel.Bool
	case decimal.Decimal:
		ok = field.Type == koppel.Decimal
		if _, fits := scaled(v, field.Scale); ok && !fits {
			return "the number is too large"
		}
	case time.Time:
		ok = field.Type == koppel.Time || field.Type == koppel.Date
		if year := v.Year(); year < 1 || year > 9999 {
			return "the year is out of range"
		}
	case []string:
		ok = field.Type == koppel.Texts
		for _, s := range v {
			if reason := checkText(s); reason != "" {
				return reason
			}
		}
	case json.RawMessage:
		ok = field.Type == koppel.JSON
		if !json.Valid(v) || !utf8.Valid(v) {
			return "the value is not JSON"
		}
	case []koppel.Values:
		ok = field.Type == koppel.Lines
		for i, line := range v {
			if name, reason := checkLine(field.Line, line); reason != "" {
				return fmt.Sprintf("line %d, %s: %s", i+1, name, reason)
			}
		}
	}
	if !ok {
		return fmt.Sprintf("a %T was given for a field of type %s", value, field.Type)
	}
	return ""
}

// checkLine also wants what a line cannot be without: a line is whole or not there.
func checkLine(fields []koppel.Field, line koppel.Values) (field, reason string) {
	if field, reason = checkValues(fields, line); reason != "" {
		return field, reason
	}
	for i := range fields {
		if fields[i].Required && absent(line[i]) {
			return fields[i].Name, "a line cannot be without it"
		}
	}
	return "", ""
}

// absent reports whether a slot gives no value: nothing was mapped, or an explicit null.
func absent(value any) bool {
	if value == nil {
		return true
	}
	_, null := value.(koppel.Null)
	return null
}

func checkText(s string) string {
	if !utf8.ValidString(s) {
		return "the text is not UTF-8"
	}
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return "the text holds a NUL character"
		}
	}
	return ""
}
