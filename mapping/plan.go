package mapping

import (
	"hash/maphash"

	"github.com/koppel-io/koppel"
)

// node is one place in a record that some expression reads. The nodes of a
// program form a tree along which the scanner decodes; everything beside it is
// only checked and skipped.
type node struct {
	name  string
	path  string
	shape *koppel.Shape
	// children are the members that are read, by hash in table.
	children []*node
	table    []*node
	// elem is the element of a list.
	elem *node
	// slot is the variable the value goes to, -1 for none.
	slot int
	// local is the place in the enclosing object's slots, -1 for none.
	local int
	// locals is how many slots an object value of this node has.
	locals int
	// whole: the object itself is a value, not only its members.
	whole bool
	// required is how many children may not be missing.
	required int
}

// plan is what one program reads of one record.
type plan struct {
	root *node
	// leaves are the nodes with a slot, in the order of their slots.
	leaves []*node
	// parent: it reads the parent's record.
	parent bool
}

var keySeed = maphash.MakeSeed()

func newPlan(name string, shape *koppel.Shape) *plan {
	if shape == nil {
		shape = anyShape
	}
	return &plan{root: newNode(name, name, shape)}
}

func newNode(name, path string, shape *koppel.Shape) *node {
	return &node{name: name, path: path, shape: shape, slot: -1, local: -1}
}

// child returns the node of a member, making it when it is read for the first
// time; nil when the shape has no such member.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	shape := n.shape.Members[name]
	if n.shape.Type == koppel.ShapeAny {
		shape = anyShape
	}
	if shape == nil {
		return nil
	}
	c := newNode(name, n.path+"."+name, shape)
	n.children = append(n.children, c)
	return c
}

// element returns the node of a list's elements.
func (n *node) element() *node {
	if n.elem == nil {
		n.elem = newNode(n.name, n.path+"[]", n.shape.Elem)
		n.elem.whole = true
	}
	return n.elem
}

// leaf gives n a variable.
func (p *plan) leaf(n *node) {
	if n.slot >= 0 {
		return
	}
	n.slot = len(p.leaves)
	n.whole = true
	p.leaves = append(p.leaves, n)
}

// localOf gives c a place among the slots of its enclosing object value.
func (n *node) localOf(c *node) int {
	if c.local < 0 {
		c.local = n.locals
		c.whole = true
		n.locals++
	}
	return c.local
}

// seal builds the lookup tables once all expressions are compiled.
func (n *node) seal() {
	size := 1
	for size < 2*len(n.children) {
		size *= 2
	}
	n.table = make([]*node, size)
	n.required = 0
	for _, c := range n.children {
		if !c.shape.Nullable {
			n.required++
		}
		i := int(maphash.String(keySeed, c.name)) & (size - 1)
		for n.table[i] != nil {
			i = (i + 1) & (size - 1)
		}
		n.table[i] = c
		c.seal()
	}
	if n.elem != nil {
		n.elem.seal()
	}
}

// lookup finds the child of a key; hash is maphash of the key under keySeed.
func (n *node) lookup(key []byte, hash uint64) *node {
	mask := len(n.table) - 1
	for i := int(hash) & mask; n.table[i] != nil; i = (i + 1) & mask {
		if n.table[i].name == string(key) {
			return n.table[i]
		}
		if len(n.children) == len(n.table) {
			return n.lookupSlow(key)
		}
	}
	return nil
}

func (n *node) lookupSlow(key []byte) *node {
	for _, c := range n.children {
		if c.name == string(key) {
			return c
		}
	}
	return nil
}
