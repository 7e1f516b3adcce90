package mapping

import (
	"github.com/expr-lang/expr/ast"
)

// direct is an expression, or part of one, that needs no program: constants,
// variables, calls of the engine's functions and the choices between them. The
// same functions run as in a program; only the way to them is shorter, which
// halves the cost of what most fields consist of. Predicates, lists, maps and
// names of its own need a program.
type direct struct {
	op opcode
	// constant is the value of opConstant.
	constant any
	// plan and slot name the member of record or parent that opMember reads;
	// slot alone the line's member that opLine reads.
	plan *plan
	slot int
	// name is the variable of opVariable, such as a setting.
	name string
	// call is the function of opCall; args is what it is given after the
	// meter, or the operands of the other operations.
	call func(args ...any) (any, error)
	args []direct
}

type opcode uint8

const (
	opConstant opcode = iota
	opMember
	opLine
	opVariable
	opCall
	opIf
	opAnd
	opOr
	opNot
	opElse
	opSame
	opOther
)

// directOf recognises what needs no program; nil where one is needed.
func (c *checker) directOf(n ast.Node) *direct {
	switch n := n.(type) {
	case *ast.ConstantNode:
		return &direct{constant: n.Value}
	case *ast.StringNode:
		return &direct{constant: n.Value}
	case *ast.BoolNode:
		return &direct{constant: n.Value}
	case *ast.NilNode:
		return &direct{}
	case *ast.IdentifierNode:
		return c.directVariable(n)
	case *ast.ConditionalNode:
		return c.operands(&direct{op: opIf}, n.Cond, n.Exp1, n.Exp2)
	case *ast.UnaryNode:
		return c.operands(&direct{op: opNot}, n.Node)
	case *ast.BinaryNode:
		op, ok := map[string]opcode{"and": opAnd, "or": opOr, "??": opElse, "==": opSame, "!=": opOther}[n.Operator]
		if !ok {
			return nil
		}
		return c.operands(&direct{op: op}, n.Left, n.Right)
	case *ast.CallNode:
		return c.directCall(n)
	}
	return nil
}

func (c *checker) directVariable(n *ast.IdentifierNode) *direct {
	if _, ok := c.env[n.Value]; !ok {
		return nil
	}
	for _, r := range c.roots {
		if r.plan == nil {
			continue
		}
		for _, leaf := range r.plan.leaves {
			if leaf.path == n.Value {
				return &direct{op: opMember, plan: r.plan, slot: leaf.slot}
			}
		}
	}
	return &direct{op: opVariable, name: n.Value}
}

func (c *checker) directCall(n *ast.CallNode) *direct {
	name := n.Callee.(*ast.IdentifierNode).Value
	if name == "slot()" {
		base, isName := n.Arguments[1].(*ast.IdentifierNode)
		if isName && base.Value == c.line {
			return &direct{op: opLine, slot: n.Arguments[2].(*ast.ConstantNode).Value.(int)}
		}
	}
	d := &direct{op: opCall, call: internals[name]}
	if d.call == nil {
		d.call = functions[name].call
	}
	return c.operands(d, n.Arguments[1:]...)
}

// operands adds the operands of d; nil when one needs a program.
func (c *checker) operands(d *direct, nodes ...ast.Node) *direct {
	for _, n := range nodes {
		operand := c.directOf(n)
		if operand == nil {
			return nil
		}
		d.args = append(d.args, *operand)
	}
	return d
}

// direct evaluates d.
func (e *Evaluator) direct(st *state, d *direct) (any, error) {
	switch d.op {
	case opConstant:
		return d.constant, nil
	case opMember:
		if d.plan.parent {
			return st.parent[d.slot], nil
		}
		return st.record[d.slot], nil
	case opLine:
		if o, ok := st.line.(*object); ok {
			return o.slots[d.slot], nil
		}
		return nil, nil
	case opVariable:
		return st.env[d.name], nil
	case opCall:
		return e.directCall(st, d)
	}
	first, err := e.direct(st, &d.args[0])
	if err != nil {
		return nil, err
	}
	switch d.op {
	case opIf:
		if first == true {
			return e.direct(st, &d.args[1])
		}
		return e.direct(st, &d.args[2])
	case opAnd:
		if first != true {
			return false, nil
		}
		return e.direct(st, &d.args[1])
	case opOr:
		if first == true {
			return true, nil
		}
		return e.direct(st, &d.args[1])
	case opNot:
		return first != true, nil
	case opElse:
		if first != nil {
			return first, nil
		}
		return e.direct(st, &d.args[1])
	}
	second, err := e.direct(st, &d.args[1])
	a, okA := first.(string)
	b, okB := second.(string)
	same := okA == okB && a == b
	return same == (d.op == opSame), err
}

// directCall calls a function. Arguments lie on one stack that the evaluator keeps.
func (e *Evaluator) directCall(st *state, d *direct) (any, error) {
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
