package rest

import (
	"cmp"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// Pushes says how objects, and stock, are written.
type Pushes map[koppel.Object]*PushObject

// PushObject says how one object is looked up and written.
type PushObject struct {
	Find   *PushFind      `y:"find" doc:"How an object is found by our reference before it is sent again" scope:"object"`
	One    *PushOne       `y:"one" doc:"How what the remote has now is read by the remote's id" scope:"object,id"`
	Create *PushOperation `y:"create" doc:"How an object is created" scope:"object,id,remote,removed,steps"`
	Update *PushOperation `y:"update" doc:"How an object that the remote has is changed" scope:"object,id,remote,removed,steps"`
	Cancel *PushOperation `y:"cancel" doc:"How an object that the remote has is cancelled" scope:"object,id,remote,removed,steps"`
	Set    []PushSet      `y:"set,one" doc:"How one value is written absolutely, such as a product's stock; of several, the first whose when holds" scope:"object,id"`

	_ struct{} `reserved:"batch"`
}

// The operations of a push.
const (
	PushCreate = "create"
	PushUpdate = "update"
	PushCancel = "cancel"
	PushSetTo  = "set"
	PushRaise  = "raise"
)

// Can reports whether an operation is declared.
func (p *PushObject) Can(operation string) bool {
	return p != nil && ((operation == PushSetTo || operation == PushRaise) && len(p.Set) > 0 || p.operation(operation) != nil)
}

func (p *PushObject) operation(name string) *PushOperation {
	switch name {
	case PushCreate:
		return p.Create
	case PushUpdate:
		return p.Update
	case PushCancel:
		return p.Cancel
	}
	return nil
}

// PushFind looks an object up in the remote. The variable object holds what is
// pushed; record is one record of the answer.
type PushFind struct {
	Request `y:",inline"`
	Page    *Paging    `y:"page" doc:"How the answer is paged, by number or offset; a single answer when absent"`
	Records Selector   `y:"records" doc:"Where the records are in the answer; the whole body when absent"`
	Where   *Expr      `y:"where" doc:"Which record is ours" scope:"record"`
	ID      *Expr      `y:"id,required" doc:"The remote's id" scope:"record"`
	Lines   *PushLines `y:"lines" doc:"The remote's ids of the lines" scope:"record"`
}

// PushOne reads what the remote has under an id that is known.
type PushOne struct {
	Request `y:",inline"`
	Record  Selector   `y:"record" doc:"Where the record is in the answer; the whole body when absent"`
	Gone    *Gone      `y:"gone" doc:"How a deleted record answers; status 404 when absent"`
	Lines   *PushLines `y:"lines" doc:"The remote's ids of the lines" scope:"record"`
}

// PushOperation is one request, or several steps that are done one after the
// other and go on where they were left.
type PushOperation struct {
	PushStep `y:",inline"`
	Steps    PushSteps `y:"steps" doc:"Requests that are made one after the other; what a step kept is steps.NAME"`
}

// inOrder are the operation's steps; a single request is a step without a name.
func (o *PushOperation) inOrder() []*PushStep {
	if len(o.Steps) > 0 {
		return o.Steps
	}
	return []*PushStep{&o.PushStep}
}

// PushSteps are steps in the order of the file.
type PushSteps []*PushStep

// PushStep is one request that writes, with what its answer gives back.
type PushStep struct {
	// Name is the step's key; empty for the only step of an operation.
	Name    string
	When    *Expr `y:"when" doc:"Condition under which the step is done"`
	Each    *Expr `y:"each" doc:"List: the step is done once for each of its elements, the variable item"`
	Request `y:",inline" scope:"item"`
	Success *Expr      `y:"success" doc:"Condition on response and body that the remote did it; a 2xx status when absent" scope:"response,body"`
	ID      *Expr      `y:"id" doc:"The remote's id" scope:"body"`
	Lines   *PushLines `y:"lines" doc:"The remote's ids of the lines" scope:"body"`
	Keep    Params     `y:"keep" doc:"Values of the answer, or of the record that a look-up found, that later steps and the poll need: steps.NAME and kept" scope:"body"`
	Done    *Expr      `y:"done" doc:"Condition on what the remote has that the step was done already"`
	Poll    *PushPoll  `y:"poll" doc:"How the outcome is asked for, where the remote takes a write now and does it later" scope:"kept"`
}

// PushPoll asks for the outcome of a write that the remote does later.
type PushPoll struct {
	Request `y:",inline"`
	Ended   *Expr         `y:"ended,required" doc:"Condition that nothing more happens" scope:"response,body"`
	Success *Expr         `y:"success,required" doc:"Condition that the remote did it, once it ended" scope:"response,body"`
	ID      *Expr         `y:"id" doc:"The remote's id" scope:"body"`
	Every   time.Duration `y:"every" doc:"Pause between two questions; 5s when absent"`
}

func (p *PushPoll) every() time.Duration { return cmp.Or(p.Every, 5*time.Second) }

// PushSet writes one value absolutely: it is read, compared and written, so
// that a write whose outcome nobody knows can be told from one that was lost.
type PushSet struct {
	When   *Expr    `y:"when" doc:"Condition under which it is written this way"`
	Read   SetRead  `y:"read,required" doc:"How the value is read"`
	Target *Expr    `y:"target" doc:"The value as the remote can hold it, such as one cut to its bounds" scope:"target,remote"`
	Write  PushStep `y:"write,required" doc:"How the value is written; the variable target holds it, remote what was read" scope:"target,steps,remote"`
}

// SetRead reads the value that is to be written.
type SetRead struct {
	Request `y:",inline"`
	Value   *Expr `y:"value,required" doc:"The value as the remote has it" scope:"body"`
	// Unwritable values are left alone.
	Unwritable *Expr `y:"unwritable" doc:"Condition that the value is not ours to write, such as the stock of what the marketplace keeps itself" scope:"body"`
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
		if !slices.Contains(koppel.Pushed(), object) {
			d.failAt(m.line, m.column, m.value.path, "%s cannot be pushed%s", m.name, suggest(m.name, pushedNames()))
			continue
		}
		var push PushObject
		d.decodeInto(m.value, &push, scope)
		at := *m.value
		at.line, at.column = m.line, m.column
		push.check(d, &at)
		(*p)[object] = &push
	}
}

func (s *PushSteps) decodeNode(d *decoder, n *node, scope []string) {
	if !d.wants(n, mapNode) {
		return
	}
	for _, m := range n.members {
		step := PushStep{Name: m.name}
		d.decodeInto(m.value, &step, scope)
		if !nameForm.MatchString(m.name) {
			d.failAt(m.line, m.column, m.value.path, "a name is lower-case letters, digits and _")
		}
		*s = append(*s, &step)
	}
}

func pushedNames() (names []string) {
	for _, object := range koppel.Pushed() {
		names = append(names, string(object))
	}
	return names
}
