package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/expr-lang/expr/vm"

	"github.com/koppel-io/koppel"
)

// machine is what one evaluation outside an Evaluator needs.
type machine struct {
	vm    vm.VM
	meter meter
	env   map[string]any
}

// CompileExpr compiles one expression over variables of any type, under the
// limits and with the functions of mappings. The returned function is safe for
// concurrent use. A variable that is not given is null. Variables may hold what
// JSON decodes to, json.RawMessage and json.Number; a result is nil, bool,
// string, int64, json.Number, decimal.Decimal, time.Time, []any or
// map[string]any. An error is a *koppel.Error, at compile time of kind
// invalid_request with Problems in its chain (lines and columns count within the
// expression), at run time of kind mapping with a *FieldError.
func CompileExpr(source string, vars []string) (func(vars map[string]any) (any, error), error) {
	shapes := make(map[string]*koppel.Shape, len(vars))
	for _, name := range vars {
		shapes[name] = nil
	}
	return CompileTypedExpr(source, shapes)
}

// CompileTypedExpr is CompileExpr with the shapes of the variables: members
// that a shape does not have, and operations its type does not allow, are
// errors. A nil shape is any value.
func CompileTypedExpr(source string, vars map[string]*koppel.Shape) (func(vars map[string]any) (any, error), error) {
	in := scope{programs: true, roots: make(map[string]root, len(vars))}
	for name, shape := range vars {
		in.roots[name] = root{static: staticOutside(shape)}
	}
	x, found := compileExpression(source, in)
	if len(found) > 0 {
		var problems Problems
		for _, p := range found {
			line, column := place{line: 1, column: 1, style: block, indent: 1}.locate(source, p.at)
			problems = append(problems, Problem{File: "expression", Line: line, Column: column, Expression: source, Message: p.message, Expected: p.expected})
		}
		return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: "compile expression", Detail: problems[0].String(), Err: problems}
	}
	names := make([]string, 0, len(x.loads))
	for name := range x.loads {
		if name != meterName {
			names = append(names, name)
		}
	}
	pool := sync.Pool{New: func() any {
		m := &machine{env: make(map[string]any, len(names)+1)}
		m.vm.MemoryBudget = maxMemory
		m.env[meterName] = &m.meter
		return m
	}}
	return func(vars map[string]any) (any, error) {
		m := pool.Get().(*machine)
		defer pool.Put(m)
		for _, name := range names {
			m.env[name] = adopt(vars[name])
		}
		m.meter.begin()
		m.meter.evaluation()
		v, err := execute(&m.vm, &m.meter, x.program, m.env)
		if err == nil {
			v, err = export(&m.meter, v)
		}
		for _, name := range names {
			m.env[name] = nil
		}
		if err != nil {
			f := &FieldError{Expression: source, Reason: clip(err.Error())}
			return nil, &koppel.Error{Kind: koppel.KindMapping, Op: "evaluate expression", Detail: f.Error(), Err: f}
		}
		return v, nil
	}, nil
}

// export turns a value of an expression into plain Go values.
func export(m *meter, v any) (any, error) {
	switch x := v.(type) {
	case int:
		return int64(x), nil
	case number:
		return json.Number(x), nil
	case raw:
		if err := m.grow(len(x)); err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(x))
		decoder.UseNumber()
		var out any
		if err := decoder.Decode(&out); err != nil {
			return nil, fmt.Errorf("invalid JSON: %w", err)
		}
		return out, nil
	case []any:
		out := make([]any, len(x))
		for i, element := range x {
			if err := m.step(1); err != nil {
				return nil, err
			}
			var err error
			if out[i], err = export(m, adopt(element)); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for name, element := range x {
			if err := m.step(1); err != nil {
				return nil, err
			}
			var err error
			if out[name], err = export(m, adopt(element)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}
