package rest

import "github.com/koppel-io/koppel"

// Pushes says how objects are written.
type Pushes map[koppel.Object]*PushObject

// PushObject says how one object is looked up and written.
type PushObject struct {
	Find   *PushFind `y:"find" doc:"How an object is found by our reference before it is sent again" scope:"object"`
	Create *PushStep `y:"create" doc:"How an object is created" scope:"object"`

	_ struct{} `reserved:"update,cancel,steps,batch,state"`
}

// PushFind looks an object up in the remote. The variable object holds what is
// pushed; record is one record of the answer.
type PushFind struct {
	Request `y:",inline"`
	Records Selector   `y:"records" doc:"Where the records are in the answer; the whole body when absent"`
	Where   *Expr      `y:"where" doc:"Which record is ours" scope:"record"`
	ID      *Expr      `y:"id,required" doc:"The remote's id" scope:"record"`
	Lines   *PushLines `y:"lines" doc:"The remote's ids of the lines" scope:"record"`
}

// PushStep is one request that writes, with what its answer gives back.
type PushStep struct {
	Request `y:",inline"`
	Success *Expr      `y:"success" doc:"Condition on response and body that the remote did it; a 2xx status when absent" scope:"response,body"`
	ID      *Expr      `y:"id,required" doc:"The remote's id" scope:"body"`
	Lines   *PushLines `y:"lines" doc:"The remote's ids of the lines" scope:"body"`
}

// PushLines ties the remote's lines to ours.
type PushLines struct {
	Each  *Expr `y:"each,required" doc:"The remote's lines"`
	Match *Expr `y:"match" doc:"Whether the remote's item is our line; the same position when absent" scope:"item,line"`
	ID    *Expr `y:"id,required" doc:"Id of the remote's line" scope:"item"`
}

func (p *Pushes) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	*p = Pushes{}
	for _, m := range n.members {
		object := koppel.Object(m.name)
		if !object.Valid() {
			d.failAt(m.line, m.column, m.value.path, "unknown object %s%s", m.name, suggest(m.name, objectNames()))
			continue
		}
		var push PushObject
		d.decodeInto(m.value, &push, scope)
		if push.Create != nil && push.Find == nil {
			d.failAt(m.line, m.column, m.value.path, "find is missing: after an attempt with an unknown outcome the object is looked up before it is sent again")
		}
		(*p)[object] = &push
	}
}

func objectNames() (names []string) {
	for _, object := range koppel.Objects() {
		names = append(names, string(object))
	}
	return names
}
