package rest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// tinyCompile is an evaluator for tests: paths, texts, whole numbers, nil,
// true, false, "not", and the operators and, ==, !=, >=, +, startsWith. What
// it does not know is an error, as is a variable that is not in scope.
func tinyCompile(source string, vars []string) (func(map[string]any) (any, error), error) {
	return tiny(strings.TrimSpace(source), vars)
}

type program = func(map[string]any) (any, error)

func tiny(source string, vars []string) (program, error) {
	for _, operator := range []string{" and ", " == ", " != ", " >= ", " startsWith ", " + "} {
		left, right, found := strings.Cut(source, operator)
		if !found {
			continue
		}
		a, err := tiny(strings.TrimSpace(left), vars)
		if err != nil {
			return nil, err
		}
		b, err := tiny(strings.TrimSpace(right), vars)
		if err != nil {
			return nil, err
		}
		return func(env map[string]any) (any, error) {
			x, err := a(env)
			if err != nil {
				return nil, err
			}
			y, err := b(env)
			if err != nil {
				return nil, err
			}
			return apply(strings.TrimSpace(operator), x, y)
		}, nil
	}
	if inner, ok := strings.CutPrefix(source, "not "); ok {
		p, err := tiny(inner, vars)
		if err != nil {
			return nil, err
		}
		return func(env map[string]any) (any, error) {
			v, err := p(env)
			truth, _ := v.(bool)
			return !truth, err
		}, nil
	}
	return atom(source, vars)
}

func atom(source string, vars []string) (program, error) {
	constant := func(v any) (program, error) { return func(map[string]any) (any, error) { return v, nil }, nil }
	switch {
	case source == "nil":
		return constant(nil)
	case source == "true" || source == "false":
		return constant(source == "true")
	case len(source) > 1 && (source[0] == '"' || source[0] == '\''):
		return constant(source[1 : len(source)-1])
	case source != "" && source[0] >= '0' && source[0] <= '9':
		number, err := strconv.ParseInt(source, 10, 64)
		if err != nil {
			return nil, err
		}
		return constant(number)
	}
	path := strings.Split(source, ".")
	if !slices.Contains(vars, path[0]) {
		return nil, fmt.Errorf("unknown name %s", path[0])
	}
	return func(env map[string]any) (any, error) {
		var at any = env
		for _, name := range path {
			object, ok := at.(map[string]any)
			if !ok {
				return nil, nil
			}
			at = object[name]
		}
		return at, nil
	}, nil
}

func apply(operator string, x, y any) (any, error) {
	switch operator {
	case "and":
		a, _ := x.(bool)
		b, _ := y.(bool)
		return a && b, nil
	case "==":
		return reflect.DeepEqual(x, y), nil
	case "!=":
		return !reflect.DeepEqual(x, y), nil
	case ">=":
		return textOf(x) >= textOf(y), nil
	case "startsWith":
		return strings.HasPrefix(textOf(x), textOf(y)), nil
	case "+":
		return textOf(x) + textOf(y), nil
	}
	return nil, fmt.Errorf("operator %s", operator)
}
