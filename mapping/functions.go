package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// Function is one function of the expression language: a row of the table that
// the checker, the evaluator, the documentation and its test all read.
type Function struct {
	Name string
	// Group is the heading it stands under.
	Group string
	// Signature gives names and types: a type with ? takes null, any other
	// argument that is null makes the result null; [x] may be left out.
	Signature string
	Doc       string
	Examples  []Example
	// Predicate functions take a condition or expression on each element.
	Predicate bool
	// Operator rows stand in the documentation only; the checker knows them.
	Operator bool

	params []parameter
	least  int
	result static
	infer  func([]static) static
	run    func(m *meter, args []any) (any, error)
}

// Example is an expression and what it gives, as expressions: a test runs both.
type Example struct {
	Expr   string
	Result string
}

// functions is the table by name.
var functions = tableByName()

// Functions returns the table in the order of the documentation.
func Functions() []Function {
	return slices.Concat(operatorRows, castFunctions, numberFunctions, textFunctions, timeFunctions, tradeFunctions, listFunctions)
}

func tableByName() map[string]*Function {
	table := map[string]*Function{}
	for _, f := range Functions() {
		if f.Operator {
			continue
		}
		if !f.Predicate {
			f.params, f.least, f.result = parseSignature(f.Signature)
		}
		table[f.Name] = &f
	}
	return table
}

func functionNames() []string {
	return slices.Collect(maps.Keys(functions))
}

// install makes the table and the operators known to expr.
func install(config *conf.Config) {
	for name, f := range functions {
		if f.run != nil {
			config.Functions[name] = &builtin.Function{Name: name, Func: f.call}
		}
	}
	for name, run := range internals {
		config.Functions[name] = &builtin.Function{Name: name, Func: run}
	}
}

// call converts the arguments to the parameters' types and runs the function.
// The first argument is the meter.
func (f *Function) call(args ...any) (any, error) {
	m, ok := args[0].(*meter)
	if !ok {
		return nil, errRoot
	}
	args = args[1:]
	for i := range args {
		p := &f.params[i]
		if args[i] == nil {
			if !p.nullable {
				return nil, nil
			}
			continue
		}
		if err := p.convert(m, &args[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	v, err := f.run(m, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return v, nil
}

func (p *parameter) convert(m *meter, arg *any) error {
	ok := true
	switch p.kind {
	case kindString:
		var text string
		if text, ok = (*arg).(string); ok {
			return m.scan(len(text))
		}
	case kindInt:
		if _, ok = (*arg).(int); !ok {
			i, err := toInt(*arg)
			if err != nil {
				return err
			}
			*arg, ok = i, true
		}
	case kindDecimal:
		d, isNumber, err := toDecimal(*arg)
		if err != nil {
			return err
		}
		if ok = isNumber; ok {
			*arg = d
		}
	case kindBool:
		_, ok = (*arg).(bool)
	case kindTime, kindDate:
		ok = nameOf(*arg) == "time"
	case kindList:
		list, err := toList(m, *arg)
		if err != nil {
			return err
		}
		*arg = list
	case kindMap:
		_, ok = (*arg).(map[string]any)
	}
	if !ok {
		return fmt.Errorf("%s must be %s, not %s", p.name, p.kind, show(*arg))
	}
	return nil
}

// show is a value with its type, for an error.
func show(v any) string {
	switch x := v.(type) {
	case string:
		return fmt.Sprintf("string %q", clip(x))
	case []any, map[string]any:
		return nameOf(v)
	case raw:
		return "JSON " + clip(x)
	case *object:
		return "JSON " + clip(x.raw)
	case nil:
		return "null"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %v", nameOf(v), v))
}
