package rest

import (
	"strings"

	"github.com/koppel-io/koppel"
)

// Shape is a stream's record shape as written in YAML: `id: int`,
// `price: string?` (may be null or missing), `line_items: [{ id: int }]`,
// `meta: any`; a nested mapping is an object, `name?:` makes it nullable.
type Shape struct{ koppel.Shape }

var shapeTypes = []string{
	string(koppel.ShapeString), string(koppel.ShapeInt), string(koppel.ShapeNumber),
	string(koppel.ShapeBool), string(koppel.ShapeAny), string(koppel.ShapeObject), string(koppel.ShapeList),
}

func (s *Shape) decodeNode(d *decoder, n *node, _ []string) {
	if d.wants(n, mapNode) {
		s.Shape = *d.shape(n)
	}
}

func (d *decoder) shape(n *node) *koppel.Shape {
	switch n.kind {
	case mapNode:
		s := &koppel.Shape{Type: koppel.ShapeObject, Members: map[string]*koppel.Shape{}}
		for _, m := range n.members {
			name, nullable := strings.CutSuffix(m.name, "?")
			inner := d.shape(m.value)
			inner.Nullable = inner.Nullable || nullable
			s.Members[name] = inner
		}
		return s
	case listNode:
		if len(n.items) != 1 {
			d.fail(n, "a list has the shape of one element, such as [{ id: int }] or [string]")
			return &koppel.Shape{Type: koppel.ShapeAny}
		}
		return &koppel.Shape{Type: koppel.ShapeList, Elem: d.shape(n.items[0])}
	}
	name, nullable := strings.CutSuffix(n.text, "?")
	for _, known := range shapeTypes[:5] {
		if name == known {
			return &koppel.Shape{Type: koppel.ShapeType(name), Nullable: nullable}
		}
	}
	d.fail(n, "unknown type %s%s", n.text, suggest(name, shapeTypes[:5]))
	return &koppel.Shape{Type: koppel.ShapeAny}
}
