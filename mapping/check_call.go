package mapping

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// function checks name(arguments) and value.name(arguments), which mean the same.
func (c *checker) function(n *ast.CallNode) (static, ast.Node) {
	arguments := n.Arguments
	var name string
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		name = callee.Value
	case *ast.MemberNode:
		if method, ok := callee.Property.(*ast.StringNode); ok && callee.Method {
			name = method.Value
			arguments = append([]ast.Node{callee.Node}, arguments...)
		}
	}
	f, ok := functions[name]
	if !ok || f.run == nil {
		for _, argument := range arguments {
			c.value(argument)
		}
		return c.fail(n, "", "unknown function %s%s", name, suggest(name, functionNames()))
	}
	if len(arguments) < f.least || len(arguments) > len(f.params) {
		return c.fail(n, f.Signature, "%s is given %d arguments", name, len(arguments))
	}
	result := f.result
	args := make([]ast.Node, len(arguments))
	statics := make([]static, len(arguments))
	failed := false
	for i, argument := range arguments {
		s, out := c.value(argument)
		p := f.params[i]
		if !p.accepts(s) {
			c.fail(argument, f.Signature, "argument %s of %s is %s", p.name, name, s)
			failed = true
		}
		if s.nullable && !p.nullable && s.kind != kindAny {
			result.nullable = true
		}
		if s.kind == kindAny && !p.nullable {
			result.nullable = true
		}
		if text, ok := argument.(*ast.StringNode); ok {
			if err := p.constant(text.Value); err != nil {
				c.fail(argument, f.Signature, "%v", err)
				failed = true
			}
		}
		args[i], statics[i] = out, s
	}
	if failed {
		return staticAny, at(n, &ast.NilNode{})
	}
	if f.infer != nil {
		result = f.infer(statics)
	}
	if name == "int" && c.floor {
		name = "floor"
	}
	return result, c.call(n, name, result, args...)
}

// parameter is one parameter of a function.
type parameter struct {
	name     string
	kind     kind
	nullable bool
	optional bool
}

func (p parameter) accepts(s static) bool {
	switch {
	case s.kind == kindNil || s.kind == kindAny || p.kind == kindAny:
		return s.kind != kindSettings
	case p.kind == kindDecimal:
		return s.kind.numeric()
	case p.kind == kindTime:
		return s.kind.instant()
	}
	return s.kind == p.kind
}

// constant checks an argument that is written in the expression itself.
func (p parameter) constant(text string) error {
	switch p.name {
	case "zone":
		_, err := location(text)
		return err
	case "layout":
		return checkLayout(text)
	}
	return nil
}

// parseSignature reads "name(a string, b any?, [c int]) string or null": a
// parameter with ? takes null, one in brackets may be left out.
func parseSignature(signature string) (params []parameter, least int, result static) {
	_, rest, _ := strings.Cut(signature, "(")
	list, returns, _ := strings.Cut(rest, ")")
	for _, text := range strings.Split(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		p := parameter{optional: strings.HasPrefix(text, "[")}
		name, kind, _ := strings.Cut(strings.Trim(text, "[]"), " ")
		p.name, p.nullable = name, strings.HasSuffix(kind, "?")
		p.kind = kindOf(strings.TrimSuffix(kind, "?"))
		if !p.optional {
			least++
		}
		params = append(params, p)
	}
	return params, least, resultOf(strings.TrimSpace(returns))
}

func resultOf(text string) static {
	text, nullable := strings.CutSuffix(text, " or null")
	elem, isList := strings.CutPrefix(text, "list of ")
	if isList {
		e := static{kind: kindOf(elem)}
		return static{kind: kindList, elem: &e, nullable: nullable}
	}
	k := kindOf(text)
	return static{kind: k, nullable: nullable || k == kindAny}
}

func kindOf(name string) kind {
	for k, other := range kindNames {
		if other == name {
			return kind(k)
		}
	}
	panic("mapping: no type " + name)
}
