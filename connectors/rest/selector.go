package rest

import (
	"strings"
)

// Selector is where records are in an answer: a list of them, or one alone.
type Selector struct {
	// Paths are alternatives, of which the first that is there counts: "@" for
	// the whole body, else a dotted path of member names.
	Paths []string
	// Optional: a missing member means that there are no records.
	Optional bool
}

func (s *Selector) decodeNode(d *decoder, n *node, _ []string) {
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
		if len(items) == 0 {
			d.fail(n, "expected at least one path")
		}
	}
	*s = Selector{}
	for i, item := range items {
		path, optional := strings.CutSuffix(item.text, "?")
		switch {
		case path == "@" && (i < len(items)-1 || optional):
			d.fail(item, "the whole body is always there: @ comes last, without a ?")
		case path != "@":
			d.checkPath(item, path)
		}
		if optional && i < len(items)-1 {
			d.fail(item, "the next alternative is tried anyway: ? belongs to the last one")
		}
		s.Paths, s.Optional = append(s.Paths, path), optional
	}
}

func (*Selector) schemaOf(schemas) schema {
	return schema{"anyOf": []schema{{"type": "string"}, {"type": "array", "items": schema{"type": "string"}, "minItems": 1}}}
}

// whole makes the body the place of the records where none is given.
func (s *Selector) whole() {
	if len(s.Paths) == 0 {
		s.Paths = []string{"@"}
	}
}

// isWhole reports whether the body as a whole is the records.
func (s *Selector) isWhole() bool { return len(s.Paths) == 1 && s.Paths[0] == "@" }

// String names the places as a sentence does.
func (s *Selector) String() string { return strings.Join(s.Paths, " or ") }

// of gives the records of a decoded body; ok is false when it has none where
// they must be.
func (s *Selector) of(body any) (records []any, ok bool) {
	for _, path := range s.Paths {
		value, found := lookUp(body, path)
		if !found {
			continue
		}
		switch v := value.(type) {
		case []any:
			return v, true
		case map[string]any:
			return []any{v}, true
		}
		return nil, value == nil
	}
	return nil, s.Optional
}

// alternatives are the paths as member names; none for the whole body.
func (s *Selector) alternatives() [][]string {
	all := make([][]string, len(s.Paths))
	for i, path := range s.Paths {
		if path != "@" {
			all[i] = strings.Split(path, ".")
		}
	}
	return all
}

// firstOf chooses the first alternative that a body has, or the last. It looks
// no further than to the member's name, so that a page is not read twice.
func firstOf(body []byte, alternatives [][]string) []string {
	last := len(alternatives) - 1
	for _, path := range alternatives[:last] {
		if leadsTo(body, path) {
			return path
		}
	}
	return alternatives[last]
}

// leadsTo reports whether a body has the path; damaged ones are for split.
func leadsTo(body []byte, path []string) bool {
	s := scanner{data: body}
	for depth, name := range path {
		if s.space() != '{' {
			return false
		}
		m := members{scanner: &s, depth: depth + 1}
		for found := false; !found; {
			switch {
			case !m.next():
				return false
			case m.is(name):
				found = true
			case s.value(depth+1) != nil:
				return false
			}
		}
	}
	return true
}
