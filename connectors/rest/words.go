package rest

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// Params are named templates in the order of the file.
type Params []Param

// Param is one named template.
type Param struct {
	Name  string
	Value Template
}

func (d *decoder) decodeInto(n *node, target any, scope []string) {
	d.decode(n, reflect.ValueOf(target).Elem(), scope)
}

func (p *Params) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		param := Param{Name: m.name}
		param.Value.decodeNode(d, m.value, scope)
		*p = append(*p, param)
	}
}

// Body is a JSON body: text with ${ }, lists and mappings of it. A mapping
// with each, as and item makes a list with one item per element.
type Body struct {
	value   *Template
	literal any
	names   []string
	members []*Body
	list    bool
	each    *Expr
	as      string
}

func (b *Body) decodeNode(d *decoder, n *node, scope []string) {
	switch n.kind {
	case textNode:
		b.value = &Template{}
		b.value.decodeNode(d, n, scope)
	case intNode:
		b.literal, _ = strconv.ParseInt(n.text, 10, 64)
	case floatNode:
		b.literal, _ = strconv.ParseFloat(n.text, 64)
	case boolNode:
		b.literal = n.text == "true"
	case listNode:
		b.list = true
		for _, item := range n.items {
			inner := &Body{}
			inner.decodeNode(d, item, scope)
			b.members = append(b.members, inner)
		}
	case mapNode:
		if n.get("each") != nil && n.get("item") != nil {
			b.decodeEach(d, n, scope)
			return
		}
		for _, m := range n.members {
			inner := &Body{}
			inner.decodeNode(d, m.value, scope)
			b.names, b.members = append(b.names, m.name), append(b.members, inner)
		}
	}
}

func (b *Body) decodeEach(d *decoder, n *node, scope []string) {
	var form struct {
		Each Expr   `y:"each,required" doc:"The list to go through"`
		As   string `y:"as,required" doc:"Name of the variable that holds the element"`
	}
	known := &node{kind: mapNode, line: n.line, column: n.column, path: n.path}
	for _, m := range n.members {
		if m.name != "item" {
			known.members = append(known.members, m)
		}
	}
	d.decodeInto(known, &form, scope)
	item := &Body{}
	item.decodeNode(d, n.get("item"), slices.Concat(scope, []string{form.As}))
	b.list, b.each, b.as, b.members = true, &form.Each, form.As, []*Body{item}
}

// render makes the value that is marshalled as the request's body. Members
// whose expression gives nil are sent as null.
func (b *Body) render(env map[string]any) (any, error) {
	switch {
	case b.value != nil:
		value, err := b.value.value(env)
		return jsonNumbers(value), err
	case b.each != nil:
		return b.renderEach(env)
	case b.list:
		list := make([]any, len(b.members))
		for i, member := range b.members {
			var err error
			if list[i], err = member.render(env); err != nil {
				return nil, err
			}
		}
		return list, nil
	case b.names != nil:
		object := make(map[string]any, len(b.names))
		for i, name := range b.names {
			value, err := b.members[i].render(env)
			if err != nil {
				return nil, err
			}
			object[name] = value
		}
		return object, nil
	}
	return b.literal, nil
}

func (b *Body) renderEach(env map[string]any) (any, error) {
	elements, err := b.each.list(env)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(elements))
	for i, element := range elements {
		if list[i], err = b.members[0].render(with(env, b.as, element)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Size is a number of bytes, written as 512KiB or 32MiB.
type Size int64

var sizeForm = regexp.MustCompile(`^([0-9]+)(KiB|MiB|GiB)$`)

func (s *Size) decodeNode(d *decoder, n *node, _ []string) {
	parts := sizeForm.FindStringSubmatch(n.text)
	if parts == nil {
		d.fail(n, "expected a size such as 512KiB or 32MiB")
		return
	}
	number, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		d.fail(n, "%s is too large", n.text)
	}
	*s = Size(number << map[string]int{"KiB": 10, "MiB": 20, "GiB": 30}[parts[2]])
}

// Statuses are ranges of HTTP statuses.
type Statuses [][2]int

var statusForm = regexp.MustCompile(`^([1-5])xx$|^([1-5][0-9][0-9])(?:-([1-5][0-9][0-9]))?$`)

func (s *Statuses) decodeNode(d *decoder, n *node, _ []string) {
	items := n.items
	if n.kind != listNode {
		items = []*node{n}
	}
	for _, item := range items {
		parts := statusForm.FindStringSubmatch(item.text)
		if parts == nil {
			d.fail(item, "expected a status such as 404, 5xx or 500-503")
			continue
		}
		span := [2]int{atoi(parts[2]), atoi(parts[2])}
		if parts[1] != "" {
			span = [2]int{atoi(parts[1]) * 100, atoi(parts[1])*100 + 99}
		}
		if parts[3] != "" {
			span[1] = atoi(parts[3])
		}
		*s = append(*s, span)
	}
}

func atoi(digits string) int {
	number, _ := strconv.Atoi(digits)
	return number
}

func (s Statuses) has(status int) bool {
	return slices.ContainsFunc(s, func(span [2]int) bool { return span[0] <= status && status <= span[1] })
}

// Paths are dotted paths of member names inside a record.
type Paths []string

func (p *Paths) decodeNode(d *decoder, n *node, _ []string) {
	items := n.items
	if n.kind != listNode {
		items = []*node{n}
	}
	for _, item := range items {
		d.checkPath(item, item.text)
		*p = append(*p, item.text)
	}
}

var pathForm = regexp.MustCompile(`^[^.\s?@]+(\.[^.\s?@]+)*$`)

func (d *decoder) checkPath(n *node, path string) {
	if n.kind != textNode && n.kind != intNode || !pathForm.MatchString(path) {
		d.fail(n, "expected a dotted path of member names, such as id or d.results")
	}
}
