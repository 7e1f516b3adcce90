package mapping

import (
	"encoding/json"
	"strconv"
	"strings"

	yamlast "github.com/goccy/go-yaml/ast"
)

// json reads a value as JSON: either written as YAML, or as one text that holds
// the JSON itself, such as a record that was copied.
func (d *document) json(e entry) (json.RawMessage, bool) {
	at := placeOf(e.value, e.at.path)
	var text string
	switch n := e.value.(type) {
	case *yamlast.LiteralNode:
		text = n.Value.Value
	case *yamlast.StringNode:
		if !strings.HasPrefix(strings.TrimSpace(n.Value), "{") && !strings.HasPrefix(strings.TrimSpace(n.Value), "[") {
			d.fail(at, "keys and values, or JSON in a block (|)", "this is a text")
			return nil, false
		}
		text = n.Value
	default:
		return d.appendJSON(nil, e.value, e.at.path)
	}
	if !json.Valid([]byte(text)) {
		d.fail(at, "JSON", "the text is no JSON")
		return nil, false
	}
	return json.RawMessage(text), true
}

// appendJSON appends a YAML value as JSON. A number stays as it is written.
func (d *document) appendJSON(b []byte, n yamlast.Node, path string) ([]byte, bool) {
	at := placeOf(n, path)
	switch n := n.(type) {
	case *yamlast.NullNode:
		return append(b, "null"...), true
	case *yamlast.BoolNode:
		return strconv.AppendBool(b, n.Value), true
	case *yamlast.StringNode:
		return appendText(b, n.Value), true
	case *yamlast.LiteralNode:
		return appendText(b, n.Value.Value), true
	case *yamlast.IntegerNode, *yamlast.FloatNode:
		text := n.GetToken().Value
		if !json.Valid([]byte(text)) {
			d.fail(at, "a number as JSON writes it, or a text in quotes", "%s is no number of JSON", clip(text))
			return b, false
		}
		return append(b, text...), true
	case *yamlast.SequenceNode:
		b = append(b, '[')
		for i, element := range n.Values {
			if i > 0 {
				b = append(b, ',')
			}
			var ok bool
			if b, ok = d.appendJSON(b, element, path); !ok {
				return b, false
			}
		}
		return append(b, ']'), true
	case *yamlast.MappingNode, *yamlast.MappingValueNode:
		entries, ok := d.entries(n, path)
		b = append(b, '{')
		for i, e := range entries {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, e.key), ':')
			if b, ok = d.appendJSON(b, e.value, e.at.path); !ok {
				return b, false
			}
		}
		return append(b, '}'), ok
	}
	d.fail(at, "a value", "this is %s", nodeName(n))
	return b, false
}

func appendText(b []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string is always JSON
	return append(b, quoted...)
}
