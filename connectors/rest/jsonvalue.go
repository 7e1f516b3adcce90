package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// decodeJSON decodes body for expressions: whole numbers become int64, others
// float64, and numbers that neither can hold stay [json.Number], so that ids
// beyond 2^53 survive.
func decodeJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return plainNumbers(value), nil
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = plainNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plainNumbers(inner)
		}
	case json.Number:
		if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return whole
		}
		if !strings.ContainsAny(string(v), ".eE") {
			return v
		}
		if number, err := strconv.ParseFloat(string(v), 64); err == nil && !math.IsInf(number, 0) {
			return number
		}
	}
	return value
}

// textOf is a value as it stands in a URL, a header or an id; nil is empty.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case fmt.Stringer:
		return v.String()
	case map[string]any, []any:
		text, _ := json.Marshal(v)
		return string(text)
	}
	return fmt.Sprint(value)
}

// lookUp follows a dotted path of member names through a decoded value; "@" is
// the value itself.
func lookUp(value any, path string) (any, bool) {
	if path == "@" {
		return value, true
	}
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[name]; !ok {
			return nil, false
		}
	}
	return value, true
}

// exactNumber is what a decimal of the evaluator looks like.
type exactNumber interface {
	IsInteger() bool
	String() string
}

// jsonNumbers makes exact decimals JSON numbers; on their own they would be
// marshalled as text.
func jsonNumbers(value any) any {
	switch v := value.(type) {
	case exactNumber:
		return json.Number(v.String())
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonNumbers(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = jsonNumbers(v[name])
		}
		return object
	}
	return value
}
