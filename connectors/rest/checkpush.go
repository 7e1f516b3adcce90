package rest

import "slices"

// writes are the methods of a request that writes.
var writes = []string{"post", "put", "patch", "delete"}

// check says what is wrong with the words of one object.
func (p *PushObject) check(d *decoder, n *node) {
	if n.kind != mapNode {
		return
	}
	if p.Create != nil && p.Find == nil {
		d.fail(n, "find is missing: after an attempt with an unknown outcome the object is looked up before it is sent again")
	}
	if (p.Update != nil || p.Cancel != nil) && p.Create == nil && p.One == nil {
		d.fail(n, "one is missing: what the remote has is read before it is changed")
	}
	if p.Find != nil {
		checkTarget(d, n.get("find"), &p.Find.Request, "get", "post")
		p.Find.checkPage(d, n.get("find"))
	}
	if p.One != nil {
		checkTarget(d, n.get("one"), &p.One.Request, "get", "post")
	}
	for _, name := range []string{PushCreate, PushUpdate, PushCancel} {
		if o := p.operation(name); o != nil {
			o.check(d, n.get(name), name == PushCreate)
		}
	}
	for i := range p.Set {
		at := n.get("set")
		if at.kind == listNode {
			at = at.items[i]
		}
		checkTarget(d, at.get("read"), &p.Set[i].Read.Request, "get", "post")
		p.Set[i].Write.check(d, at.get("write"))
	}
}

func (f *PushFind) checkPage(d *decoder, n *node) {
	page := f.Page
	if page == nil {
		return
	}
	if (page.Number == "") == (page.Offset == "") || page.Full < 1 || page.Most < 1 {
		d.fail(n.get("page"), "a look-up is paged by number or offset, with full (rows of a full page) and most (pages that are looked through)")
	}
}

func (o *PushOperation) check(d *decoder, n *node, creates bool) {
	if n == nil || n.kind != mapNode {
		return
	}
	if len(o.Steps) == 0 {
		o.PushStep.check(d, n)
		if creates && !o.PushStep.givesID() {
			d.fail(n, "id is missing: The remote's id")
		}
		return
	}
	if len(n.members) > 1 {
		d.fail(n, "an operation is either one request or steps")
	}
	made := false
	for i, step := range o.Steps {
		at := n.get("steps").members[i].value
		step.check(d, at)
		if creates && made && step.Post != nil && step.Done == nil {
			d.fail(at, "done is missing: after an unknown outcome a POST is only sent again when what the remote has shows that it was not done")
		}
		made = made || step.givesID()
	}
	if creates && !made {
		d.fail(n, "no step has an id: The remote's id")
	}
}

func (s *PushStep) givesID() bool { return s.ID != nil || s.Poll != nil && s.Poll.ID != nil }

func (s *PushStep) check(d *decoder, n *node) {
	if n == nil || n.kind != mapNode {
		return
	}
	checkTarget(d, n, &s.Request, writes...)
	if s.Poll != nil {
		checkTarget(d, n.get("poll"), &s.Poll.Request, "get", "post")
		if s.Each != nil {
			d.fail(n.get("poll"), "a step that is done for each element cannot be polled for")
		}
	}
	if s.Each != nil && s.givesID() {
		d.fail(n.get("id"), "a step that is done for each element has no id")
	}
}

// declared are the methods of a request, by the words of the language.
func (r *Request) declared() map[string]*Template {
	all := map[string]*Template{"get": r.Get, "post": r.Post, "put": r.Put, "patch": r.Patch, "delete": r.Delete}
	for name, path := range all {
		if path == nil {
			delete(all, name)
		}
	}
	return all
}

// checkTarget wants exactly one of the methods in a request.
func checkTarget(d *decoder, n *node, r *Request, methods ...string) {
	if n == nil || n.kind != mapNode {
		return
	}
	for name := range r.declared() {
		if !slices.Contains(methods, name) {
			d.fail(n.get(name), "%s does not belong here%s", name, suggest(name, methods))
		}
	}
	if len(r.declared()) != 1 {
		d.fail(n, "exactly one of %s belongs here", joinWords(methods))
	}
	if r.Get != nil && r.Body != nil {
		d.fail(n.get("body"), "a GET request has no body")
	}
}
