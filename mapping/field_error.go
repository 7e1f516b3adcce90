package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/koppel-io/koppel"
)

// FieldError says which field of a record could not be mapped, so that the
// record can be parked with everything needed to correct it.
type FieldError struct {
	Object koppel.Object `json:"object"`
	// Field is the field's name, or the member's path when the record is not
	// of the declared shape.
	Field      string `json:"field"`
	Expression string `json:"expression,omitempty"`
	// Input are the members that the expression read, with their values.
	Input  string `json:"input,omitempty"`
	Reason string `json:"reason"`
	// More are further elements of the record's each that failed too.
	More int `json:"more,omitempty"`
}

// Error is the reason with field, expression and input.
func (e *FieldError) Error() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Reason)
	if e.More > 0 {
		fmt.Fprintf(&b, " (and %d more)", e.More)
	}
	if e.Expression != "" {
		fmt.Fprintf(&b, "; expression: %s", e.Expression)
	}
	if e.Input != "" {
		fmt.Fprintf(&b, "; input: %s", e.Input)
	}
	return b.String()
}

// failed wraps an error of a whole record.
func (e *Evaluator) failed(p *Program, id string, kind koppel.Kind, err error) error {
	f := &FieldError{Object: p.object, Reason: err.Error()}
	var drift *driftError
	if errors.As(err, &drift) {
		f.Field, f.Reason, f.Input = drift.path, drift.reason, drift.input
	}
	var many *tooManyRows
	if errors.As(err, &many) {
		f.Field, kind = many.name, koppel.KindTooLarge
	}
	return &koppel.Error{Kind: kind, Op: operation(p, id), Detail: f.Error(), Err: f}
}

func operation(p *Program, id string) string {
	if id == "" {
		return "map " + string(p.object) + " from " + p.stream
	}
	return "map " + string(p.object) + " " + id + " from " + p.stream
}

func (e *Evaluator) fieldError(p *Program, st *state, id string, x *expression, field string, err error) error {
	var drift *driftError
	if errors.As(err, &drift) {
		return e.failed(p, id, koppel.KindSchemaDrift, err)
	}
	f := &FieldError{Object: p.object, Field: field, Expression: x.source, Input: input(p, st, x), Reason: clip(err.Error())}
	return &koppel.Error{Kind: koppel.KindMapping, Op: operation(p, id), Detail: f.Error(), Err: f}
}

// input lists what the expression read.
func input(p *Program, st *state, x *expression) string {
	var parts []string
	line := false
	for _, path := range x.reads {
		if v, ok := valueAt(p.record, st.record, path); ok {
			parts = append(parts, path+" = "+literal(v))
		} else if v, ok := valueAt(p.parent, st.parent, path); ok {
			parts = append(parts, path+" = "+literal(v))
		} else if strings.Contains(path, "[]") {
			line = true
		}
	}
	if line && st.line != nil {
		name := p.as
		if p.lines != nil && st.env[p.lines.as] != nil {
			name = p.lines.as
		}
		parts = append(parts, name+" = "+literal(st.line))
	}
	return clip(strings.Join(parts, ", "))
}

func valueAt(p *plan, slots []any, path string) (any, bool) {
	if p == nil || slots == nil {
		return nil, false
	}
	for _, leaf := range p.leaves {
		if leaf.path == path {
			return slots[leaf.slot], true
		}
	}
	return nil, false
}

// literal is a value as JSON shows it.
func literal(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", clip(x))
	case *object:
		return clip(x.raw)
	case raw:
		return clip(x)
	case []any:
		parts := make([]string, 0, min(len(x), 10))
		for _, element := range x[:min(len(x), 10)] {
			parts = append(parts, literal(element))
		}
		return clip("[" + strings.Join(parts, ",") + "]")
	}
	return fmt.Sprint(v)
}
