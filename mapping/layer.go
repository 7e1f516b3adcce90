package mapping

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
)

// Layer is a document as it is written: a mapping.yaml, or an override that is
// laid over one.
type Layer struct {
	// File is its name in messages.
	File   string
	Source []byte
}

// CompileOver compiles a connector's mapping with overrides laid over it, the
// strongest last: a field that an override gives replaces that of the layers
// before it, in every stream that the object is mapped from or in those that the
// override names. What an object is made of stays the connector's. The error is
// as Compile's.
func CompileOver(base Layer, overrides []Layer, schema Schema) (*Mapping, error) {
	c := &compilation{
		document: document{file: base.File},
		schema:   schema,
		settings: map[string]static{},
		m:        &Mapping{byStream: map[string][]*Program{}, from: map[koppel.Object][]string{}, settings: schema.Settings, over: map[string][16]byte{}},
	}
	for _, setting := range schema.Settings {
		c.settings[setting.Name] = staticSetting(setting)
	}
	if root := c.parse(base.Source); root != nil {
		c.root(root)
	}
	for i, override := range overrides {
		c.file, c.layer = override.File, i+1
		if root := c.parse(override.Source); root != nil {
			c.override(root)
		}
	}
	c.file, c.layer = base.File, 0
	c.compile()
	if len(c.problems) > 0 {
		return nil, problemsError("compile "+topmost(base, overrides).File, c.problems.tidy())
	}
	c.digest(base.Source)
	for _, object := range koppel.Objects() {
		if len(c.m.from[object]) > 0 {
			c.m.objects = append(c.m.objects, object)
		}
	}
	return c.m, nil
}

func topmost(base Layer, overrides []Layer) Layer {
	if len(overrides) > 0 {
		return overrides[len(overrides)-1]
	}
	return base
}

func problemsError(op string, problems Problems) error {
	detail := problems[0].String()
	if len(problems) > 1 {
		detail = fmt.Sprintf("%s (and %d more)", detail, len(problems)-1)
	}
	return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: detail, Err: problems}
}

// compile makes programs of the blocks, and then what the test cases need of them.
func (c *compilation) compile() {
	for _, b := range c.blocks {
		for _, stream := range b.streams {
			c.program(c.laid(b, stream), stream)
		}
	}
	for _, s := range c.cases {
		c.testCase(s)
	}
}

// digest names the mapping as a whole and that of each stream.
func (c *compilation) digest(source []byte) {
	m := c.m
	sum := sha256.Sum256(fmt.Appendf(nil, "koppel mapping %d\n%s", Semantics, source))
	copy(m.own[:], sum[:])
	m.digest = m.own
	var all []string
	for stream, programs := range m.byStream {
		var lines []string
		for _, p := range programs {
			for _, f := range p.Fields() {
				if f.Layer > 0 {
					lines = append(lines, fmt.Sprintf("%s\n%s\n%s\n%q", stream, p.object, f.Field, f.Expression))
				}
			}
		}
		if len(lines) > 0 {
			m.over[stream] = digestOver(m.own, lines)
			all = append(all, lines...)
		}
	}
	if len(all) > 0 {
		m.digest = digestOver(m.own, all)
	}
}

func digestOver(own [16]byte, lines []string) (digest [16]byte) {
	slices.Sort(lines)
	sum := sha256.Sum256(fmt.Appendf(nil, "koppel override\n%x\n%s", own, strings.Join(lines, "\n")))
	copy(digest[:], sum[:])
	return digest
}

// Differs lists the objects that m maps otherwise than another mapping of the
// same connector does, in the order of work: a test case or a note changes none.
func (m *Mapping) Differs(other *Mapping) (objects []koppel.Object) {
	of := func(m *Mapping, stream string) [16]byte {
		if digest, changed := m.over[stream]; changed {
			return digest
		}
		return m.own
	}
	for _, object := range m.objects {
		if slices.ContainsFunc(m.from[object], func(stream string) bool { return of(m, stream) != of(other, stream) }) {
			objects = append(objects, object)
		}
	}
	return objects
}
