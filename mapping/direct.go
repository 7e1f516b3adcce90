package mapping

import (
	"github.com/expr-lang/expr/ast"
)

// direct is an expression, or part of one, that needs no program: a constant, a
// variable, or a call of the engine's functions on such. The same functions run
// as in a program; only the way to them is shorter, which halves the cost of the
// casts most fields consist of.
type direct struct {
	constant any
	// plan and slot name a member of record or parent.
	plan *plan
	slot int
	// local is the slot of a line's member, -1 for none.
	local int
	// name is a variable of the environment, such as a setting.
	name string
	// call is the function, args what it is given after the meter.
	call func(args ...any) (any, error)
	args []direct
}

// directOf recognises what needs no program; nil where one is needed.
func (c *checker) directOf(n ast.Node) *direct {
	d := &direct{slot: -1, local: -1}
	switch n := n.(type) {
	case *ast.ConstantNode:
		d.constant = n.Value
	case *ast.StringNode:
		d.constant = n.Value
	case *ast.BoolNode:
		d.constant = n.Value
	case *ast.NilNode:
	case *ast.IdentifierNode:
		if _, ok := c.env[n.Value]; !ok {
			return nil
		}
		d.name = n.Value
		for _, r := range c.roots {
			if r.plan == nil {
				continue
			}
			for _, leaf := range r.plan.leaves {
				if leaf.path == n.Value {
					d.plan, d.slot, d.name = r.plan, leaf.slot, ""
				}
			}
		}
	case *ast.CallNode:
		return c.directCall(n, d)
	default:
		return nil
	}
	return d
}

func (c *checker) directCall(n *ast.CallNode, d *direct) *direct {
	name := n.Callee.(*ast.IdentifierNode).Value
	if name == "slot()" {
		base, isName := n.Arguments[1].(*ast.IdentifierNode)
		if isName && base.Value == c.line {
			d.local = n.Arguments[2].(*ast.ConstantNode).Value.(int)
			return d
		}
	}
	if d.call = internals[name]; d.call == nil {
		d.call = functions[name].call
	}
	for _, argument := range n.Arguments[1:] {
		arg := c.directOf(argument)
		if arg == nil {
			return nil
		}
		d.args = append(d.args, *arg)
	}
	return d
}

// direct evaluates d. Arguments lie on one stack that the evaluator keeps.
func (e *Evaluator) direct(st *state, d *direct) (any, error) {
	switch {
	case d.call != nil:
	case d.slot >= 0 && d.plan.parent:
		return st.parent[d.slot], nil
	case d.slot >= 0:
		return st.record[d.slot], nil
	case d.local >= 0:
		if o, ok := st.line.(*object); ok {
			return o.slots[d.local], nil
		}
		return nil, nil
	case d.name != "":
		return st.env[d.name], nil
	default:
		return d.constant, nil
	}
	base := len(e.stack)
	e.stack = append(e.stack, &e.meter)
	for i := range d.args {
		v, err := e.direct(st, &d.args[i])
		if err != nil {
			e.stack = e.stack[:base]
			return nil, err
		}
		e.stack = append(e.stack, v)
	}
	v, err := d.call(e.stack[base:]...)
	clear(e.stack[base:])
	e.stack = e.stack[:base]
	return v, err
}
