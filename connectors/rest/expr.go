package rest

import (
	"fmt"
	"strings"
)

// CompileFunc compiles one expression that may use the variables named vars.
// The compiled function is called with a value for each of them and must be
// safe for concurrent use. JSON numbers come as int64 where they fit, else as
// float64, and as [encoding/json.Number] beyond both.
type CompileFunc func(source string, vars []string) (func(env map[string]any) (any, error), error)

// Expr is a compiled expression, written bare.
type Expr struct {
	source string
	run    func(map[string]any) (any, error)
}

// Source is the expression as written; empty for a nil Expr.
func (e *Expr) Source() string {
	if e == nil {
		return ""
	}
	return e.source
}

func (e *Expr) decodeNode(d *decoder, n *node, scope []string) {
	if n.kind == listNode || n.kind == mapNode || n.kind == nullNode {
		d.fail(n, "expected an expression, found %s", n.kind)
		return
	}
	if strings.HasPrefix(n.text, "${") {
		d.fail(n, "an expression is written bare here, without ${ }")
		return
	}
	*e = d.expression(n, n.text, scope)
}

func (d *decoder) expression(n *node, source string, scope []string) Expr {
	run, err := d.compile(source, scope)
	if err != nil {
		d.fail(n, "%v (variables here: %s)", err, strings.Join(scope, ", "))
	}
	return Expr{source: source, run: run}
}

// eval runs the expression; the error names it.
func (e *Expr) eval(env map[string]any) (any, error) {
	value, err := e.run(env)
	if err != nil {
		return nil, fmt.Errorf("expression %s: %w", e.source, err)
	}
	return value, nil
}

// holds runs a condition; anything but true or false is an error.
func (e *Expr) holds(env map[string]any) (bool, error) {
	value, err := e.eval(env)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("expression %s: expected true or false, got %T", e.source, value)
	}
	return truth, nil
}

// Template is text with ${ } expressions in it.
type Template struct {
	source string
	parts  []templatePart
}

type templatePart struct {
	text string
	expr *Expr
}

// Source is the template as written.
func (t *Template) Source() string {
	if t == nil {
		return ""
	}
	return t.source
}

func (t *Template) decodeNode(d *decoder, n *node, scope []string) {
	if n.kind == listNode || n.kind == mapNode || n.kind == nullNode {
		d.fail(n, "expected text, found %s", n.kind)
		return
	}
	t.source = n.text
	rest := n.text
	for rest != "" {
		before, after, found := strings.Cut(rest, "${")
		if before != "" {
			t.parts = append(t.parts, templatePart{text: before})
		}
		if !found {
			return
		}
		end := closingBrace(after)
		if end < 0 {
			d.fail(n, "${ without its }")
			return
		}
		e := d.expression(n, strings.TrimSpace(after[:end]), scope)
		t.parts = append(t.parts, templatePart{expr: &e})
		rest = after[end+1:]
	}
}

// closingBrace finds the } that ends an expression, past quotes and nested braces.
func closingBrace(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// render joins the parts as text; escape, when given, is applied to the values
// of expressions and not to the text around them.
func (t *Template) render(env map[string]any, escape func(string) string) (string, error) {
	if len(t.parts) == 1 && t.parts[0].expr == nil {
		return t.parts[0].text, nil
	}
	var b strings.Builder
	for _, part := range t.parts {
		if part.expr == nil {
			b.WriteString(part.text)
			continue
		}
		value, err := part.expr.eval(env)
		if err != nil {
			return "", err
		}
		text := textOf(value)
		if escape != nil {
			text = escape(text)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// value is the rendered text, except that a template which is one expression
// keeps that expression's type.
func (t *Template) value(env map[string]any) (any, error) {
	if len(t.parts) == 1 && t.parts[0].expr != nil {
		return t.parts[0].expr.eval(env)
	}
	return t.render(env, nil)
}
