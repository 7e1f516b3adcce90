package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// Join is a list of rows that a record comes with: the records of a child
// stream whose parent it is. Expressions read it as joined.NAME.
type Join struct {
	Name string
	// Stream is the child stream.
	Stream string
	// Need: without a row the record gives no object, and one that it gave
	// before is gone.
	Need bool

	elem *node
}

// variable is what expressions load.
func (j *Join) variable() string { return joinedName + "." + j.Name }

// Variables of a mapping beside record and parent.
const (
	joinedName = "joined"
	rowsName   = "rows"
	itemName   = "item"
)

// Rows are stored records of one stream that belong together, in the order of
// their keys.
type Rows struct {
	List [][]byte
	// More: there are more than MaxRows of them, or more than MaxRowBytes.
	More bool
}

// What one record may be joined with; more parks it.
const (
	MaxRows     = 2000
	MaxRowBytes = 2 << 20
	// maxJoins bounds the lists of one block.
	maxJoins = 8
)

// sourceJoin is one entry of a block's join.
type sourceJoin struct {
	Join
	at place
}

// The keys of one join.
var joinKeys = []string{"stream", "need"}

// joins reads the block's join: names with the child stream that each lists.
func (c *compilation) joins(b *sourceBlock, e entry) {
	entries, ok := c.entries(e.value, e.at.path)
	if !ok {
		return
	}
	for _, e := range entries {
		j := sourceJoin{Join: Join{Name: e.key}, at: e.at}
		if !isName(e.key) {
			c.fail(e.at, "letters and _", "%s cannot be the name of a join", e.key)
		}
		keys, ok := c.entries(e.value, e.at.path)
		if !ok {
			continue
		}
		for _, k := range keys {
			switch k.key {
			case "stream":
				j.Stream, _, _ = c.text(k, "the name of a stream")
			case "need":
				j.Need = c.yes(k)
			default:
				c.fail(k.at, "", "a join has no key %s%s", k.key, suggest(k.key, joinKeys))
			}
		}
		if !has(keys, "stream") {
			c.fail(e.at, "stream: a stream whose parent this one is", "the join %s names no stream", e.key)
			continue
		}
		b.joins = append(b.joins, j)
	}
	if len(b.joins) > maxJoins {
		c.fail(e.at, "", "%d joins, more than %d", len(b.joins), maxJoins)
	}
}

// yes reads true or false.
func (c *compilation) yes(e entry) bool {
	text, at, ok := c.text(e, "true or false")
	if ok && text != "true" && text != "false" {
		c.fail(at, "true or false", "%s is neither true nor false", text)
	}
	return text == "true"
}

// join gives a program its joins; each must be of a child of the program's stream.
func (c *compilation) join(p *Program, b *sourceBlock) (joins map[string]*Join) {
	joins = map[string]*Join{}
	for _, source := range b.joins {
		child, known := c.schema.Streams[source.Stream]
		children := c.childrenOf(p.stream)
		switch {
		case !known:
			c.fail(source.at, "one of: "+strings.Join(children, ", "), "unknown stream %s%s", source.Stream, suggest(source.Stream, children))
			continue
		case child.Parent != p.stream:
			c.fail(source.at, "a stream with parent: { stream: "+p.stream+", key: … } or each: "+p.stream, "%s are not joined to %s: no record of %s names its parent there",
				source.Stream, p.stream, source.Stream)
			continue
		}
		j := source.Join
		j.elem = newElement(j.variable(), child.Shape)
		p.joins = append(p.joins, &j)
		joins[j.Name] = &j
	}
	return joins
}

// newElement is the node of the rows of a list that is no part of a record.
func newElement(path string, shape *koppel.Shape) *node {
	n := newNode(path, path+"[]", cmp.Or(shape, anyShape))
	n.whole = true
	return n
}

func (c *compilation) childrenOf(stream string) (names []string) {
	for name, s := range c.schema.Streams {
		if s.Parent == stream {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// unread are joins that nothing reads and nothing needs: they cost and give nothing.
func (c *compilation) unread(p *Program, b *sourceBlock) {
	for _, j := range p.joins {
		if _, read := p.loads[j.variable()]; !read && !j.Need {
			at := slices.IndexFunc(b.joins, func(s sourceJoin) bool { return s.Name == j.Name })
			c.fail(b.joins[at].at, j.variable()+" in an expression, or need: true", "nothing reads the join %s", j.Name)
		}
	}
}

// Joins are the lists that the program's records come with, in the order in
// which Input.Joined gives them. The slice is shared: do not change it.
func (p *Program) Joins() []*Join { return p.joins }

// joined decodes the rows of the program's joins; lacks reports that one that
// is needed has none.
func (e *Evaluator) joined(p *Program, st *state, given []Rows) (lacks bool, err error) {
	for i, j := range p.joins {
		var rows Rows
		if i < len(given) {
			rows = given[i]
		}
		list, err := e.rows(j.variable(), j.elem, rows)
		if err != nil {
			return false, err
		}
		st.env[j.variable()] = list
		lacks = lacks || j.Need && len(list) == 0
	}
	return lacks, nil
}

// rows decodes stored records of one stream.
func (e *Evaluator) rows(name string, elem *node, rows Rows) ([]any, error) {
	if rows.More || len(rows.List) > MaxRows {
		return nil, &tooManyRows{name}
	}
	list := make([]any, len(rows.List))
	for i, row := range rows.List {
		v, err := e.scanner.scan(row, elem, nil, nil)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

// tooManyRows: a record comes with more rows than one evaluation may see.
type tooManyRows struct{ name string }

func (e *tooManyRows) Error() string {
	return fmt.Sprintf("%s has more than %d rows or %d bytes, more than one object is made of", e.name, MaxRows, MaxRowBytes)
}
