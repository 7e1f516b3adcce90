package mapping

import (
	"regexp"
	"regexp/syntax"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) unary(n *ast.UnaryNode) (static, ast.Node) {
	switch n.Operator {
	case "not", "!":
		s, out := c.condition(n.Node)
		if s.known != nil {
			value := !*s.known
			return static{kind: kindBool, known: &value}, at(n, &ast.BoolNode{Value: value})
		}
		return staticBool, at(n, &ast.UnaryNode{Operator: "not", Node: out})
	case "-", "+":
		s, out := c.value(n.Node)
		if !s.kind.numeric() && s.kind != kindAny && s.kind != kindNil {
			return c.fail(n, "a number", "%s%s cannot be computed", n.Operator, s)
		}
		if n.Operator == "+" {
			return s, out
		}
		if s.kind == kindNumber {
			s.kind = kindDecimal
		}
		return s, c.call(n, "negate()", s, out)
	}
	return c.fail(n, "", "unknown operator %s", n.Operator)
}

// operatorCalls names the metered function behind an operator.
var operatorCalls = map[string]string{
	"+": "add()", "-": "subtract()", "*": "multiply()", "/": "divide()", "%": "remainder()",
	"<": "less()", "<=": "atMost()", ">": "more()", ">=": "atLeast()", "==": "equal()", "!=": "unequal()",
	"in": "in()", "contains": "contains()", "startsWith": "startsWith()", "endsWith": "endsWith()", "..": "range()",
}

func (c *checker) binary(n *ast.BinaryNode) (static, ast.Node) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n, n.Operator == "and" || n.Operator == "&&")
	case "??":
		return c.otherwise(n)
	case "==", "!=":
		return c.equality(n)
	case "matches":
		return c.matches(n)
	}
	call, ok := operatorCalls[n.Operator]
	if !ok {
		return c.fail(n, "", "operator %s cannot be used", n.Operator)
	}
	left, l := c.value(n.Left)
	right, r := c.value(n.Right)
	result, ok := typeOf(n.Operator, left, right)
	if !ok {
		return c.fail(n, expectation(n.Operator), "%s %s %s cannot be computed", left, n.Operator, right)
	}
	if n.Operator == ".." {
		if size, constant := rangeSize(n); constant && size > maxList {
			return c.fail(n, "", "a list of more than %d elements", maxList)
		}
	}
	return result, c.call(n, call, result, l, r)
}

func expectation(op string) string {
	switch op {
	case "+":
		return "two numbers, two texts or two lists"
	case "-", "*", "/", "%":
		return "two numbers"
	case "<", "<=", ">", ">=":
		return "two numbers, two texts or two times"
	case "in":
		return "a value in a list"
	case "..":
		return "two whole numbers"
	}
	return "two texts"
}

// typeOf is the type of left op right; ok is false when it cannot be computed.
func typeOf(op string, left, right static) (result static, ok bool) {
	maybe := func(s static) bool { return s.kind == kindAny || s.kind == kindNil }
	both := func(fits func(kind) bool) bool {
		return (maybe(left) || fits(left.kind)) && (maybe(right) || fits(right.kind))
	}
	is := func(k kind) func(kind) bool { return func(other kind) bool { return other == k } }
	nullable := left.nullable || right.nullable
	switch op {
	case "+", "-", "*", "/", "%":
		switch {
		case maybe(left) && maybe(right):
			return staticAny, true
		case both(is(kindInt)) && !maybe(left) && !maybe(right) && op != "/":
			return static{kind: kindInt, nullable: nullable}, true
		case both(kind.numeric):
			return static{kind: kindDecimal, nullable: nullable}, true
		case op == "+" && both(is(kindString)):
			return static{kind: kindString, nullable: nullable}, true
		case op == "+" && both(is(kindList)):
			return either(left, right), true
		}
		return static{}, false
	case "<", "<=", ">", ">=":
		return staticBool, both(kind.numeric) || both(is(kindString)) || both(kind.instant)
	case "in":
		return staticBool, right.kind == kindList || right.kind == kindMap || maybe(right)
	case "..":
		elem := staticInt
		return static{kind: kindList, elem: &elem}, both(is(kindInt))
	}
	return staticBool, both(is(kindString))
}

func rangeSize(n *ast.BinaryNode) (int, bool) {
	from, okFrom := n.Left.(*ast.IntegerNode)
	to, okTo := n.Right.(*ast.IntegerNode)
	if !okFrom || !okTo {
		return 0, false
	}
	if to.Value-from.Value < 0 && to.Value > from.Value {
		return maxList + 1, true
	}
	return to.Value - from.Value + 1, true
}

// logic checks and, or. A side that is known decides what becomes of the other,
// so that "parent != nil and parent.x" is sound where there is no parent.
func (c *checker) logic(n *ast.BinaryNode, and bool) (static, ast.Node) {
	left, l := c.condition(n.Left)
	if left.known != nil {
		if *left.known == and {
			return c.condition(n.Right)
		}
		return left, l
	}
	right, r := c.condition(n.Right)
	if right.known != nil && *right.known == and {
		return left, l
	}
	operator := "or"
	if and {
		operator = "and"
	}
	return staticBool, at(n, &ast.BinaryNode{Operator: operator, Left: l, Right: r})
}

func (c *checker) otherwise(n *ast.BinaryNode) (static, ast.Node) {
	left, l := c.value(n.Left)
	if left.kind == kindNil {
		return c.value(n.Right)
	}
	right, r := c.value(n.Right)
	result := left
	if left.nullable && left.kind != kindAny {
		result = either(left.certain(), right)
	}
	return result, at(n, &ast.BinaryNode{Operator: "??", Left: l, Right: r})
}

func (c *checker) equality(n *ast.BinaryNode) (static, ast.Node) {
	if known, ok := c.knownNull(n); ok {
		return static{kind: kindBool, known: &known}, at(n, &ast.BoolNode{Value: known})
	}
	left, l := c.value(n.Left)
	right, r := c.value(n.Right)
	if !canEqual(left, right) {
		return c.fail(n, "two values of one type", "%s %s %s is never true", left, n.Operator, right)
	}
	if left.kind == kindString && right.kind == kindString && len(c.elems) == 0 {
		return staticBool, at(n, &ast.BinaryNode{Operator: n.Operator, Left: l, Right: r})
	}
	return staticBool, c.call(n, operatorCalls[n.Operator], staticBool, l, r)
}

// canEqual reports whether values of two types can be equal at all.
func canEqual(left, right static) bool {
	switch {
	case left.kind == kindAny, right.kind == kindAny, left.kind == kindNil, right.kind == kindNil:
		return true
	case left.kind == kindObject, left.kind == kindList, left.kind == kindMap:
		return false
	case left.kind.numeric():
		return right.kind.numeric()
	case left.kind.instant():
		return right.kind.instant()
	}
	return left.kind == right.kind
}

// knownNull decides parent == nil before anything runs: a stream either has a
// parent or has none.
func (c *checker) knownNull(n *ast.BinaryNode) (value, ok bool) {
	other := n.Left
	if _, isNil := n.Left.(*ast.NilNode); isNil {
		other = n.Right
	} else if _, isNil := n.Right.(*ast.NilNode); !isNil {
		return false, false
	}
	id, isName := other.(*ast.IdentifierNode)
	if !isName {
		return false, false
	}
	r, isRoot := c.roots[id.Value]
	if !isRoot || r.static.kind != kindNil && r.plan == nil {
		return false, false
	}
	null := r.static.kind == kindNil
	return null == (n.Operator == "=="), true
}

// matches takes only a constant pattern: it is compiled once, and its size,
// which decides its running time, is bounded before it is.
func (c *checker) matches(n *ast.BinaryNode) (static, ast.Node) {
	left, l := c.value(n.Left)
	if left.kind != kindString && left.kind != kindAny {
		return c.fail(n.Left, "string", "matches is given %s", left)
	}
	text, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.fail(n.Right, "a quoted pattern", "a pattern is computed")
	}
	p, err := compilePattern(text.Value)
	if err != nil {
		return c.fail(n.Right, "a regular expression (RE2)", "%v", err)
	}
	return staticBool, c.call(n, "matches()", staticBool, l, at(n.Right, &ast.ConstantNode{Value: p}))
}

// pattern is a compiled regular expression and what a byte costs in it.
type pattern struct {
	re   *regexp.Regexp
	cost int
}

func compilePattern(text string) (*pattern, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	size := patternSize(tree)
	if size > maxPattern {
		return nil, errPattern
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{re: re, cost: 1 + size/16}, nil
}

// patternSize counts the instructions a pattern becomes, without making them.
func patternSize(tree *syntax.Regexp) int {
	size := 1 + len(tree.Rune)/2
	for _, sub := range tree.Sub {
		size = min(size+patternSize(sub), maxPattern+1)
	}
	if tree.Op == syntax.OpRepeat {
		size = min(size*max(tree.Min, tree.Max, 1), maxPattern+1)
	}
	return size
}
