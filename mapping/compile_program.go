package mapping

import (
	"maps"
	"slices"

	"github.com/koppel-io/koppel"
)

// program compiles one block for one of its streams.
func (c *compilation) program(b *sourceBlock, stream string) {
	s, before := c.schema.Streams[stream], len(c.problems)
	p := &Program{
		object: b.object, stream: stream, index: len(c.m.programs),
		record: newPlan("record", s.Shape),
		loads:  map[string]static{}, programLoads: map[string]bool{},
		stock: -1, unlimited: -1,
	}
	if s.Group {
		p.rows = newElement(rowsName, s.Shape)
	}
	in := scope{settings: c.settings, roots: map[string]root{
		"record":   {static: rootStatic(p.record), plan: p.record},
		"settings": {static: static{kind: kindSettings}},
		"version":  {static: staticString},
		nowName:    {static: static{kind: kindTime}},
		"parent":   {static: staticNil},
	}}
	if s.Parent != "" {
		p.parent = newPlan("parent", c.schema.Streams[s.Parent].Shape)
		p.parent.parent = true
		in.roots["parent"] = root{static: rootStatic(p.parent), plan: p.parent}
	}
	if p.rows != nil {
		elem := staticOf(p.rows)
		in.roots[rowsName] = root{static: static{kind: kindList, elem: &elem}}
		delete(in.roots, "record")
	}
	if joins := c.join(p, b); len(b.joins) > 0 {
		in.roots[joinedName] = root{static: static{kind: kindJoined}, joins: joins}
	}
	compile := func(f *sourceField, in scope, ok func(static) bool, expected string) *expression {
		if f == nil {
			return nil
		}
		x, problems := compileExpression(f.text, in)
		if len(problems) == 0 && !ok(x.static) {
			problems = []problem{{message: f.field.Name + " is given " + x.static.String(), expected: expected}}
		}
		for _, problem := range problems {
			if problem.message == "unexpected token EOF" {
				problem.message = "the expression ends too early"
				if f.at.style == plain {
					problem.expected = "more; quote an expression that holds \" #\" or \": \""
				}
			}
			line, column := f.at.locate(f.text, problem.at)
			c.problems = append(c.problems, Problem{File: f.at.file, Line: line, Column: column, Path: f.at.path, Expression: f.text, Stream: stream, Message: problem.message, Expected: problem.expected})
		}
		if len(problems) > 0 {
			return nil
		}
		x.place = f.at
		maps.Copy(p.loads, x.loads)
		if x.program != nil {
			for name := range x.loads {
				p.programLoads[name] = true
			}
		}
		return x
	}
	fields := func(sources []sourceField, in scope) (out []fieldProgram) {
		for _, f := range sources {
			in.floor = stockField(f.field.Name)
			f.field.Required = f.field.Required && !p.optional(f.field)
			x := compile(&f, in, func(s static) bool { return takes(f.field, s) }, wanted(f.field))
			out = append(out, fieldProgram{slot: f.slot, field: f.field, expr: x})
		}
		return out
	}
	isList := func(s static) bool { return s.kind == kindList || s.kind == kindAny }
	if b.each != nil {
		p.as = b.as
		p.each = compile(b.each, in, isList, "list")
		element := staticAny
		if p.each != nil {
			element = p.each.static.element()
		}
		in.line, in.roots = b.as, maps.Clone(in.roots)
		in.roots[b.as] = root{static: element}
	}
	p.where = compile(b.where, in, isCondition, "bool")
	p.remoteID = compile(b.remoteID, in, isText, "string; an id is always text: use string(…)")
	p.fields = fields(b.fields, in)
	if l := b.lines; l != nil {
		p.lines = &linesProgram{slot: l.slot, field: l.field, as: l.as}
		p.lines.each = compile(l.each, in, isList, "list")
		line := in
		line.line, line.roots = l.as, maps.Clone(in.roots)
		element := staticAny
		if p.lines.each != nil {
			element = p.lines.each.static.element()
		}
		line.roots[l.as] = root{static: element}
		p.lines.where = compile(l.where, line, isCondition, "bool")
		p.lines.fields = fields(l.fields, line)
		p.lines.product = lineSlot(l.field, "product")
		p.lines.remoteID = lineSlot(l.field, "remote_id")
		p.lines.quantity = lineSlot(l.field, "quantity")
		p.lines.value = lineSlot(l.field, "subtotal_value")
	}
	for _, f := range p.fields {
		switch {
		case p.object == koppel.Products && f.field.Name == "stock_level":
			p.stock = f.slot
		case p.object == koppel.Products && f.field.Name == "unlimited_stock":
			p.unlimited = f.slot
		}
	}
	if p.unlimited >= 0 && p.stock < 0 {
		p.stock, _, _ = p.object.Field("stock_level")
	}
	if len(c.problems) == before && !b.overridden {
		c.unread(p, b)
	}
	p.record.root.seal()
	if p.parent != nil {
		p.parent.root.seal()
	}
	for _, j := range p.joins {
		j.elem.seal()
	}
	if p.rows != nil {
		p.rows.seal()
	}
	c.m.programs = append(c.m.programs, p)
	c.m.byStream[stream] = append(c.m.byStream[stream], p)
	c.m.from[b.object] = append(c.m.from[b.object], stream)
}

func rootStatic(p *plan) static {
	s := staticOf(p.root)
	s.node, s.flat = p.root, true
	s.nullable = false
	return s
}

func lineSlot(field koppel.Field, name string) int {
	return slices.IndexFunc(field.Line, func(f koppel.Field) bool { return f.Name == name })
}

// stockField reports whether a field counts stock, which may be told in
// fractions and is rounded down.
func stockField(name string) bool {
	switch name {
	case "stock_level", "free_stock", "minimum_stock", "maximum_stock":
		return true
	}
	return false
}

func isCondition(s static) bool {
	return s.kind == kindBool || s.kind == kindAny || s.kind == kindNil
}

func isText(s static) bool { return s.kind == kindString || s.kind == kindAny }

// takes reports whether a field can be given a value of the type.
func takes(field koppel.Field, s static) bool {
	if s.kind == kindAny || s.kind == kindNil {
		return true
	}
	switch field.Type {
	case koppel.Text, koppel.Ref:
		return s.kind == kindString
	case koppel.Int, koppel.Decimal:
		return s.kind.numeric()
	case koppel.Bool:
		return s.kind == kindBool
	case koppel.Time:
		return s.kind == kindTime
	case koppel.Date:
		return s.kind == kindDate
	case koppel.Texts:
		return s.kind == kindList && (s.element().kind == kindString || s.element().kind == kindAny)
	case koppel.JSON:
		return s.kind == kindList || s.kind == kindMap || s.kind == kindObject
	}
	return false
}

// wanted says what a field takes, with the cast that gives it.
func wanted(field koppel.Field) string {
	switch field.Type {
	case koppel.Text, koppel.Ref:
		return "string; cast with string(…)"
	case koppel.Int:
		return "int; cast with int(…)"
	case koppel.Decimal:
		return "decimal; cast with decimal(…)"
	case koppel.Bool:
		return "bool; cast with bool(…)"
	case koppel.Time:
		return "time; read it with time(…, layout, zone)"
	case koppel.Date:
		return "date; read it with date(…, layout)"
	case koppel.Texts:
		return "a list of texts; one text is cut with split(…)"
	}
	return "a list or a map"
}
