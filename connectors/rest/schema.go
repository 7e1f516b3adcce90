package rest

import (
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"slices"

	"github.com/koppel-io/koppel"
)

// WriteSchema writes the JSON Schema (draft 2020-12) of connector.yaml, for
// editors. It is made from the Go types that read the manifest.
func WriteSchema(w io.Writer) error {
	s := schemas{}
	root := s.structure(reflect.TypeFor[Manifest](), false)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Koppel connector"
	root["$defs"] = map[string]schema(s)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(root)
}

type schema = map[string]any

// schemas are the definitions of the struct types met, by name.
type schemas map[string]schema

// described is a type with a YAML form of its own.
type described interface{ schemaOf(s schemas) schema }

func (s schemas) of(t reflect.Type) schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if own, ok := reflect.New(t).Interface().(described); ok {
		return own.schemaOf(s)
	}
	switch {
	case t == durationType:
		return schema{"type": "string", "pattern": `^(([0-9.]+(ns|us|µs|ms|s|m|h))+|[0-9]+d)$`}
	case t.Kind() == reflect.String:
		return schema{"type": []string{"string", "number", "boolean"}}
	case t.Kind() == reflect.Bool:
		return schema{"type": "boolean"}
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return schema{"type": "integer"}
	case t.Kind() == reflect.Slice:
		return schema{"type": "array", "items": s.of(t.Elem())}
	}
	return s.reference(t, false)
}

// reference defines a struct type once and refers to it.
func (s schemas) reference(t reflect.Type, inherits bool) schema {
	if _, ok := s[t.Name()]; !ok {
		s[t.Name()] = nil // stands while the type is described, which may meet itself
		s[t.Name()] = s.structure(t, inherits)
	}
	return schema{"$ref": "#/$defs/" + t.Name()}
}

// structure describes a struct. One that inherits may take its keys from
// another by like, so none of them is required.
func (s schemas) structure(t reflect.Type, inherits bool) schema {
	fields, _ := yamlFields(t)
	properties := schema{}
	required := []string{}
	for _, f := range fields {
		property := maps.Clone(s.of(f.typ))
		if len(f.enum) > 0 {
			property = schema{"enum": f.enum}
			if f.typ.Kind() == reflect.Slice {
				property = schema{"type": "array", "items": property}
			}
		}
		if f.one {
			property = schema{"anyOf": []schema{s.of(f.typ.Elem()), property}}
		}
		if inherits {
			property = schema{"anyOf": []any{property, likeForm, schema{"type": "null"}}}
		}
		property["description"] = f.doc
		properties[f.name] = property
		if f.required && !inherits {
			required = append(required, f.name)
		}
	}
	out := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		slices.Sort(required)
		out["required"] = required
	}
	return out
}

// likeForm is a block that takes another stream's block over, with its own keys on top.
var likeForm = schema{"type": "object", "required": []string{"like"}, "properties": schema{"like": schema{"type": "string"}}}

var textForm = schema{"type": []string{"string", "number", "boolean"}}

func (*Expr) schemaOf(schemas) schema     { return textForm }
func (*Template) schemaOf(schemas) schema { return textForm }
func (*Body) schemaOf(schemas) schema     { return schema{} }
func (*Default) schemaOf(schemas) schema  { return schema{} }
func (*Shape) schemaOf(schemas) schema    { return schema{"type": "object"} }

func (*Params) schemaOf(schemas) schema {
	return schema{"type": "object", "additionalProperties": textForm}
}

func (*Amount) schemaOf(schemas) schema {
	return schema{"anyOf": []schema{{"type": "integer", "minimum": 1}, {"type": "string"}}}
}

func (*OperationName) schemaOf(schemas) schema { return schema{"type": "string"} }

func (*Operations) schemaOf(s schemas) schema {
	one := schema{"anyOf": []schema{s.of(reflect.TypeFor[Operation]()), {"type": "null"}}}
	return schema{"type": "object", "additionalProperties": one}
}

func (*Size) schemaOf(schemas) schema {
	return schema{"type": "string", "pattern": sizeForm.String()}
}

func (*Paths) schemaOf(schemas) schema {
	return schema{"anyOf": []schema{{"type": "string"}, {"type": "array", "items": schema{"type": "string"}}}}
}

func (*Statuses) schemaOf(schemas) schema {
	one := schema{"anyOf": []schema{{"type": "integer", "minimum": 100, "maximum": 599}, {"type": "string", "pattern": statusForm.String()}}}
	return schema{"anyOf": []schema{one, {"type": "array", "items": one}}}
}

func (*Constraint) schemaOf(schemas) schema {
	return schema{"type": "string", "examples": []string{"<5.6", ">=5.6 <10.3"}}
}

func (*Fields) schemaOf(s schemas) schema {
	return schema{"type": "object", "additionalProperties": s.reference(reflect.TypeFor[fieldForm](), false)}
}

func (*Captures) schemaOf(s schemas) schema {
	return schema{"type": "object", "additionalProperties": s.reference(reflect.TypeFor[Capture](), false)}
}

func (*Environments) schemaOf(schemas) schema {
	return schema{"type": "object", "additionalProperties": schema{"type": "object", "additionalProperties": textForm}}
}

func (*Pushes) schemaOf(s schemas) schema {
	properties := schema{}
	for _, object := range koppel.Pushed() {
		properties[string(object)] = s.of(reflect.TypeFor[PushObject]())
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

func (*PushSteps) schemaOf(s schemas) schema {
	return schema{"type": "object", "additionalProperties": s.reference(reflect.TypeFor[PushStep](), false)}
}

func (*Streams) schemaOf(s schemas) schema {
	stream := s.structure(reflect.TypeFor[Stream](), true)
	properties := stream["properties"].(schema)
	properties["like"] = schema{"type": "string", "description": "Stream whose keys are taken over; own keys count"}
	item := s.structure(reflect.TypeFor[Stream](), true)
	alternatives := item["properties"].(schema)
	fields, _ := yamlFields(reflect.TypeFor[alternative]())
	for _, f := range fields {
		alternatives[f.name] = schema{"type": "string", "description": f.doc}
	}
	properties["choose"] = schema{"type": "array", "items": item, "description": "Alternatives; the first that applies lays its keys over the stream's, and ~ removes one"}
	s["Stream"] = stream
	return schema{"type": "object", "additionalProperties": schema{"$ref": "#/$defs/Stream"}}
}
