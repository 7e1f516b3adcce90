package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/koppel-io/koppel"
)

// Schema implements huma.SchemaProvider: an object is one of the kinds, each
// with the fields that koppel.Object.Fields lists.
func (object) Schema(r huma.Registry) *huma.Schema {
	const name = "Object"
	if r.Map()[name] == nil {
		whole := &huma.Schema{}
		for _, kind := range koppel.Objects() {
			r.Map()[schemaName(kind)] = kindSchema(r, kind)
			whole.OneOf = append(whole.OneOf, &huma.Schema{Ref: "#/components/schemas/" + schemaName(kind)})
		}
		r.Map()[name] = whole
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// schemaName is an object's name in the OpenAPI document: SupplierProducts.
func schemaName(kind koppel.Object) string {
	parts := strings.Split(string(kind), "_")
	for i, part := range parts {
		parts[i] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}

// Schema implements huma.SchemaProvider: a buy order with its push.
func (placed) Schema(r huma.Registry) *huma.Schema {
	const name = "PlacedBuyOrder"
	if r.Map()[name] == nil {
		s := kindSchema(r, koppel.BuyOrders)
		s.Properties["placed_at"] = &huma.Schema{Type: huma.TypeString, Format: "date-time"}
		s.Properties["push"] = r.Schema(reflect.TypeFor[push](), true, "Push")
		s.Required = append(s.Required, "placed_at")
		r.Map()[name] = s
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

func kindSchema(r huma.Registry, kind koppel.Object) *huma.Schema {
	uuid := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Format: "uuid", Description: doc}
	}
	moment := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: doc}
	}
	s := &huma.Schema{
		Type: huma.TypeObject,
		Properties: map[string]*huma.Schema{
			"id": uuid(""), "webshop": uuid(""),
			"object":       {Type: huma.TypeString, Enum: []any{string(kind)}},
			"values":       fieldsSchema(kind.Fields()),
			"changed_at":   moment("Last change of any value"),
			"deleted_at":   moment("When it was deleted; absent while it counts"),
			"state_reason": {Type: huma.TypeString, Enum: []any{"remote", "gone", "person"}, Description: "Why it is disabled, ignored or deleted: a remote says so, it is gone from the systems that carry it, a person said so; absent while it counts"},
			"sources":      {Type: huma.TypeArray, Items: r.Schema(sourceType, true, "Source"), Description: "The couplings that give it, by priority"},
		},
		Required: []string{"id", "webshop", "object", "values", "changed_at", "sources"},
	}
	s.PrecomputeMessages()
	return s
}

// fieldsSchema is the schema of values: every member is there, null when absent.
func fieldsSchema(fields []koppel.Field) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, f := range fields {
		s.Properties[f.Name] = fieldSchema(f)
		s.Required = append(s.Required, f.Name)
	}
	return s
}

func fieldSchema(f koppel.Field) *huma.Schema {
	s := &huma.Schema{Description: f.Doc, Nullable: !f.Required && f.Default == nil}
	switch f.Type {
	case koppel.Text:
		s.Type = huma.TypeString
		if f.Limit > 0 {
			s.MaxLength = &f.Limit
		}
		for _, choice := range f.Choices {
			s.Enum = append(s.Enum, choice)
		}
	case koppel.Int:
		s.Type, s.Format = huma.TypeInteger, "int64"
		if f.Min != 0 || f.Max != 0 {
			least, most := float64(f.Min), float64(f.Max)
			s.Minimum, s.Maximum = &least, &most
		}
	case koppel.Bool:
		s.Type = huma.TypeBoolean
	case koppel.Decimal:
		s.Type, s.Format = huma.TypeString, "decimal"
	case koppel.Time:
		s.Type, s.Format = huma.TypeString, "date-time"
	case koppel.Date:
		s.Type, s.Format = huma.TypeString, "date"
	case koppel.Texts:
		s.Type, s.Items = huma.TypeArray, &huma.Schema{Type: huma.TypeString}
	case koppel.Ref:
		s.Type = huma.TypeObject
		s.Properties = map[string]*huma.Schema{
			"id":  {Type: huma.TypeString, Format: "uuid", Nullable: true, Description: "One of " + string(f.Ref) + "; null while the key waits for it"},
			"key": {Type: huma.TypeString, Description: "How the coupling names it; empty for a reference made here"},
		}
		s.Required = []string{"id", "key"}
	case koppel.Lines:
		s.Type, s.Items, s.Nullable = huma.TypeArray, fieldsSchema(f.Line), false
	}
	return s
}

var sourceType = reflect.TypeFor[source]()
