package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	yaml "github.com/goccy/go-yaml"
	yamlast "github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// place is where something stands in the file.
type place struct {
	path string
	// file is its name, "" for the one that is being read; layer is 0 for the
	// connector's, else the override's place from 1 on.
	file   string
	layer  int
	line   int
	column int
	// style says how the characters of an expression lie in the file.
	style scalarStyle
	// indent is the column of the first character of a block's lines.
	indent int
}

type scalarStyle uint8

const (
	plain scalarStyle = iota
	singleQuoted
	doubleQuoted
	block
)

// document is a parsed mapping.yaml with the problems found so far.
type document struct {
	file     string
	lines    []string
	problems Problems
	// layer is 0 for the connector's mapping, else the override's place from 1 on.
	layer int
}

func (d *document) fail(at place, expected, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: cmp.Or(at.file, d.file), Line: at.line, Column: at.column, Path: at.path, Message: fmt.Sprintf(format, args...), Expected: expected})
}

// parse reads the YAML; nil means that it is no mapping at all.
func (d *document) parse(source []byte) yamlast.Node {
	start := place{line: 1, column: 1}
	if len(source) > maxSource {
		d.fail(start, "", "a file of %d bytes, more than %d", len(source), maxSource)
		return nil
	}
	d.lines = strings.Split(string(source), "\n")
	tokens := lexer.Tokenize(string(source))
	if !d.admit(tokens) {
		return nil
	}
	parsed, err := yamlparser.Parse(tokens, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			start.line, start.column = syntax.Token.Position.Line, syntax.Token.Position.Column
			d.fail(start, "", "%s", syntax.Message)
			return nil
		}
		d.fail(start, "", "%s", firstLine(err.Error()))
		return nil
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		d.fail(start, "objects: …", "no mapping in this file")
		return nil
	}
	return parsed.Docs[0].Body
}

// maxYAMLDepth is how deep brackets or dashes may nest in a mapping.yaml.
const maxYAMLDepth = 8

// admit refuses what no mapping needs and what would cost the parser, which
// nests as deep as its input says, more than the file's size.
func (d *document) admit(tokens token.Tokens) bool {
	depth, dashes, line := 0, 0, 0
	for _, t := range tokens {
		at := place{line: t.Position.Line, column: t.Position.Column}
		if at.line != line {
			line, dashes = at.line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.MappingKeyType, token.DirectiveType:
			d.fail(at, "keys, texts and lists only", "%s cannot be used in a mapping", clip(t.Value))
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			dashes++
		}
		if depth > maxYAMLDepth || dashes > maxYAMLDepth {
			d.fail(at, "", "nested deeper than %d", maxYAMLDepth)
			return false
		}
	}
	return true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// entry is one key of a YAML mapping with its value.
type entry struct {
	key   string
	at    place
	value yamlast.Node
}

// entries returns the keys of a mapping in order; ok is false, and said, when n is none.
func (d *document) entries(n yamlast.Node, path string) (list []entry, ok bool) {
	var values []*yamlast.MappingValueNode
	switch n := n.(type) {
	case *yamlast.MappingNode:
		values = n.Values
	case *yamlast.MappingValueNode:
		values = []*yamlast.MappingValueNode{n}
	default:
		at := placeOf(n, path)
		d.fail(at, "keys and values", "this is %s", nodeName(n))
		return nil, false
	}
	seen := map[string]bool{}
	for _, v := range values {
		key := v.Key.GetToken().Value
		at := placeOf(v.Key, join2(path, key))
		if seen[key] {
			d.fail(at, "", "%s stands here twice", key)
			continue
		}
		seen[key] = true
		list = append(list, entry{key: key, at: at, value: v.Value})
	}
	return list, true
}

func join2(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func placeOf(n yamlast.Node, path string) place {
	at := place{path: path, line: 1, column: 1}
	if n == nil || n.GetToken() == nil {
		return at
	}
	at.line, at.column = n.GetToken().Position.Line, n.GetToken().Position.Column
	return at
}

func nodeName(n yamlast.Node) string {
	switch n.(type) {
	case nil:
		return "empty"
	case *yamlast.SequenceNode:
		return "a list"
	case *yamlast.MappingNode, *yamlast.MappingValueNode:
		return "a mapping"
	case *yamlast.AnchorNode, *yamlast.AliasNode:
		return "an anchor"
	case *yamlast.NullNode:
		return "empty"
	}
	return "a text"
}

// text reads a scalar as it is written.
func (d *document) text(e entry, expected string) (string, place, bool) {
	at := placeOf(e.value, e.at.path)
	switch n := e.value.(type) {
	case *yamlast.StringNode:
		switch n.Token.Type {
		case token.SingleQuoteType:
			at.style = singleQuoted
		case token.DoubleQuoteType:
			at.style = doubleQuoted
		}
		return n.Value, at, true
	case *yamlast.LiteralNode:
		at.style, at.line = block, at.line+1
		at.indent = d.indent(at.line)
		return strings.TrimRight(n.Value.Value, "\n"), at, true
	case *yamlast.IntegerNode, *yamlast.FloatNode, *yamlast.BoolNode:
		return e.value.GetToken().Value, at, true
	case *yamlast.NullNode:
		if e.value.GetToken().Value == "null" || e.value.GetToken().Value == "~" {
			return "nil", at, true
		}
		d.fail(e.at, expected, "nothing is given")
		return "", at, false
	}
	d.fail(at, expected+", quoted when it begins with a bracket", "this is %s", nodeName(e.value))
	return "", at, false
}

// indent is the column of the first character of a line.
func (d *document) indent(line int) int {
	if line < 1 || line > len(d.lines) {
		return 1
	}
	text := d.lines[line-1]
	return len(text) - len(strings.TrimLeft(text, " ")) + 1
}

// locate gives the line and column of the character at offset of an expression.
func (p place) locate(source string, offset int) (line, column int) {
	line, column = p.line, p.column
	runes := []rune(source)
	offset = min(offset, len(runes))
	switch p.style {
	case singleQuoted, doubleQuoted:
		column++
	case block:
		column = max(p.indent, 1)
	}
	for _, r := range runes[:offset] {
		switch {
		case r == '\n':
			line++
			column = max(p.indent, 1)
			continue
		case p.style == singleQuoted && r == '\'', p.style == doubleQuoted && (r == '"' || r == '\\'):
			column++
		}
		column++
	}
	return line, column
}
