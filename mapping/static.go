package mapping

import "github.com/koppel-io/koppel"

// kind is the static type of an expression, without nullability.
type kind uint8

const (
	kindAny kind = iota
	kindNil
	kindBool
	kindInt
	kindNumber // a JSON number as its text
	kindDecimal
	kindString
	kindTime
	kindDate
	kindList
	kindObject   // an object of the record, read by slots
	kindMap      // a map made by the expression
	kindSettings // a prefix of setting names
	kindJoined   // the lists that a record comes with, by name
)

var kindNames = [...]string{"any", "null", "bool", "int", "number", "decimal", "string", "time", "date", "list", "object", "map", "settings", "joined"}

func (k kind) String() string { return kindNames[k] }

func (k kind) numeric() bool {
	return k == kindInt || k == kindNumber || k == kindDecimal
}

func (k kind) instant() bool { return k == kindTime || k == kindDate }

// static is what is known of an expression before it runs.
type static struct {
	kind     kind
	nullable bool
	// elem is the type of a list's elements; nil is any.
	elem *static
	// node is where an object or list stands in the record's plan.
	node *node
	// flat: the node is reached from the record by members only, so that its
	// members are read straight into variables.
	flat bool
	// shape is what is known of a map from outside.
	shape *koppel.Shape
	// prefix is the part of the setting's name read so far.
	prefix string
	// known is the value of a condition that does not depend on the record.
	known *bool
}

var (
	staticAny     = static{kind: kindAny, nullable: true}
	staticNil     = static{kind: kindNil, nullable: true}
	staticBool    = static{kind: kindBool}
	staticInt     = static{kind: kindInt}
	staticDecimal = static{kind: kindDecimal}
	staticString  = static{kind: kindString}
)

func (s static) String() string {
	name := s.kind.String()
	if s.kind == kindList && s.elem != nil && s.elem.kind != kindAny {
		name = "list of " + s.elem.String()
	}
	if s.nullable && s.kind != kindAny && s.kind != kindNil {
		name += " or null"
	}
	return name
}

func (s static) orNull() static {
	s.nullable, s.known = true, nil
	return s
}

func (s static) certain() static {
	s.nullable = s.kind == kindAny || s.kind == kindNil
	return s
}

// element is the type of a list's elements.
func (s static) element() static {
	if s.kind == kindList && s.elem != nil {
		return *s.elem
	}
	return staticAny
}

// either is the type of a value that is an a or a b.
func either(a, b static) static {
	a.known, b.known = nil, nil
	nullable := a.nullable || b.nullable
	switch {
	case a.kind == kindNil:
		return b.orNull()
	case b.kind == kindNil:
		return a.orNull()
	case a.kind == b.kind && a.node == b.node && a.shape == b.shape:
		if a.kind == kindList && a.element().kind != b.element().kind {
			a.elem = nil
		}
		a.nullable = nullable
		return a
	case a.kind == b.kind && a.kind != kindObject && a.kind != kindList && a.kind != kindMap:
		a.nullable = nullable
		return a
	case a.kind == kindList && b.kind == kindList:
		elem := staticAny
		if a.element().kind == b.element().kind && a.element().node == b.element().node {
			elem = either(a.element(), b.element())
		}
		return static{kind: kindList, elem: &elem, nullable: nullable}
	case a.kind.numeric() && b.kind.numeric():
		return static{kind: kindDecimal, nullable: nullable}
	}
	return staticAny
}

// staticOf is the static type of a value of the shape at n.
func staticOf(n *node) static {
	s := static{node: n, nullable: n.shape.Nullable}
	switch n.shape.Type {
	case koppel.ShapeString:
		s.kind = kindString
	case koppel.ShapeInt:
		s.kind = kindInt
	case koppel.ShapeNumber:
		s.kind = kindNumber
	case koppel.ShapeBool:
		s.kind = kindBool
	case koppel.ShapeObject:
		s.kind = kindObject
	case koppel.ShapeList:
		elem := staticAny
		if n.shape.Elem != nil {
			elem = staticOf(n.element())
		}
		s.kind, s.elem = kindList, &elem
	default:
		return static{kind: kindAny, nullable: true, node: n}
	}
	if s.kind != kindObject {
		s.node = nil
	}
	return s
}

// staticSetting is the static type of a setting. It counts as nullable even
// with a default: what is stored is only checked when an expression reads it.
func staticSetting(setting koppel.Setting) static {
	s := static{kind: kindString, nullable: true}
	switch setting.Type {
	case koppel.SettingInt:
		s.kind = kindInt
	case koppel.SettingBool:
		s.kind = kindBool
	case koppel.SettingDate:
		s.kind = kindDate
	case koppel.SettingStrings:
		elem := staticString
		s.kind, s.elem = kindList, &elem
	}
	return s
}

// staticOutside is the static type of a variable that comes from outside an
// evaluator. It may always be null: nothing has checked it.
func staticOutside(shape *koppel.Shape) static {
	if shape == nil {
		return staticAny
	}
	switch shape.Type {
	case koppel.ShapeObject:
		if len(shape.Members) == 0 {
			return staticAny
		}
		return static{kind: kindMap, shape: shape, nullable: true}
	case koppel.ShapeList:
		elem := staticOutside(shape.Elem)
		return static{kind: kindList, elem: &elem, nullable: true}
	case koppel.ShapeString:
		return staticString.orNull()
	case koppel.ShapeInt:
		return staticInt.orNull()
	case koppel.ShapeNumber:
		return static{kind: kindNumber, nullable: true}
	case koppel.ShapeBool:
		return staticBool.orNull()
	}
	return staticAny
}
