package mapping

import (
	"slices"
	"strings"

	yamlast "github.com/goccy/go-yaml/ast"

	"github.com/koppel-io/koppel"
)

// overrideBlock is what an override says of one object.
type overrideBlock struct {
	object koppel.Object
	at     place
	// streams it counts for; none for all that the object is mapped from.
	streams []string
	where   *sourceField
	fields  []sourceField
	lines   *sourceLines
}

// The keys of an override's block that are not fields, and those that only the connector says.
var (
	overrideKeys = []string{"from", "where", "lines"}
	connectorKey = []string{"join", "each", "as", "remote_id"}
)

// override reads an override document: objects, and tests of them.
func (c *compilation) override(n yamlast.Node) {
	entries, _ := c.entries(n, "")
	for _, e := range entries {
		switch e.key {
		case "objects":
			objects, _ := c.entries(e.value, "objects")
			for _, o := range objects {
				c.overrideObject(o)
			}
		case "tests":
			c.sourceCases(e)
		default:
			c.fail(e.at, "objects or tests", "unknown key %s%s", e.key, suggest(e.key, []string{"objects", "tests"}))
		}
	}
	if !has(entries, "objects") && len(entries) > 0 {
		c.fail(placeOf(n, ""), "objects: …", "the override changes no objects")
	}
}

func (c *compilation) overrideObject(e entry) {
	object := koppel.Object(e.key)
	streams := c.streamsOf(object)
	if len(streams) == 0 {
		var names []string
		for _, o := range koppel.Objects() {
			if len(c.streamsOf(o)) > 0 {
				names = append(names, string(o))
			}
		}
		c.fail(e.at, "one of: "+strings.Join(names, ", "), "the connector maps no %s%s", e.key, suggest(e.key, names))
		return
	}
	if list, ok := e.value.(*yamlast.SequenceNode); ok {
		for _, block := range list.Values {
			c.overrideBlock(object, streams, entry{key: e.key, at: e.at, value: block})
		}
		return
	}
	c.overrideBlock(object, streams, e)
}

func (c *compilation) overrideBlock(object koppel.Object, streams []string, e entry) {
	entries, ok := c.entries(e.value, e.at.path)
	if !ok {
		return
	}
	b := &overrideBlock{object: object, at: c.here(e.at)}
	for _, e := range entries {
		switch e.key {
		case "from":
			b.streams = c.overrideStreams(e, object, streams)
			continue
		case "where":
			b.where = c.source(e, "a condition")
			continue
		}
		if slices.Contains(connectorKey, e.key) {
			c.fail(e.at, "a field, where, or lines", "%s is the connector's to say: an override cannot change what %s are made of", e.key, object)
			continue
		}
		slot, field, ok := object.Field(e.key)
		if !ok || field.Derived {
			names := append(slices.Clone(overrideKeys), mapped(object.Fields())...)
			c.fail(e.at, "", "%s have no field %s%s", object, e.key, suggest(e.key, names))
			continue
		}
		if field.Type == koppel.Lines {
			b.lines = c.overrideLines(e, slot, field)
			continue
		}
		if s := c.source(e, "an expression"); s != nil {
			s.slot, s.field = slot, field
			b.fields = append(b.fields, *s)
		}
	}
	if b.where == nil && len(b.fields) == 0 && b.lines == nil {
		c.fail(e.at, "a field", "the override says nothing of %s", object)
		return
	}
	c.once(b, streams)
	c.overrides = append(c.overrides, b)
}

// here is a place in the file that is being read.
func (c *compilation) here(at place) place {
	at.file, at.layer = c.file, c.layer
	return at
}

func (c *compilation) overrideStreams(e entry, object koppel.Object, known []string) (streams []string) {
	nodes := []yamlast.Node{e.value}
	if list, ok := e.value.(*yamlast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, n := range nodes {
		name, at, ok := c.text(entry{key: e.key, at: e.at, value: n}, "the name of a stream")
		if ok && !slices.Contains(known, name) {
			c.fail(at, "one of: "+strings.Join(known, ", "), "the connector maps no %s from %s%s", object, name, suggest(name, known))
		}
		streams = append(streams, name)
	}
	return streams
}

func (c *compilation) overrideLines(e entry, slot int, field koppel.Field) *sourceLines {
	entries, ok := c.entries(e.value, e.at.path)
	if !ok {
		return nil
	}
	l := &sourceLines{slot: slot, field: field, at: c.here(e.at)}
	for _, e := range entries {
		switch e.key {
		case "where":
			l.where = c.source(e, "a condition")
		case "each", "as":
			c.fail(e.at, "a line's field, or where", "%s is the connector's to say: an override cannot change what lines are made of", e.key)
		default:
			if s := c.lineField(e, field, []string{"where"}); s != nil {
				l.fields = append(l.fields, *s)
			}
		}
	}
	return l
}

// once refuses a field that two blocks of one override give for the same stream.
func (c *compilation) once(b *overrideBlock, streams []string) {
	for _, other := range c.overrides {
		if other.object != b.object || other.at.layer != b.at.layer {
			continue
		}
		for _, stream := range streams {
			if !b.counts(stream) || !other.counts(stream) {
				continue
			}
			for name, at := range b.given() {
				if _, twice := other.given()[name]; twice {
					c.fail(at, "", "%s of %s is given twice for stream %s", name, b.object, stream)
				}
			}
		}
	}
}

// counts reports whether the block changes what is mapped from a stream.
func (b *overrideBlock) counts(stream string) bool {
	return len(b.streams) == 0 || slices.Contains(b.streams, stream)
}

// given are the places of what the block says, by name.
func (b *overrideBlock) given() map[string]place {
	given := map[string]place{}
	if b.where != nil {
		given["where"] = b.where.at
	}
	for _, f := range b.fields {
		given[f.field.Name] = f.at
	}
	if b.lines != nil {
		if b.lines.where != nil {
			given["lines.where"] = b.lines.where.at
		}
		for _, f := range b.lines.fields {
			given["lines."+f.field.Name] = f.at
		}
	}
	return given
}

// laid is a block of the connector with the overrides laid over it that count
// for a stream; the block itself where none does.
func (c *compilation) laid(b *sourceBlock, stream string) *sourceBlock {
	for _, o := range c.overrides {
		if o.object != b.object || !o.counts(stream) {
			continue
		}
		over := *b
		over.overridden = true
		if o.where != nil {
			over.where = o.where
		}
		over.fields = layOver(b.fields, o.fields)
		if o.lines != nil && b.lines == nil {
			c.fail(o.lines.at, "", "the connector maps no lines of %s from %s", b.object, stream)
		} else if o.lines != nil {
			lines := *b.lines
			if o.lines.where != nil {
				lines.where = o.lines.where
			}
			lines.fields = layOver(b.lines.fields, o.lines.fields)
			over.lines = &lines
		}
		b = &over
	}
	return b
}

// layOver replaces fields by slot and adds those that are not there.
func layOver(fields, over []sourceField) []sourceField {
	fields = slices.Clone(fields)
	for _, f := range over {
		if i := slices.IndexFunc(fields, func(g sourceField) bool { return g.slot == f.slot }); i >= 0 {
			fields[i] = f
		} else {
			fields = append(fields, f)
		}
	}
	slices.SortStableFunc(fields, bySlot)
	return fields
}
