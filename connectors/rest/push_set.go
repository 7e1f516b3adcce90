package rest

import (
	"context"
	"fmt"
	"reflect"

	"github.com/koppel-io/koppel"
)

// set writes a value absolutely. Before the write it keeps what it found: after
// an unknown outcome the target means that it was written, what was there
// before that it was lost, and anything else that somebody else wrote.
func (p *pushing) set(ctx context.Context) (PushResult, error) {
	done := PushResult{ID: p.State.ID, Found: true}
	step := &p.words.Set.Write
	if p.State.Steps[step.Name].Sent && !p.State.Steps[step.Name].Done {
		return p.setEnded(ctx, step)
	}
	now, err := p.value(ctx)
	if err != nil {
		return PushResult{}, err
	}
	switch {
	case same(now, p.Target):
		return done, nil
	case p.LookUp && p.State.Target != nil && !same(now, p.State.Before) && !same(now, p.State.Target):
		return PushResult{}, koppel.E(koppel.KindConflict, p.op, fmt.Sprintf(
			"%s was to be changed from %s to %s, the outcome is unknown, and it is %s now: somebody else wrote it meanwhile",
			p.State.ID, textOf(p.State.Before), textOf(p.State.Target), textOf(now)))
	}
	p.State.Before, p.State.Target, p.State.Steps = now, p.Target, nil
	if err := p.save(ctx); err != nil {
		return PushResult{}, err // nothing was sent
	}
	if err := p.send(ctx, step, p.env()); err != nil {
		return PushResult{}, err
	}
	p.result.ID = p.State.ID
	return p.result, nil
}

func (p *pushing) setEnded(ctx context.Context, step *PushStep) (PushResult, error) {
	err := p.poll(ctx, step)
	p.result.ID = p.State.ID
	return p.result, err
}

// value reads what the remote has.
func (p *pushing) value(ctx context.Context) (any, error) {
	read := &p.words.Set.Read
	env := p.env()
	call, err := p.client.build(p.op, &read.Request, env)
	if err != nil {
		return nil, p.mapping(err)
	}
	call.idempotent = true
	a, err := p.client.exchange(ctx, call)
	defer a.release()
	if err != nil {
		if p.LookUp {
			return nil, &UnknownOutcome{err}
		}
		return nil, err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, p.client.drift(ctx, a, "the answer is not JSON")
	}
	value, err := read.Value.eval(with(env, "body", body))
	if err != nil {
		return nil, p.client.drift(ctx, a, err.Error())
	}
	return value, nil
}

// same compares two values as the remote and we write them: 7 is 7.0.
func same(a, b any) bool { return reflect.DeepEqual(a, b) || textOf(a) == textOf(b) }
