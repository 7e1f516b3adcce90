package mapping

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// Stream is what a mapping knows of one stream.
type Stream struct {
	// Shape of its records; nil when nothing is known.
	Shape *koppel.Shape
	// Parent is the stream whose records are the parents of these, "" for none.
	Parent string
	// Group: records that belong together are one object.
	Group bool
}

// Schema is what a mapping is checked against.
type Schema struct {
	Streams  map[string]Stream
	Settings []koppel.Setting
}

// Mapping is one compiled mapping.yaml. It is immutable and safe for
// concurrent use; Evaluators run it.
type Mapping struct {
	digest [16]byte
	// own is the digest of the streams that no override changes, over those of the others.
	own      [16]byte
	over     map[string][16]byte
	cases    []testCase
	programs []*Program
	byStream map[string][]*Program
	objects  []koppel.Object
	from     map[koppel.Object][]string
	settings []koppel.Setting
}

// Program maps the records of one stream to one object.
type Program struct {
	object koppel.Object
	stream string
	index  int
	record *plan
	parent *plan
	joins  []*Join
	// rows is an element of the variable rows, for a stream of groups.
	rows *node
	// each gives the elements of which an object is made, under the name as.
	each     *expression
	as       string
	where    *expression
	remoteID *expression
	fields   []fieldProgram
	lines    *linesProgram
	// loads are the variables of all expressions.
	loads map[string]static
	// programLoads are those that a program loads from the environment.
	programLoads map[string]bool
	// stock and unlimited are the slots of a product's two stock fields, -1 without.
	stock, unlimited int
}

// fieldProgram fills one slot of Values.
type fieldProgram struct {
	slot  int
	field koppel.Field
	expr  *expression
}

// linesProgram fills the lines of an order.
type linesProgram struct {
	slot   int
	field  koppel.Field
	each   *expression
	as     string
	where  *expression
	fields []fieldProgram
	// product, remoteID, quantity and value are the slots by which lines of
	// one product are added up; -1 when the line has no such field.
	product, remoteID, quantity, value int
}

// Digest identifies the mapping: its source, the expressions that overrides lay
// over it, and the semantics of the engine.
func (m *Mapping) Digest() [16]byte { return m.digest }

// nowName is the moment of the run in expressions.
const nowName = "now"

// DigestOn identifies the mapping of a stream on a day; records mapped under
// another digest are mapped again. An override is part of it for the streams
// whose mapping it changes, by its expressions alone. Where an expression
// compares dates with now, every day has its own, so that a record whose date
// has come is mapped again by the next full read though nothing changed in it.
func (m *Mapping) DigestOn(stream string, now time.Time) [16]byte {
	digest, changed := m.over[stream]
	if !changed {
		digest = m.own
	}
	for _, p := range m.ByStream(stream) {
		if _, dated := p.loads[nowName]; dated {
			binary.BigEndian.PutUint32(digest[12:], binary.BigEndian.Uint32(digest[12:])^uint32(now.Unix()/(24*3600)))
			break
		}
	}
	return digest
}

// Objects returns the objects that the mapping makes, in the order of work.
func (m *Mapping) Objects() []koppel.Object { return slices.Clone(m.objects) }

// From returns the streams that an object is mapped from, in the order of the file.
func (m *Mapping) From(object koppel.Object) []string { return slices.Clone(m.from[object]) }

// Reads returns the streams that an object is made of: those it is mapped from
// and those that are joined to them.
func (m *Mapping) Reads(object koppel.Object) []string {
	streams := m.From(object)
	for _, p := range m.programs {
		for _, j := range p.joins {
			if p.object == object && !slices.Contains(streams, j.Stream) {
				streams = append(streams, j.Stream)
			}
		}
	}
	return streams
}

// ByStream returns one program for each object mapped from a stream. The slice
// is shared: do not change it.
func (m *Mapping) ByStream(stream string) []*Program { return m.byStream[stream] }

// Object is what the program makes.
func (p *Program) Object() koppel.Object { return p.object }

// Stream is where its records come from.
func (p *Program) Stream() string { return p.stream }

// NeedsParent reports whether a record cannot be mapped without its parent's.
func (p *Program) NeedsParent() bool { return p.parent != nil && len(p.parent.leaves) > 0 }

// NeedsStored reports whether a record can only be mapped from what is stored:
// together with its parent, its children or the others of its group.
func (p *Program) NeedsStored() bool { return p.NeedsParent() || len(p.joins) > 0 || p.rows != nil }

// Grouped reports whether the program maps groups of records, by Input.Rows.
func (p *Program) Grouped() bool { return p.rows != nil }

// Many reports whether one record may give any number of objects.
func (p *Program) Many() bool { return p.each != nil }

// FieldSource says how one field of an object is made, for explain.
type FieldSource struct {
	// Field is its name; of a line's field "lines." and its name. "remote_id",
	// "each", "where", "lines.each" and "lines.where" are the other expressions.
	Field      string `json:"field"`
	Expression string `json:"expression"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	// Layer is 0 for the connector's own mapping, else which override, from 1 on.
	Layer int `json:"layer,omitempty"`
	// Reads are the members it reads, such as record.price.
	Reads []string `json:"reads"`
}

// Fields returns the expressions of the program in the order of the object's fields.
func (p *Program) Fields() []FieldSource {
	var sources []FieldSource
	add := func(name string, x *expression) {
		if x != nil {
			line, column := x.place.locate(x.source, 0)
			sources = append(sources, FieldSource{Field: name, Expression: x.source, File: x.place.file, Line: line, Column: column, Layer: x.place.layer, Reads: slices.Clone(x.reads)})
		}
	}
	add("each", p.each)
	add("remote_id", p.remoteID)
	add("where", p.where)
	for _, f := range p.fields {
		add(f.field.Name, f.expr)
	}
	if l := p.lines; l != nil {
		add("lines.each", l.each)
		add("lines.where", l.where)
		for _, f := range l.fields {
			add("lines."+f.field.Name, f.expr)
		}
	}
	return sources
}

// Compile reads, checks and compiles a mapping.yaml. file is its name in
// messages. Everything wrong is reported at once: the error is a *koppel.Error
// of kind invalid_request with Problems in its chain.
func Compile(file string, source []byte, schema Schema) (*Mapping, error) {
	return CompileOver(Layer{File: file, Source: source}, nil, schema)
}
