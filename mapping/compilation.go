package mapping

import (
	"slices"
	"strings"

	yamlast "github.com/goccy/go-yaml/ast"

	"github.com/koppel-io/koppel"
)

// compilation turns one document into programs.
type compilation struct {
	document
	schema   Schema
	settings map[string]static
	m        *Mapping
	// blocks are those of the connector's mapping, overrides what is laid over them.
	blocks    []*sourceBlock
	overrides []*overrideBlock
	cases     []*sourceCase
}

// The keys of an object's block that are not fields.
var blockKeys = []string{"from", "join", "where", "remote_id", "each", "as"}

// The keys of a lines block that are not fields.
var lineKeys = []string{"each", "as", "where"}

func (c *compilation) root(n yamlast.Node) {
	entries, _ := c.entries(n, "")
	found := false
	for _, e := range entries {
		if e.key != "objects" {
			c.fail(e.at, "objects", "unknown key %s%s", e.key, suggest(e.key, []string{"objects"}))
			continue
		}
		found = true
		objects, _ := c.entries(e.value, "objects")
		for _, o := range objects {
			c.object(o)
		}
	}
	if !found && len(c.problems) == 0 {
		c.fail(placeOf(n, ""), "objects: …", "no objects are mapped")
	}
}

func (c *compilation) object(e entry) {
	object := koppel.Object(e.key)
	if !object.Valid() {
		names := make([]string, 0, len(koppel.Objects()))
		for _, o := range koppel.Objects() {
			names = append(names, string(o))
		}
		c.fail(e.at, "one of: "+strings.Join(names, ", "), "unknown object %s%s", e.key, suggest(e.key, names))
		return
	}
	// A list of blocks maps one object from streams of different kinds.
	if list, ok := e.value.(*yamlast.SequenceNode); ok {
		for _, block := range list.Values {
			c.block(object, entry{key: e.key, at: e.at, value: block})
		}
		return
	}
	c.block(object, e)
}

// sourceField is one expression of a block, still as text.
type sourceField struct {
	slot  int
	field koppel.Field
	text  string
	at    place
}

// sourceBlock is one object's block, read but not yet compiled.
type sourceBlock struct {
	object          koppel.Object
	streams         []string
	joins           []sourceJoin
	each            *sourceField
	as              string
	where, remoteID *sourceField
	fields          []sourceField
	lines           *sourceLines
	// overridden: an override says some of it.
	overridden bool
}

type sourceLines struct {
	slot        int
	field       koppel.Field
	at          place
	each, where *sourceField
	as          string
	fields      []sourceField
}

func (c *compilation) block(object koppel.Object, e entry) {
	entries, ok := c.entries(e.value, e.at.path)
	if !ok {
		return
	}
	b := &sourceBlock{object: object, as: "item"}
	from := false
	for _, e := range entries {
		switch e.key {
		case "from":
			from = true
			c.streams(b, e)
			continue
		case "join":
			c.joins(b, e)
			continue
		case "each":
			b.each = c.source(e, "a list")
			continue
		case "as":
			b.as = c.variable(e, b.as)
			continue
		case "where":
			b.where = c.source(e, "a condition")
			continue
		case "remote_id":
			b.remoteID = c.source(e, "an expression")
			continue
		}
		slot, field, ok := object.Field(e.key)
		if !ok || field.Derived {
			names := append(slices.Clone(blockKeys), mapped(object.Fields())...)
			c.fail(e.at, "", "%s have no field %s%s", object, e.key, suggest(e.key, names))
			continue
		}
		if field.Type == koppel.Lines {
			b.lines = c.lines(e, slot, field)
			continue
		}
		if s := c.source(e, "an expression"); s != nil {
			s.slot, s.field = slot, field
			b.fields = append(b.fields, *s)
		}
	}
	if !from {
		c.fail(e.at, "from: a stream or a list of streams", "%s say not where they come from", object)
	}
	if b.each == nil && has(entries, "as") {
		c.fail(e.at, "each: a list", "as names the elements of a list, and there is none")
	}
	if b.remoteID == nil && !has(entries, "remote_id") {
		c.fail(e.at, "remote_id: an expression", "%s have no remote_id", object)
	}
	if b.each != nil && b.lines != nil && b.lines.as == b.as {
		c.fail(b.lines.at, "as: another name", "lines and each both name their element %s", b.as)
	}
	slices.SortStableFunc(b.fields, bySlot)
	c.blocks = append(c.blocks, b)
}

func bySlot(a, b sourceField) int { return a.slot - b.slot }

// streamsOf are the streams that an object is mapped from.
func (c *compilation) streamsOf(object koppel.Object) (streams []string) {
	for _, b := range c.blocks {
		if b.object == object {
			streams = append(streams, b.streams...)
		}
	}
	return streams
}

// mapped are the names of the fields that a mapping can give.
func mapped(fields []koppel.Field) []string {
	var names []string
	for _, f := range fields {
		if !f.Derived {
			names = append(names, f.Name)
		}
	}
	return names
}

func has(entries []entry, key string) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key })
}

func (c *compilation) source(e entry, expected string) *sourceField {
	text, at, ok := c.text(e, expected)
	if !ok {
		return nil
	}
	at.file, at.layer = c.file, c.layer
	return &sourceField{text: text, at: at, field: koppel.Field{Name: e.key}}
}

func (c *compilation) streams(b *sourceBlock, e entry) {
	nodes := []yamlast.Node{e.value}
	if list, ok := e.value.(*yamlast.SequenceNode); ok {
		nodes = list.Values
	}
	names := make([]string, 0, len(c.schema.Streams))
	for name := range c.schema.Streams {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, n := range nodes {
		name, at, ok := c.text(entry{key: e.key, at: e.at, value: n}, "the name of a stream")
		if !ok {
			continue
		}
		if _, known := c.schema.Streams[name]; !known {
			c.fail(at, "one of: "+strings.Join(names, ", "), "unknown stream %s%s", name, suggest(name, names))
			continue
		}
		if slices.Contains(b.streams, name) || slices.Contains(c.streamsOf(b.object), name) {
			c.fail(at, "", "%s are mapped from stream %s twice", b.object, name)
			continue
		}
		b.streams = append(b.streams, name)
	}
}

func (c *compilation) lines(e entry, slot int, field koppel.Field) *sourceLines {
	entries, ok := c.entries(e.value, e.at.path)
	if !ok {
		return nil
	}
	l := &sourceLines{slot: slot, field: field, at: e.at, as: "line"}
	for _, e := range entries {
		switch e.key {
		case "each":
			l.each = c.source(e, "a list")
			continue
		case "where":
			l.where = c.source(e, "a condition")
			continue
		case "as":
			l.as = c.variable(e, l.as)
			continue
		}
		if s := c.lineField(e, field, lineKeys); s != nil {
			l.fields = append(l.fields, *s)
		}
	}
	if l.each == nil && !has(entries, "each") {
		c.fail(e.at, "each: a list", "lines say not what they are made of")
	}
	for _, f := range field.Line {
		if f.Required && !has(entries, f.Name) {
			c.fail(e.at, f.Name+": an expression", "lines have no %s", f.Name)
		}
	}
	slices.SortStableFunc(l.fields, bySlot)
	return l
}

// lineField reads one field of a line.
func (c *compilation) lineField(e entry, field koppel.Field, keys []string) *sourceField {
	i := slices.IndexFunc(field.Line, func(f koppel.Field) bool { return f.Name == e.key })
	if i < 0 || field.Line[i].Derived {
		c.fail(e.at, "", "a line has no field %s%s", e.key, suggest(e.key, append(slices.Clone(keys), mapped(field.Line)...)))
		return nil
	}
	s := c.source(e, "an expression")
	if s != nil {
		s.slot, s.field = i, field.Line[i]
	}
	return s
}

// variable reads the name of a variable.
func (c *compilation) variable(e entry, otherwise string) string {
	name, at, ok := c.text(e, "a name")
	if !ok {
		return otherwise
	}
	if !isName(name) {
		c.fail(at, "letters and _", "%s cannot be a variable", name)
		return otherwise
	}
	return name
}

func isName(text string) bool {
	for i, r := range text {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	switch text {
	case "", "record", "parent", joinedName, rowsName, nowName, "settings", "version", "nil", "true", "false", "let", "if", "else", "not", "in", "and", "or", "matches", "contains", "startsWith", "endsWith":
		return false
	}
	return functions[text] == nil
}
