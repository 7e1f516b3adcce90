package mapping

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// problem is one thing wrong with an expression, at a place in its source
// counted in characters.
type problem struct {
	at      int
	message string
	// expected says what would have been right, when that is one thing.
	expected string
}

// checker types one expression and rebuilds its tree so that everything a
// tenant can make expensive passes through metered functions. It never changes
// the parsed tree: expr shares nodes between comparisons in a chain.
type checker struct {
	source   []rune
	roots    map[string]root
	settings map[string]static
	scopes   []variable
	elems    []static
	// env collects the variables that the rebuilt tree loads.
	env map[string]static
	// reads collects the members of record, parent and line that are read.
	reads    map[string]bool
	problems []problem
	// floor makes int() round down: stock may be counted in fractions.
	floor bool
	// line is the variable of a line.
	line string
}

// root is a variable of an expression.
type root struct {
	static static
	// plan is set for record and parent, whose members become variables.
	plan *plan
	// joins are the members of joined.
	joins map[string]*Join
}

type variable struct {
	name   string
	static static
}

// meterName is the variable that carries the budget. No expression can name it.
const meterName = " meter"

func (c *checker) fail(n ast.Node, expected, format string, args ...any) (static, ast.Node) {
	c.problems = append(c.problems, problem{at: n.Location().From, message: fmt.Sprintf(format, args...), expected: expected})
	return staticAny, at(n, &ast.NilNode{})
}

// at gives a new node the place of an old one.
func at[N ast.Node](old ast.Node, n N) N {
	n.SetLocation(old.Location())
	return n
}

func (c *checker) load(n ast.Node, name string, s static) ast.Node {
	c.env[name] = s
	return at(n, &ast.IdentifierNode{Value: name})
}

// call makes a call of one of the engine's own functions.
func (c *checker) call(n ast.Node, name string, result static, args ...ast.Node) ast.Node {
	call := at(n, &ast.CallNode{Callee: at(n, &ast.IdentifierNode{Value: name})})
	call.Arguments = append([]ast.Node{c.load(n, meterName, staticAny)}, args...)
	if !result.nullable && result.kind == kindBool {
		call.SetType(boolType)
	}
	return call
}

// value checks n as a value: an object reached by members becomes a variable.
func (c *checker) value(n ast.Node) (static, ast.Node) {
	s, out := c.visit(n)
	if s.kind == kindJoined {
		return c.fail(n, "one of: "+sortedList(c.joinNames()), "joined cannot be used as a whole")
	}
	if !s.flat {
		return s, out
	}
	s.flat = false
	return s, c.leaf(n, s)
}

// leaf loads the flat member s stands for into a variable.
func (c *checker) leaf(n ast.Node, s static) ast.Node {
	name, _, _ := strings.Cut(s.node.path, ".")
	c.roots[name].plan.leaf(s.node)
	return c.load(n, s.node.path, s)
}

func (c *checker) visit(n ast.Node) (static, ast.Node) {
	switch n := n.(type) {
	case *ast.NilNode:
		return staticNil, at(n, &ast.NilNode{})
	case *ast.BoolNode:
		s := staticBool
		s.known = &n.Value
		return s, at(n, &ast.BoolNode{Value: n.Value})
	case *ast.IntegerNode:
		return staticInt, at(n, &ast.ConstantNode{Value: n.Value})
	case *ast.FloatNode:
		return c.float(n)
	case *ast.StringNode:
		return staticString, at(n, &ast.StringNode{Value: n.Value})
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.ChainNode:
		return c.visit(n.Node)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		return c.function(n)
	case *ast.BuiltinNode:
		return c.predicate(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.mapping(n)
	}
	return c.fail(n, "", "%s cannot be used here", strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "Node"))
}

// float keeps a literal's own digits: 1.21 is a decimal, not the nearest binary fraction.
func (c *checker) float(n *ast.FloatNode) (static, ast.Node) {
	loc := n.Location()
	text := strings.ReplaceAll(string(c.source[loc.From:loc.To]), "_", "")
	d, err := parseDecimal(text)
	if err != nil {
		return c.fail(n, "", "%s: %v", text, err)
	}
	return staticDecimal, at(n, &ast.ConstantNode{Value: d})
}

func (c *checker) identifier(n *ast.IdentifierNode) (static, ast.Node) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if c.scopes[i].name == n.Value {
			return c.scopes[i].static, at(n, &ast.IdentifierNode{Value: n.Value})
		}
	}
	r, ok := c.roots[n.Value]
	if !ok {
		return c.fail(n, "", "unknown name %s%s", n.Value, suggest(n.Value, c.names()))
	}
	if r.plan != nil || r.static.kind == kindSettings || r.static.kind == kindJoined {
		return r.static, n
	}
	if r.static.kind == kindNil {
		return staticNil, at(n, &ast.NilNode{})
	}
	return r.static, c.load(n, n.Value, r.static)
}

// names are the variables and functions an expression may use.
func (c *checker) names() []string {
	names := functionNames()
	for name := range c.roots {
		names = append(names, name)
	}
	for _, v := range c.scopes {
		names = append(names, v.name)
	}
	return names
}

func (c *checker) let(n *ast.VariableDeclaratorNode) (static, ast.Node) {
	if _, ok := c.roots[n.Name]; ok {
		return c.fail(n, "", "%s is a variable of the mapping; choose another name", n.Name)
	}
	if _, ok := functions[n.Name]; ok {
		return c.fail(n, "", "%s is a function; choose another name", n.Name)
	}
	for _, v := range c.scopes {
		if v.name == n.Name {
			return c.fail(n, "", "%s is declared twice", n.Name)
		}
	}
	s, value := c.value(n.Value)
	c.scopes = append(c.scopes, variable{n.Name, s})
	result, body := c.value(n.Expr)
	c.scopes = c.scopes[:len(c.scopes)-1]
	return result, at(n, &ast.VariableDeclaratorNode{Name: n.Name, Value: value, Expr: body})
}

func (c *checker) conditional(n *ast.ConditionalNode) (static, ast.Node) {
	s, cond := c.condition(n.Cond)
	if s.known != nil {
		if *s.known {
			return c.value(n.Exp1)
		}
		return c.value(n.Exp2)
	}
	then, exp1 := c.value(n.Exp1)
	otherwise, exp2 := c.value(n.Exp2)
	return either(then, otherwise), at(n, &ast.ConditionalNode{Ternary: true, Cond: cond, Exp1: exp1, Exp2: exp2})
}

// condition checks n as a bool; null counts as false.
func (c *checker) condition(n ast.Node) (static, ast.Node) {
	s, out := c.value(n)
	switch {
	case s.kind == kindNil:
		no := false
		return static{kind: kindBool, known: &no}, at(n, &ast.BoolNode{})
	case s.kind != kindBool && s.kind != kindAny:
		return c.fail(n, "bool", "condition is %s", s)
	case s.kind == kindBool && !s.nullable:
		return s, out
	}
	return staticBool, c.call(n, "truth()", staticBool, out)
}

func (c *checker) array(n *ast.ArrayNode) (static, ast.Node) {
	list := at(n, &ast.ArrayNode{})
	elem := staticAny
	for i, e := range n.Nodes {
		s, out := c.value(e)
		if i == 0 {
			elem = s
		} else {
			elem = either(elem, s)
		}
		list.Nodes = append(list.Nodes, out)
	}
	elem.known = nil
	return static{kind: kindList, elem: &elem}, list
}

func (c *checker) mapping(n *ast.MapNode) (static, ast.Node) {
	m := at(n, &ast.MapNode{})
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return c.fail(pair.Key, "a quoted text", "a map's key is computed")
		}
		_, value := c.value(pair.Value)
		m.Pairs = append(m.Pairs, at(p, &ast.PairNode{Key: at(key, &ast.StringNode{Value: key.Value}), Value: value}))
	}
	return static{kind: kindMap}, m
}
