package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"sort"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	exprchecker "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

var boolType = reflect.TypeFor[bool]()

// expression is one compiled expression.
type expression struct {
	source string
	static static
	// program runs it; nil when it is a constant or one variable.
	program  *vm.Program
	constant any
	// slot and plan name the one member it reads, when that is all it does.
	plan *plan
	slot int
	// local is the slot of the line's member it reads, -1 for none.
	local int
	// reads are the members it reads, sorted.
	reads []string
	// loads are the variables it loads.
	loads map[string]static
	// place is where its source stands, for errors.
	place place
}

// scope is what an expression may name.
type scope struct {
	roots    map[string]root
	settings map[string]static
	floor    bool
}

// compileExpression parses, checks and compiles source. It returns either an
// expression or the problems, of which there is at least one.
func compileExpression(source string, in scope) (*expression, []problem) {
	if len(source) > maxExpression {
		return nil, []problem{{message: fmt.Sprintf("an expression of %d bytes, more than %d", len(source), maxExpression)}}
	}
	tree, err := parser.ParseWithConfig(source, parseConfig())
	if err != nil {
		return nil, []problem{problemOf(err)}
	}
	c := &checker{source: []rune(source), roots: in.roots, settings: in.settings, floor: in.floor, env: map[string]static{}, reads: map[string]bool{}}
	s, node := c.value(tree.Node)
	if s.kind == kindSettings {
		c.fail(tree.Node, "", "settings cannot be used as a whole; name one")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	x := &expression{source: source, static: s, slot: -1, local: -1, loads: c.env}
	for path := range c.reads {
		x.reads = append(x.reads, path)
	}
	sort.Strings(x.reads)
	if c.direct(x, node) {
		return x, nil
	}
	config := compileConfig(c.env)
	tree.Node = node
	if _, err := exprchecker.Check(tree, config); err != nil {
		return nil, []problem{problemOf(err)}
	}
	if x.program, err = compiler.Compile(tree, config); err != nil {
		return nil, []problem{problemOf(err)}
	}
	return x, nil
}

// direct recognises what needs no program: a constant and a single member.
func (c *checker) direct(x *expression, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ConstantNode:
		x.constant = n.Value
		return true
	case *ast.StringNode:
		x.constant = n.Value
		return true
	case *ast.BoolNode:
		x.constant = n.Value
		return true
	case *ast.NilNode:
		return true
	case *ast.IdentifierNode:
		for _, r := range c.roots {
			if r.plan == nil {
				continue
			}
			for _, leaf := range r.plan.leaves {
				if leaf.path == n.Value {
					x.plan, x.slot = r.plan, leaf.slot
					return true
				}
			}
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "slot()" {
			base, isName := n.Arguments[1].(*ast.IdentifierNode)
			if isName && c.roots[base.Value].static.kind == kindObject {
				x.local = n.Arguments[2].(*ast.ConstantNode).Value.(int)
				return true
			}
		}
	}
	return false
}

// parseConfig leaves expr's own functions out: a name is a function of the
// table or unknown. The parser still knows the forms that take a predicate.
func parseConfig() *conf.Config {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	for _, f := range builtin.Builtins {
		if !f.Predicate {
			config.Disabled[f.Name] = true
		}
	}
	return config
}

func compileConfig(env map[string]static) *conf.Config {
	config := conf.CreateNew()
	clear(config.Builtins)
	variables := types.Map{}
	for name, s := range env {
		variables[name] = types.Any
		if s.nullable {
			continue
		}
		switch s.kind {
		case kindString:
			variables[name] = types.String
		case kindBool:
			variables[name] = types.Bool
		}
	}
	config.WithEnv(variables)
	install(config)
	return config
}

func problemOf(err error) problem {
	var located *file.Error
	if errors.As(err, &located) {
		return problem{at: located.From, message: located.Message}
	}
	return problem{message: err.Error()}
}
