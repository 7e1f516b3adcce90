package rest

import (
	"context"
	"net/http"

	"github.com/koppel-io/koppel"
)

// step does one step, unless it is done or not wanted.
func (p *pushing) step(ctx context.Context, step *PushStep) error {
	state := p.State.Steps[step.Name]
	if state.Done {
		return nil
	}
	if state.Sent {
		return p.poll(ctx, step)
	}
	env := p.env()
	wanted, err := p.wanted(step, env)
	if err != nil || !wanted {
		if p.remote != nil {
			p.keepFound(step, env)
		}
		return err
	}
	if step.Each == nil {
		return p.send(ctx, step, env)
	}
	items, err := step.Each.list(env)
	if err != nil {
		return p.mapping(err)
	}
	for _, item := range items {
		if err := p.send(ctx, step, with(env, "item", item)); err != nil {
			return err
		}
	}
	return nil
}

// wanted applies when, and done to what the remote has. What a look-up found
// was made by the step that gives the id.
func (p *pushing) wanted(step *PushStep, env map[string]any) (bool, error) {
	if step.When != nil {
		wanted, err := step.When.holds(env)
		if err != nil || !wanted {
			return false, p.mapping(err)
		}
	}
	switch {
	case p.remote == nil:
		return true, nil
	case step.Done != nil:
		done, err := step.Done.holds(env)
		return !done, p.mapping(err)
	}
	return p.Operation != PushCreate || !step.givesID(), nil
}

// keepFound keeps of what a look-up found what the step's own answer would have
// given, as far as it is there.
func (p *pushing) keepFound(step *PushStep, env map[string]any) {
	env = with(env, "body", p.remote)
	kept := map[string]any{}
	for _, keep := range step.Keep {
		if value, err := keep.Value.value(env); err == nil {
			kept[keep.Name] = value
		}
	}
	p.keep(step, StepState{Done: true, Kept: kept})
}

// mapping is an expression's error: nothing was sent.
func (p *pushing) mapping(err error) error {
	if err == nil {
		return nil
	}
	return &koppel.Error{Kind: koppel.KindMapping, Op: p.op, Detail: p.client.redact.text(koppel.DetailOf(err))}
}

// send makes the step's request and keeps what its answer gives.
func (p *pushing) send(ctx context.Context, step *PushStep, env map[string]any) error {
	call, err := p.client.build(p.op, &step.Request, env)
	if err != nil {
		return p.mapping(err)
	}
	call.idempotent = false
	a, err := p.client.exchange(ctx, call)
	defer a.release()
	if err != nil {
		if p.Operation == PushCancel && koppel.KindOf(err) == koppel.KindNotFound {
			return nil // gone already is as good
		}
		return outcome(a, err)
	}
	body, err := p.accepted(ctx, a, step)
	if err != nil {
		return err
	}
	env = with(env, "body", body)
	state := StepState{Done: step.Poll == nil, Sent: step.Poll != nil, Kept: map[string]any{}}
	for _, keep := range step.Keep {
		if state.Kept[keep.Name], err = keep.Value.value(env); err != nil {
			return &UnknownOutcome{p.client.drift(ctx, a, err.Error())}
		}
	}
	if step.ID != nil {
		id, err := step.ID.eval(env)
		if err != nil || textOf(id) == "" {
			return &UnknownOutcome{p.client.drift(ctx, a, "the answer to the push has no id ("+step.ID.source+")")}
		}
		p.State.ID = textOf(id)
	}
	if step.Lines != nil {
		lines, _, err := step.Lines.match(env, p.Vars)
		if err != nil {
			p.client.log.WarnContext(ctx, "match pushed lines", "error", p.client.redact.text(err.Error()))
		}
		p.State.Lines = lines
	}
	if step.Each == nil {
		p.keep(step, state)
	}
	if err := p.save(ctx); err != nil {
		return &UnknownOutcome{err}
	}
	if step.Poll != nil {
		return p.poll(ctx, step)
	}
	return nil
}

func (p *pushing) keep(step *PushStep, state StepState) {
	if p.State.Steps == nil {
		p.State.Steps = map[string]StepState{}
	}
	p.State.Steps[step.Name] = state
}

// outcome tells a certain refusal from an unknown outcome. A request that
// never left, and one that the remote refused by status, were not carried out.
func outcome(a *answer, err error) error {
	if a == nil || !a.sent || a.status >= 300 && a.status < 500 && a.status != http.StatusRequestTimeout {
		return err
	}
	return &UnknownOutcome{err}
}

// accepted decodes the answer of a step that the remote took. An empty answer
// is null, where nothing is read from it.
func (p *pushing) accepted(ctx context.Context, a *answer, step *PushStep) (any, error) {
	body, decodeErr := decodeJSON(a.body.data)
	if len(a.body.data) == 0 {
		body, decodeErr = nil, nil
	}
	if step.Success != nil {
		ok, err := step.Success.holds(p.client.responseEnv(a, step.Success.source))
		switch {
		case err != nil || decodeErr != nil:
			return nil, &UnknownOutcome{p.client.drift(ctx, a, "the answer to the push cannot be understood")}
		case !ok:
			a.rule = "success" // the remote's own words are wanted in spite of the status
			return nil, p.client.failed(ctx, a, koppel.E(koppel.KindInvalidRequest, "", p.client.detail(a)))
		}
	}
	if decodeErr != nil && (step.givesID() || step.Lines != nil || len(step.Keep) > 0) {
		return nil, &UnknownOutcome{p.client.drift(ctx, a, "the answer to the push is not JSON")}
	}
	return body, nil
}

// poll asks once whether a write that the remote took is done. While it is
// not, the result says when to ask again.
func (p *pushing) poll(ctx context.Context, step *PushStep) error {
	state := p.State.Steps[step.Name]
	env := with(p.env(), "kept", state.Kept)
	call, err := p.client.build(p.op, &step.Poll.Request, env)
	if err != nil {
		return p.mapping(err)
	}
	call.idempotent = true
	a, err := p.client.exchange(ctx, call)
	defer a.release()
	if err != nil {
		return &UnknownOutcome{err}
	}
	see := p.client.responseEnv(a, step.Poll.Ended.source, step.Poll.Success.source)
	ended, err := step.Poll.Ended.holds(see)
	if err != nil {
		return &UnknownOutcome{p.client.drift(ctx, a, err.Error())}
	}
	if !ended {
		p.result.Wait = step.Poll.every()
		return nil
	}
	done, err := step.Poll.Success.holds(see)
	if err != nil {
		return &UnknownOutcome{p.client.drift(ctx, a, err.Error())}
	}
	if !done {
		p.State.Steps[step.Name] = StepState{}
		a.rule = "success"
		failure := p.client.failed(ctx, a, koppel.E(koppel.KindInvalidRequest, "", p.client.detail(a)))
		if err := p.save(ctx); err != nil {
			return &UnknownOutcome{err}
		}
		return failure
	}
	if step.Poll.ID != nil {
		body, err := decodeJSON(a.body.data)
		if err != nil {
			return &UnknownOutcome{p.client.drift(ctx, a, "the outcome of the push is not JSON")}
		}
		id, err := step.Poll.ID.eval(with(env, "body", body))
		if err != nil || textOf(id) == "" {
			return &UnknownOutcome{p.client.drift(ctx, a, "the outcome of the push has no id ("+step.Poll.ID.source+")")}
		}
		p.State.ID = textOf(id)
	}
	state.Done = true
	p.State.Steps[step.Name] = state
	if err := p.save(ctx); err != nil {
		return &UnknownOutcome{err}
	}
	return nil
}
