package rest

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of a manifest, so that one published by a tenant cannot exhaust a worker.
const (
	maxManifestBytes = 512 << 10
	maxManifestDepth = 24
	maxManifestNodes = 20_000
)

type nodeKind int

const (
	nullNode nodeKind = iota
	textNode
	intNode
	floatNode
	boolNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number", "true or false", "a list", "a mapping"}[k]
}

// node is a YAML value with its place. Anchors, aliases, tags and merge keys
// have no node: the language has like and choose for reuse.
type node struct {
	kind         nodeKind
	text         string
	items        []*node
	members      []member
	line, column int
	path         string
}

type member struct {
	name         string
	line, column int
	value        *node
}

// get returns the named member's value, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// reader turns goccy's syntax tree into nodes and gathers what it refuses.
type reader struct {
	file     string
	problems Problems
	nodes    int
}

// readYAML parses source; nil when the problems leave nothing to work on.
func readYAML(file string, source []byte) (*node, Problems) {
	r := &reader{file: file}
	if len(source) > maxManifestBytes {
		r.add(1, 1, "", fmt.Sprintf("a manifest is at most %d KiB, this one has %d", maxManifestBytes>>10, len(source)>>10))
		return nil, r.problems
	}
	tree, err := parser.ParseBytes(source, 0)
	if err != nil {
		line, column, message := 1, 1, err.Error()
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			message = syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				line, column = t.Position.Line, t.Position.Column
			}
		}
		r.add(line, column, "", "not YAML: "+message)
		return nil, r.problems
	}
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		r.add(1, 1, "", "the file is empty")
		return nil, r.problems
	case len(tree.Docs) > 1:
		r.addAt(tree.Docs[1].Body, "", "one file holds one document")
	}
	return r.read(tree.Docs[0].Body, "", 0), r.problems
}

func (r *reader) add(line, column int, path, message string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Column: column, Path: path, Message: message})
}

func (r *reader) addAt(at ast.Node, path, message string) {
	line, column := place(at)
	r.add(line, column, path, message)
}

func (r *reader) read(from ast.Node, path string, depth int) *node {
	line, column := place(from)
	n := &node{line: line, column: column, path: path}
	r.nodes++
	if depth > maxManifestDepth || r.nodes > maxManifestNodes {
		if depth > maxManifestDepth || r.nodes == maxManifestNodes+1 {
			r.addAt(from, path, fmt.Sprintf("nested deeper than %d levels or more than %d values", maxManifestDepth, maxManifestNodes))
		}
		return n
	}
	switch v := from.(type) {
	case nil, *ast.NullNode:
		n.kind = nullNode
	case *ast.StringNode:
		n.kind, n.text = textNode, v.Value
	case *ast.LiteralNode:
		n.kind, n.text = textNode, v.Value.Value
	case *ast.IntegerNode:
		n.kind, n.text = intNode, v.Token.Value
	case *ast.FloatNode:
		n.kind, n.text = floatNode, v.Token.Value
	case *ast.BoolNode:
		n.kind, n.text = boolNode, v.Token.Value
	case *ast.SequenceNode:
		n.kind = listNode
		for i, item := range v.Values {
			n.items = append(n.items, r.read(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	case ast.MapNode:
		n.kind = mapNode
		r.readMembers(n, v, depth)
	default:
		r.addAt(from, path, fmt.Sprintf("%s is not part of the language; use like for reuse", from.Type()))
	}
	return n
}

func (r *reader) readMembers(n *node, from ast.MapNode, depth int) {
	for it := from.MapRange(); it.Next(); {
		key := it.Key()
		line, column := place(key)
		name := ""
		switch k := key.(type) {
		case *ast.StringNode:
			name = k.Value
		case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode, *ast.NullNode:
			name = k.GetToken().Value
		default:
			r.add(line, column, n.path, "a key must be plain text; anchors and merge keys are not part of the language")
			continue
		}
		if n.get(name) != nil {
			r.add(line, column, join(n.path, name), "this key occurs twice")
			continue
		}
		value := r.read(it.Value(), join(n.path, name), depth+1)
		if value.line == 0 {
			value.line, value.column = line, column
		}
		n.members = append(n.members, member{name: name, line: line, column: column, value: value})
	}
}

func place(at ast.Node) (line, column int) {
	if at == nil || at.GetToken() == nil || at.GetToken().Position == nil {
		return 0, 0
	}
	if m, ok := at.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return place(m.Values[0].Key)
	}
	if m, ok := at.(*ast.MappingValueNode); ok {
		return place(m.Key)
	}
	p := at.GetToken().Position
	return p.Line, p.Column
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
