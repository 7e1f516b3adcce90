package rest

import (
	"fmt"
	"maps"
)

// with is env with one more variable.
func with(env map[string]any, name string, value any) map[string]any {
	out := maps.Clone(env)
	out[name] = value
	return out
}

// list runs an expression that gives a list; nil is an empty one.
func (e *Expr) list(env map[string]any) ([]any, error) {
	value, err := e.eval(env)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list, nil
	}
	return nil, fmt.Errorf("expression %s: expected a list, got %T", e.source, value)
}
