package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The manifest is decoded by reflection over the Go types, which also make the
// JSON Schema, so that the two cannot differ. A field's tags are:
//
//	y:"name,required,one,inline"  the key; one: a single value stands for a list
//	doc:"…"                       what it means, shown by editors
//	enum:"a,b"                    the values allowed
//	scope:"x,y"                   variables that expressions beneath may use
//
// A blank field tagged reserved:"a,b" names words of the language that this
// version does not have yet.

// decodable is a type that reads its own node.
type decodable interface {
	decodeNode(d *decoder, n *node, scope []string)
}

// decoder fills typed values from nodes and gathers problems.
type decoder struct {
	file     string
	compile  CompileFunc
	problems Problems
	// operations are the places that name one.
	operations []*node
}

func (d *decoder) fail(n *node, format string, args ...any) {
	d.failAt(n.line, n.column, n.path, format, args...)
}

func (d *decoder) failAt(line, column int, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Column: column, Path: path, Message: fmt.Sprintf(format, args...)})
}

// wants reports whether n has the kind, and says so when it has not.
func (d *decoder) wants(n *node, kind nodeKind) bool {
	if n.kind != kind {
		d.fail(n, "expected %s, found %s", kind, n.kind)
		return false
	}
	return true
}

var durationType = reflect.TypeFor[time.Duration]()

func (d *decoder) decode(n *node, v reflect.Value, scope []string) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), scope)
		return
	}
	if own, ok := v.Addr().Interface().(decodable); ok {
		own.decodeNode(d, n, scope)
		return
	}
	if v.Type() == durationType {
		d.decodeDuration(n, v)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if n.kind == nullNode || n.kind == listNode || n.kind == mapNode {
			d.wants(n, textNode)
			return
		}
		v.SetString(n.text)
	case reflect.Bool:
		if d.wants(n, boolNode) {
			v.SetBool(n.text == "true")
		}
	case reflect.Int, reflect.Int64:
		if d.wants(n, intNode) {
			number, err := strconv.ParseInt(strings.ReplaceAll(n.text, "_", ""), 10, 64)
			if err != nil {
				d.fail(n, "expected a whole number, found %s", n.text)
			}
			v.SetInt(number)
		}
	case reflect.Slice:
		d.decodeList(n, v, scope)
	case reflect.Struct:
		d.decodeStruct(n, v, scope)
	default:
		panic("rest: no YAML form for " + v.Type().String())
	}
}

func (d *decoder) decodeDuration(n *node, v reflect.Value) {
	span, err := parseDuration(n.text)
	if n.kind != textNode || err != nil || span < 0 {
		d.fail(n, "expected a duration such as 30s, 2m, 24h or 20d")
		return
	}
	v.SetInt(int64(span))
}

// parseDuration reads a Go duration, or a number of days such as 20d.
func parseDuration(text string) (time.Duration, error) {
	days, ok := strings.CutSuffix(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	return time.Duration(n) * 24 * time.Hour, err
}

func (d *decoder) decodeList(n *node, v reflect.Value, scope []string) {
	if !d.wants(n, listNode) {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		d.decode(item, list.Index(i), scope)
	}
	v.Set(list)
}

// yamlField is one key of a struct, with embedded structs flattened.
type yamlField struct {
	name          string
	index         []int
	required, one bool
	doc           string
	enum, scope   []string
	typ           reflect.Type
}

func yamlFields(t reflect.Type) (fields []yamlField, reserved []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if words, ok := f.Tag.Lookup("reserved"); ok {
			reserved = append(reserved, strings.Split(words, ",")...)
			continue
		}
		tag, ok := f.Tag.Lookup("y")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if options == "inline" {
			inner, more := yamlFields(f.Type)
			for _, field := range inner {
				field.index = append([]int{i}, field.index...)
				field.scope = append(splitTag(f.Tag.Get("scope")), field.scope...)
				fields = append(fields, field)
			}
			reserved = append(reserved, more...)
			continue
		}
		fields = append(fields, yamlField{
			name: name, index: []int{i}, typ: f.Type, doc: f.Tag.Get("doc"),
			required: strings.Contains(options, "required"), one: strings.Contains(options, "one"),
			enum: splitTag(f.Tag.Get("enum")), scope: splitTag(f.Tag.Get("scope")),
		})
	}
	return fields, reserved
}

func splitTag(tag string) []string {
	if tag == "" {
		return nil
	}
	return strings.Split(tag, ",")
}

func (d *decoder) decodeStruct(n *node, v reflect.Value, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	fields, reserved := yamlFields(v.Type())
	for _, m := range n.members {
		at := slices.IndexFunc(fields, func(f yamlField) bool { return f.name == m.name })
		if at < 0 {
			d.unknown(n, m, fields, reserved)
			continue
		}
		f := fields[at]
		target := v.FieldByIndex(f.index)
		inner := slices.Concat(scope, f.scope)
		switch {
		case m.value.kind == nullNode:
			d.failAt(m.line, m.column, m.value.path, "has no value; leave the key out instead")
		case f.one && m.value.kind != listNode:
			target.Set(reflect.MakeSlice(f.typ, 1, 1))
			d.decode(m.value, target.Index(0), inner)
		default:
			d.decode(m.value, target, inner)
		}
		if len(f.enum) > 0 {
			d.checkEnum(m.value, f.enum)
		}
	}
	for _, f := range fields {
		if f.required && n.get(f.name) == nil {
			d.fail(n, "%s is missing: %s", f.name, f.doc)
		}
	}
}

func (d *decoder) unknown(n *node, m member, fields []yamlField, reserved []string) {
	path := join(n.path, m.name)
	if slices.Contains(reserved, m.name) {
		d.failAt(m.line, m.column, path, "%s is a word of the language that this version does not have yet", m.name)
		return
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	d.failAt(m.line, m.column, path, "unknown key %s%s", m.name, suggest(m.name, known))
}

func (d *decoder) checkEnum(n *node, allowed []string) {
	check := func(n *node) {
		if (n.kind == textNode || n.kind == boolNode) && !slices.Contains(allowed, n.text) {
			d.fail(n, "unknown value %s%s", n.text, suggest(n.text, allowed))
		}
	}
	check(n)
	for _, item := range n.items {
		check(item)
	}
}
