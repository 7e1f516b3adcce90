package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"sort"

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
	// program runs it; nil when direct does.
	program *vm.Program
	direct  *direct
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
	// line is the variable of a line, whose members are read without a program.
	line string
	// programs: every expression becomes a program.
	programs bool
}

// compileExpression parses, checks and compiles source. It returns either an
// expression or the problems, of which there is at least one.
func compileExpression(source string, in scope) (*expression, []problem) {
	compilations.Add(1)
	if len(source) > maxExpression {
		return nil, []problem{{message: fmt.Sprintf("an expression of %d bytes, more than %d", len(source), maxExpression)}}
	}
	tree, err := parser.ParseWithConfig(source, parseConfig())
	if err != nil {
		return nil, []problem{problemOf(err)}
	}
	c := &checker{source: []rune(source), roots: in.roots, settings: in.settings, floor: in.floor, line: in.line, env: map[string]static{}, reads: map[string]bool{}}
	s, node := c.value(tree.Node)
	if s.kind == kindSettings {
		c.fail(tree.Node, "", "settings cannot be used as a whole; name one")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	x := &expression{source: source, static: s, loads: c.env}
	for path := range c.reads {
		x.reads = append(x.reads, path)
	}
	sort.Strings(x.reads)
	if !in.programs {
		if x.direct = c.directOf(node); x.direct != nil {
			return x, nil
		}
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
