package rest

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/koppel-io/koppel"
)

// Pushing is one attempt to write an object.
type Pushing struct {
	Object koppel.Object
	// Operation is create, update, cancel, set or raise.
	Operation string
	// Vars holds the variable object: a map with the object's fields by name,
	// references as remote ids, and its lines as a list of maps under lines.
	Vars map[string]any
	// ID is the remote's id; empty where it is not known yet.
	ID string
	// Target is the value of a set, or what a raise adds.
	Target any
	// State is what earlier attempts left.
	State PushState
	// LookUp: the outcome of an earlier attempt is unknown.
	LookUp bool
	// Save keeps the state: it is called before and after every request whose
	// effect the next attempt must know about. Nil keeps nothing.
	Save func(context.Context, PushState) error
}

// PushState is how far a push of several requests came. It holds what the
// manifest keeps of answers, and no secrets.
type PushState struct {
	// ID is the remote's id, once a step gave it.
	ID string `json:"id,omitempty"`
	// Lines are the remote's ids of our lines, by our position.
	Lines []string `json:"lines,omitempty"`
	// Steps are the steps that were done or sent, by name.
	Steps map[string]StepState `json:"steps,omitempty"`
	// Before and Target are what a set or a raise found and wants.
	Before any `json:"before,omitempty"`
	Target any `json:"target,omitempty"`
}

// StepState is how far one step came.
type StepState struct {
	// Done: the remote did it. A step that was sent and is polled for is not.
	Done bool           `json:"done,omitempty"`
	Sent bool           `json:"sent,omitempty"`
	Kept map[string]any `json:"kept,omitempty"`
}

// PushResult is what a push or its lookup gave.
type PushResult struct {
	// ID is the remote's id of the object.
	ID string
	// Lines are the remote's ids of our lines, by our position; empty where
	// the remote did not tell.
	Lines []string
	// Wait is set when the remote took the write and has not ended it: ask
	// again after it with the state that was saved.
	Wait time.Duration
	// Found: the remote had it already, nothing was sent.
	Found bool
	// Unwritable: the value is not ours to write, nothing was sent.
	Unwritable bool
}

// UnknownOutcome is the error of a push of which nobody can tell whether the
// remote carried it out: no whole answer, a fault of the remote after it had
// the request, or an answer that cannot be understood. It wraps a
// *koppel.Error. The next attempt must look before it sends.
type UnknownOutcome struct{ Err error }

// Error is the cause's text.
func (e *UnknownOutcome) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnknownOutcome) Unwrap() error { return e.Err }

// pushing is a push being done.
type pushing struct {
	Pushing
	client *Client
	words  *PushObject
	op     string // for errors
	// remote is what the remote has; nil when that is nothing or unknown.
	remote any
	// removed are the remote's lines that are none of ours.
	removed []any
	result  PushResult
}

// Push writes an object. No request of it is repeated here. After an attempt
// whose outcome is unknown it looks before it sends, and goes on at the first
// step that was not done. An error that is no [UnknownOutcome] means that the
// remote certainly did not do the step that failed.
func (c *Client) Push(ctx context.Context, in Pushing) (PushResult, error) {
	p, err := c.pushing(in)
	if err != nil {
		return PushResult{}, err
	}
	if p.sets() {
		return p.set(ctx)
	}
	ended, err := p.look(ctx)
	if err != nil || ended {
		return p.result, err
	}
	for _, step := range p.words.operation(in.Operation).inOrder() {
		if err := p.step(ctx, step); err != nil || p.result.Wait > 0 {
			return p.result, err
		}
	}
	return p.ended(ctx)
}

func (c *Client) pushing(in Pushing) (*pushing, error) {
	op := in.Operation + " " + string(in.Object)
	words := c.manifest.Push[in.Object]
	if !words.Can(in.Operation) {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" cannot "+op)
	}
	p := &pushing{Pushing: in, client: c, words: words, op: op}
	p.State.Steps = maps.Clone(p.State.Steps)
	if p.State.ID == "" {
		p.State.ID = in.ID
	}
	return p, nil
}

// look finds out what the remote has, where that decides what is to be sent.
func (p *pushing) look(ctx context.Context) (ended bool, err error) {
	switch {
	case p.Operation == PushCreate && p.polling():
		return false, nil
	case p.Operation == PushCreate && !p.LookUp:
		return false, nil
	case p.Operation == PushCreate && (p.State.ID == "" || p.words.One == nil):
		return false, p.lookByReference(ctx)
	case p.words.One == nil:
		if p.LookUp && p.words.Find != nil {
			return false, p.lookByReference(ctx)
		}
		return false, nil
	}
	found, err := p.lookByID(ctx)
	switch {
	case err != nil || found:
		if p.Operation != PushCreate && !p.polling() {
			p.State.Steps = nil // what the remote has says which steps there are
		}
		return false, err
	case p.Operation == PushCancel:
		p.result = PushResult{ID: p.State.ID, Found: true}
		return true, nil
	}
	return false, koppel.E(koppel.KindConflict, p.op, "the remote no longer has it under its id "+p.State.ID)
}

// polling reports whether a step was taken by the remote and is waited for.
func (p *pushing) polling() bool {
	for _, step := range p.State.Steps {
		if step.Sent && !step.Done {
			return true
		}
	}
	return false
}

func (p *pushing) lookByReference(ctx context.Context) error {
	if p.words.Find == nil {
		return nil
	}
	record, result, err := p.client.findPushed(ctx, p.Object, p.Vars)
	if err != nil {
		return unseen(err)
	}
	if record == nil {
		if p.State.ID != "" {
			return koppel.E(koppel.KindConflict, p.op, "it was made under the remote's id "+p.State.ID+" and cannot be found there any more")
		}
		p.State.Steps = nil
		return nil
	}
	p.remote, p.State.ID, p.State.Lines = record, result.ID, result.Lines
	p.result.Found = true
	return p.save(ctx)
}

func (p *pushing) lookByID(ctx context.Context) (bool, error) {
	record, lines, removed, err := p.client.onePushed(ctx, p.words.One, p.op, p.State.ID, p.Vars)
	if err != nil || record == nil {
		return false, unseen(err)
	}
	p.remote, p.removed = record, removed
	if p.words.One.Lines != nil {
		p.State.Lines = lines
	}
	return true, p.save(ctx)
}

// unseen is the error of a look-up: the outcome stays unknown where looking
// again may help, and needs a person where it cannot.
func unseen(err error) error {
	switch koppel.KindOf(err) {
	case koppel.KindConflict, koppel.KindMapping, koppel.KindSchemaDrift, koppel.KindTooLarge, koppel.KindInvalidRequest:
		return err
	}
	if err == nil {
		return nil
	}
	return &UnknownOutcome{err}
}

// env is what the words of an operation see.
func (p *pushing) env() map[string]any {
	env := maps.Clone(p.client.env)
	maps.Copy(env, p.Vars)
	env["id"], env["remote"], env["removed"], env["target"] = nil, p.remote, p.removed, p.State.Target
	if p.State.ID != "" {
		env["id"] = p.State.ID
	}
	if len(p.State.Lines) > 0 {
		env["object"] = withLines(p.Vars, p.State.Lines)
	}
	steps := map[string]any{}
	for name, state := range p.State.Steps {
		steps[name] = state.Kept
	}
	env["steps"] = steps
	return env
}

// withLines is the object with the remote's ids of its lines as they are now.
func withLines(vars map[string]any, ids []string) map[string]any {
	object, _ := vars["object"].(map[string]any)
	object = maps.Clone(object)
	lines := make([]any, 0, len(ids))
	for i, line := range listOf(object["lines"]) {
		fields, ok := line.(map[string]any)
		if ok && i < len(ids) {
			fields = maps.Clone(fields)
			fields["remote_id"] = nil
			if ids[i] != "" {
				fields["remote_id"] = ids[i]
			}
			line = fields
		}
		lines = append(lines, line)
	}
	object["lines"] = lines
	return object
}

func (p *pushing) save(ctx context.Context) error {
	if p.Save == nil {
		return nil
	}
	return p.Save(ctx, p.State)
}

// ended is the result of a push whose steps are all done. After a change of
// lines the remote is asked for the ids of those that are new.
func (p *pushing) ended(ctx context.Context) (PushResult, error) {
	p.result.ID = p.State.ID
	if p.Operation == PushUpdate && p.words.One != nil && p.words.One.Lines != nil {
		if _, err := p.lookByID(ctx); err != nil {
			return p.result, err
		}
	}
	p.result.Lines = p.State.Lines
	if p.result.ID == "" {
		return p.result, &UnknownOutcome{koppel.E(koppel.KindSchemaDrift, p.op, "no answer told the remote's id")}
	}
	return p.result, nil
}

// isUnknown reports whether nobody knows the outcome.
func isUnknown(err error) bool {
	var unknown *UnknownOutcome
	return errors.As(err, &unknown)
}
