package rest

import (
	"slices"
)

// Streams are the streams of a manifest, in the order of the file.
type Streams []*Stream

// variant is one alternative of a stream, complete in itself.
type variant struct {
	version *Constraint
	when    *Expr
	stream  *Stream
}

// alternative is what selects a variant.
type alternative struct {
	Version *Constraint `y:"version" doc:"Versions of the remote it is for, such as <5.6 or >=10.3"`
	When    *Expr       `y:"when" doc:"Condition under which it is used"`
}

func (s *Streams) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		if !d.wants(m.value, mapNode) {
			continue
		}
		whole := d.inherit(n, m.value, 0)
		choose := whole.get("choose")
		base := without(whole, "choose")
		stream := d.stream(m.name, base, scope)
		if choose != nil && d.wants(choose, listNode) {
			for _, item := range choose.items {
				if !d.wants(item, mapNode) {
					continue
				}
				v := variant{}
				selects := &node{kind: mapNode, line: item.line, column: item.column, path: item.path}
				for _, word := range []string{"version", "when"} {
					if value := item.get(word); value != nil {
						selects.members = append(selects.members, member{name: word, line: value.line, column: value.column, value: value})
					}
				}
				var form alternative
				d.decodeInto(selects, &form, scope)
				v.version, v.when = form.Version, form.When
				if v.version == nil && v.when == nil {
					d.fail(item, "an alternative needs version or when")
				}
				whole := merge(base, d.inherit(n, without(item, "version", "when"), 0))
				if whole.get("each") == nil { // what only a fan-out has goes with it
					whole = without(whole, "children", "when")
				}
				v.stream = d.stream(m.name, whole, scope)
				stream.variants = append(stream.variants, v)
			}
		}
		*s = append(*s, stream)
	}
	for _, stream := range *s {
		stream.checkParents(d, n, *s)
		stream.checkFeeds(d, n, *s)
		stream.checkNew(d, n, *s)
	}
}

func (d *decoder) stream(name string, n *node, scope []string) *Stream {
	stream := &Stream{}
	d.decodeInto(n, stream, scope)
	stream.Name = name
	stream.check(d, n)
	return stream
}

const maxLikes = 8

// inherit resolves like: on the stream itself and on each of its blocks, where
// it names the stream whose block of the same key is taken over.
func (d *decoder) inherit(streams, n *node, depth int) *node {
	if depth > maxLikes {
		d.fail(n, "like goes round in a circle")
		return n
	}
	if like := n.get("like"); like != nil {
		from := d.liked(streams, like)
		n = without(n, "like")
		if from != nil {
			n = merge(d.inherit(streams, from, depth+1), n)
		}
	}
	out := *n
	out.members = slices.Clone(n.members)
	for i, m := range out.members {
		like := m.value.get("like")
		if like == nil {
			continue
		}
		own := without(m.value, "like")
		from := d.liked(streams, like)
		if from == nil {
			out.members[i].value = own
			continue
		}
		block := d.inherit(streams, from, depth+1).get(m.name)
		if block == nil {
			d.fail(like, "stream %s has no %s to take over", like.text, m.name)
			out.members[i].value = own
			continue
		}
		out.members[i].value = merge(block, own)
	}
	return &out
}

func (d *decoder) liked(streams, like *node) *node {
	from := streams.get(like.text)
	if from == nil {
		var names []string
		for _, m := range streams.members {
			names = append(names, m.name)
		}
		d.fail(like, "no stream %s%s", like.text, suggest(like.text, names))
	}
	return from
}

// merge lays the members of over on base; a null removes the member.
func merge(base, over *node) *node {
	out := *over
	out.kind = mapNode
	out.members = slices.Clone(base.members)
	for _, m := range over.members {
		at := slices.IndexFunc(out.members, func(b member) bool { return b.name == m.name })
		switch {
		case m.value.kind == nullNode && at >= 0:
			out.members = slices.Delete(out.members, at, at+1)
		case at >= 0:
			out.members[at] = m
		default:
			out.members = append(out.members, m)
		}
	}
	return &out
}

func without(n *node, names ...string) *node {
	out := *n
	out.members = nil
	for _, m := range n.members {
		if !slices.Contains(names, m.name) {
			out.members = append(out.members, m)
		}
	}
	return &out
}
