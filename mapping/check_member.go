package mapping

import (
	"slices"
	"sort"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/koppel-io/koppel"
)

// member checks a.b, a?.b, a["b"] and a[0]. A null on the way gives null.
func (c *checker) member(n *ast.MemberNode) (static, ast.Node) {
	base, out := c.visit(n.Node)
	key, isText := n.Property.(*ast.StringNode)
	if base.kind == kindSettings {
		if !isText {
			return c.fail(n.Property, "the name of a setting", "a setting's name is computed")
		}
		return c.setting(n, base, key.Value)
	}
	if base.kind == kindNil {
		return staticNil, at(n, &ast.NilNode{})
	}
	if base.kind == kindJoined {
		if !isText {
			return c.fail(n.Property, "the name of a join", "a join's name is computed")
		}
		return c.joined(n, key.Value)
	}
	if !isText {
		return c.index(n, base, out)
	}
	switch {
	case base.kind == kindObject || base.kind == kindAny && base.flat:
		return c.objectMember(n, base, out, key.Value)
	case base.kind == kindAny || base.kind == kindMap:
		s := staticAny
		if base.shape != nil {
			shape := base.shape.Members[key.Value]
			if shape == nil {
				return c.unknownMember(n.Property, base.shape, "the value", key.Value)
			}
			s = staticOutside(shape)
		}
		return s, c.call(n, "get()", staticAny, out, at(key, &ast.StringNode{Value: key.Value}))
	}
	return c.fail(n, "", "%s has no member %s", base, key.Value)
}

func (c *checker) objectMember(n *ast.MemberNode, base static, out ast.Node, name string) (static, ast.Node) {
	child := base.node.child(name)
	if child == nil {
		return c.unknownMember(n.Property, base.node.shape, base.node.path, name)
	}
	c.reads[child.path] = true
	s := staticOf(child)
	if base.nullable {
		s.nullable = true
	}
	if base.flat {
		if s.kind == kindObject || s.kind == kindAny {
			s.flat = true
			return s, n
		}
		s.node = child
		loaded := c.leaf(n, s)
		s.node = nil
		return s, loaded
	}
	slot := base.node.localOf(child)
	return s, c.call(n, "slot()", s, out, at(n, &ast.ConstantNode{Value: slot}))
}

func (c *checker) unknownMember(n ast.Node, shape *koppel.Shape, of, name string) (static, ast.Node) {
	if slices.Contains(shape.Dropped, name) {
		return c.fail(n, "", "%s.%s is dropped: the connector's drop keeps it out of what is stored", of, name)
	}
	members := make([]string, 0, len(shape.Members))
	for member := range shape.Members {
		members = append(members, member)
	}
	return c.fail(n, "one of: "+sortedList(members), "%s has no member %s%s", of, name, suggest(name, members))
}

func (c *checker) index(n *ast.MemberNode, base static, out ast.Node) (static, ast.Node) {
	if base.flat {
		base.flat = false
		out = c.leaf(n.Node, base)
	}
	s, index := c.value(n.Property)
	switch {
	case base.kind == kindList && (s.kind == kindInt || s.kind == kindAny):
		return base.element().orNull(), c.call(n, "index()", staticAny, out, index)
	case base.kind == kindAny && (s.kind == kindInt || s.kind == kindAny || s.kind == kindString):
		return staticAny, c.call(n, "index()", staticAny, out, index)
	case base.kind == kindMap && (s.kind == kindString || s.kind == kindAny):
		return staticAny, c.call(n, "index()", staticAny, out, index)
	case base.kind == kindObject:
		return c.fail(n.Property, "a quoted member name", "a member's name is computed")
	}
	return c.fail(n, "", "%s cannot be indexed by %s", base, s)
}

// setting reads a setting's name one dot at a time: names hold dots themselves.
func (c *checker) setting(n *ast.MemberNode, base static, name string) (static, ast.Node) {
	full := base.prefix + name
	if s, ok := c.settings[full]; ok {
		return s, c.load(n, "settings."+full, s)
	}
	names := make([]string, 0, len(c.settings))
	for setting := range c.settings {
		if strings.HasPrefix(setting, full+".") {
			return static{kind: kindSettings, prefix: full + "."}, n
		}
		names = append(names, setting)
	}
	return c.fail(n.Property, "one of: "+sortedList(names), "unknown setting %s%s", full, suggest(full, names))
}

// joined reads one of the lists that a record comes with.
func (c *checker) joined(n *ast.MemberNode, name string) (static, ast.Node) {
	j := c.roots[joinedName].joins[name]
	if j == nil {
		names := c.joinNames()
		return c.fail(n.Property, "one of: "+sortedList(names), "nothing is joined as %s%s", name, suggest(name, names))
	}
	elem := staticOf(j.elem)
	c.reads[j.elem.path] = true
	s := static{kind: kindList, elem: &elem}
	return s, c.load(n, j.variable(), s)
}

func (c *checker) joinNames() (names []string) {
	for name := range c.roots[joinedName].joins {
		names = append(names, name)
	}
	return names
}

func sortedList(names []string) string {
	sort.Strings(names)
	if len(names) > 30 {
		names = append(names[:30:30], "…")
	}
	return strings.Join(names, ", ")
}

func (c *checker) slice(n *ast.SliceNode) (static, ast.Node) {
	base, out := c.value(n.Node)
	if base.kind != kindString && base.kind != kindList && base.kind != kindAny {
		return c.fail(n, "a text or a list", "%s cannot be cut", base)
	}
	bounds := [2]ast.Node{at(n, &ast.NilNode{}), at(n, &ast.NilNode{})}
	for i, bound := range []ast.Node{n.From, n.To} {
		if bound == nil {
			continue
		}
		s, b := c.value(bound)
		if s.kind != kindInt && s.kind != kindAny {
			return c.fail(bound, "int", "a place to cut is %s", s)
		}
		bounds[i] = b
	}
	return base, c.call(n, "slice()", staticAny, out, bounds[0], bounds[1])
}

func (c *checker) pointer(n *ast.PointerNode) (static, ast.Node) {
	if len(c.elems) == 0 {
		return c.fail(n, "", "# is only known inside filter, map and the like")
	}
	switch n.Name {
	case "":
		return c.elems[len(c.elems)-1], at(n, &ast.PointerNode{})
	case "index":
		return staticInt, at(n, &ast.PointerNode{Name: "index"})
	}
	return c.fail(n, "", "unknown #%s", n.Name)
}

// predicate checks filter, map and their like. Each turn of their loop takes a
// step, and what they walk over is first made a list of bounded size.
func (c *checker) predicate(n *ast.BuiltinNode) (static, ast.Node) {
	doc, ok := functions[n.Name]
	if !ok || !doc.Predicate {
		return c.fail(n, "", "%s cannot be used%s", n.Name, suggest(n.Name, functionNames()))
	}
	if len(c.elems) >= maxPredicates {
		return c.fail(n, "", "%s stands inside %d other predicates; at most %d may nest", n.Name, maxPredicates, maxPredicates)
	}
	s, list := c.value(n.Arguments[0])
	if s.kind != kindList && s.kind != kindAny && s.kind != kindNil {
		return c.fail(n.Arguments[0], "list", "%s is given %s", n.Name, s)
	}
	list = c.call(n, "list()", staticAny, list)
	if len(n.Arguments) == 1 {
		if n.Name == "count" {
			return staticInt, c.call(n, "len", staticInt, list)
		}
		return c.sum(n, s.element(), list)
	}
	body, result := c.body(n, s.element())
	builtin := at(n, &ast.BuiltinNode{Name: n.Name, Arguments: []ast.Node{list, body}})
	switch n.Name {
	case "all", "any", "none", "one":
		return staticBool, builtin
	case "count":
		return staticInt, builtin
	case "findIndex":
		return staticInt.orNull(), builtin
	case "find", "findLast":
		return s.element().orNull(), builtin
	case "map":
		result.known = nil
		return static{kind: kindList, elem: &result}, builtin
	case "sum":
		builtin.Name = "map"
		return c.sum(n, result, builtin)
	}
	elem := s.element()
	return static{kind: kindList, elem: &elem}, builtin
}

func (c *checker) body(n *ast.BuiltinNode, elem static) (ast.Node, static) {
	inner, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		c.fail(n, "", "%s needs a condition or expression on the element", n.Name)
		return at(n, &ast.PredicateNode{Node: at(n, &ast.NilNode{})}), staticAny
	}
	c.elems = append(c.elems, elem)
	check := c.condition
	if n.Name == "map" || n.Name == "sum" {
		check = c.value
	}
	s, out := check(inner.Node)
	c.elems = c.elems[:len(c.elems)-1]
	tick := c.call(n, "tick()", staticAny)
	return at(inner, &ast.PredicateNode{Node: at(inner, &ast.SequenceNode{Nodes: []ast.Node{tick, out}})}), s
}

func (c *checker) sum(n ast.Node, elem static, list ast.Node) (static, ast.Node) {
	if !elem.kind.numeric() && elem.kind != kindAny {
		return c.fail(n, "numbers", "sum is given %s", elem)
	}
	result := staticDecimal
	if elem.kind == kindInt {
		result = staticInt
	}
	return result, c.call(n, "sum()", result, list)
}
