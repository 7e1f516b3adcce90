package rest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// dropped is a tree of members that are kept out of records: a leaf goes with
// all it holds. Lists on the way are passed through.
type dropped map[string]dropped

func newDropped(paths []string) dropped {
	root := dropped{}
	for _, path := range paths {
		at := root
		names := strings.Split(path, ".")
		for i, name := range names {
			below, there := at[name]
			switch {
			case there && below == nil: // a shorter path takes it already
			case i == len(names)-1:
				at[name] = nil
			case !there:
				below = dropped{}
				at[name] = below
			}
			if at = below; at == nil {
				break
			}
		}
	}
	return root
}

// find gives what is dropped below the member; goes is true when all of it is.
func (t dropped) find(m *members) (below dropped, goes bool) {
	if len(t) == 0 {
		return nil, false
	}
	raw := m.data[m.nameStart:m.nameEnd]
	if m.nameEscaped {
		raw = unquote(raw)
	}
	below, there := t[string(raw)]
	return below, there && below == nil
}

// cutter gathers the spans of members that are left out of an object, with the
// commas that go with them.
type cutter struct {
	spans []span
	// kept is the end of the last member that stays, open the start of those
	// that go since; -1 for none.
	kept, open int
}

func (c *cutter) begin(object int) { c.spans, c.kept, c.open = c.spans[:0], object+1, -1 }

// member is told of each member whose value ends at end.
func (c *cutter) member(start, end int, goes bool) {
	switch {
	case !goes:
		c.kept = end
	case c.open < 0:
		c.open = start
	}
}

// name ends the members that go, where the next one starts with its quote.
func (c *cutter) name(at int) {
	if c.open >= 0 {
		c.spans, c.open = append(c.spans, span{c.open, at}), -1
	}
}

// close ends the object before its brace: when its last members go, so does
// the comma before them.
func (c *cutter) close(brace int) {
	if c.open < 0 {
		return
	}
	for len(c.spans) > 0 && c.spans[len(c.spans)-1].start >= c.kept {
		c.spans = c.spans[:len(c.spans)-1]
	}
	c.spans = append(c.spans, span{c.kept, brace})
}

// member skips the value of a record's member that may matter.
func (sp *splitter) member(m *members, depth int) error {
	s := &sp.scan
	start, volatile := m.nameStart-1, sp.isVolatile(m)
	below, goes := sp.drop.find(m)
	if below == nil {
		if err := s.value(depth); err != nil {
			return err
		}
		sp.cut.member(start, s.pos, volatile || goes)
		sp.drops.member(start, s.pos, goes)
		return nil
	}
	before := len(sp.drops.spans)
	if err := sp.dropIn(below, depth); err != nil {
		return err
	}
	if !volatile {
		sp.cut.spans = append(sp.cut.spans, sp.drops.spans[before:]...)
	}
	sp.cut.member(start, s.pos, volatile)
	sp.drops.member(start, s.pos, false)
	return nil
}

// dropIn skips a value and takes down what is dropped below it.
func (sp *splitter) dropIn(tree dropped, depth int) error {
	s := &sp.scan
	switch s.space() {
	case '[':
		return sp.dropInList(tree, depth+1)
	case '{':
		return sp.dropInObject(tree, depth+1)
	}
	return s.value(depth)
}

func (sp *splitter) dropInList(tree dropped, depth int) error {
	s := &sp.scan
	if depth > maxJSONDepth {
		return s.bad("fewer nested values")
	}
	s.pos++
	if s.space() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := sp.dropIn(tree, depth); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.bad("a comma or ]")
		}
	}
}

func (sp *splitter) dropInObject(tree dropped, depth int) error {
	s := &sp.scan
	c := cutter{spans: sp.drops.spans, kept: s.pos + 1, open: -1}
	m := members{scanner: s, depth: depth}
	for m.next() {
		c.name(m.nameStart - 1)
		below, goes := tree.find(&m)
		start := m.nameStart - 1
		sp.drops.spans = c.spans
		var err error
		if below != nil {
			err = sp.dropIn(below, depth)
		} else {
			err = s.value(depth)
		}
		if err != nil {
			return err
		}
		c.spans = sp.drops.spans
		c.member(start, s.pos, goes)
	}
	c.close(s.pos - 1)
	sp.drops.spans = c.spans
	return m.finish()
}

// squeeze closes the gaps of what is dropped from the record at start. What
// becomes free is blank, so that the body stays what it was without it.
func (sp *splitter) squeeze(start int) []byte {
	data, end := sp.scan.data, sp.scan.pos
	if len(sp.drops.spans) == 0 {
		return data[start:end:end]
	}
	to, from := start, start
	for _, gap := range sp.drops.spans {
		to += copy(data[to:], data[from:gap.start])
		from = gap.end
	}
	to += copy(data[to:], data[from:end])
	for i := to; i < end; i++ {
		data[i] = ' '
	}
	return data[start:to:to]
}

// checkDrop holds the members that are dropped to those that are read: nothing
// may rest on what is not kept.
func (s *Stream) checkDrop(d *decoder, n *node) {
	if len(s.Drop) == 0 {
		return
	}
	at := n.get("drop")
	if s.Shape == nil {
		d.fail(at, "drop needs shape: it says what mappings may read of what is left")
		return
	}
	for i, path := range s.Drop {
		item := at
		if at.kind == listNode {
			item = at.items[i]
		}
		for word, paths := range s.readPaths() {
			for _, read := range paths {
				if read == path || strings.HasPrefix(read, path+".") {
					d.fail(item, "%s reads %s: it cannot be dropped", word, read)
				}
			}
		}
		for word, e := range s.readExpressions() {
			if e != nil && readsMember(e.source, "record", path) {
				d.fail(item, "%s reads record.%s: it cannot be dropped", word, path)
			}
		}
		s.dropFromShape(d, n.get("shape"), item, path)
	}
}

// readPaths are the members that the stream itself reads, by the word that
// names them.
func (s *Stream) readPaths() map[string][]string {
	paths := map[string][]string{"key": s.Key}
	if s.Parent != nil {
		paths["parent"] = s.Parent.Key
	}
	if s.Group != "" {
		paths["group"] = []string{s.Group}
	}
	if s.Since != nil {
		paths["since"] = slices.DeleteFunc([]string{s.Since.Changed, s.Since.Keyset}, func(path string) bool { return path == "" })
	}
	return paths
}

func (s *Stream) readExpressions() map[string]*Expr {
	read := map[string]*Expr{"deletes": s.Deletes.Flag}
	if s.Find != nil {
		for by, find := range map[string]*FindBy{"sku": s.Find.SKU, "ean": s.Find.EAN, "number": s.Find.Number} {
			if find != nil {
				read["find."+by] = find.Where
			}
		}
	}
	return read
}

// readsMember reports whether an expression names the member of a variable.
func readsMember(source, variable, path string) bool {
	steps := make([]string, 0, 4)
	for name := range strings.SplitSeq(path, ".") {
		steps = append(steps, regexp.QuoteMeta(name))
	}
	return regexp.MustCompile(`\b` + variable + `\??\.` + strings.Join(steps, `\??\.`) + `\b`).MatchString(source)
}

// dropFromShape leaves it to the shape to say that the member is dropped, so
// that a mapping that reads it is told why it cannot.
func (s *Stream) dropFromShape(d *decoder, shape, at *node, path string) {
	of := &s.Shape.Shape
	names := strings.Split(path, ".")
	for i, name := range names {
		for of.Type == koppel.ShapeList {
			of = of.Elem
		}
		if of.Type == koppel.ShapeAny {
			d.fail(at, "the shape does not say what %s holds, so what reads %s cannot be told", strings.Join(names[:i], "."), path)
			return
		}
		inner := of.Members[name]
		switch {
		case i == len(names)-1 && inner != nil:
			d.fail(at, "%s is in the shape, which says what is there to be read: take it out of one of them", path)
		case i == len(names)-1:
			of.Dropped = append(of.Dropped, name)
		}
		if inner == nil {
			return
		}
		of = inner
	}
}

// withoutDropped is what is kept of a row that cannot be read, where members
// are dropped: nobody knows which of it they are.
func (s *Stream) withoutDropped(raw []byte, row int64) []byte {
	if len(s.Drop) == 0 {
		return raw
	}
	return fmt.Appendf(nil, "row %d, which may hold what is dropped", row)
}
