package rest

import (
	"context"
	"fmt"
	"reflect"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// set writes a value absolutely. Before the write it keeps what it found: after
// an unknown outcome the target means that it was written, what was there
// before that it was lost, and anything else that somebody else wrote. To raise
// a value is to set it to what was found before with the addition.
func (p *pushing) set(ctx context.Context) (PushResult, error) {
	words, err := p.setWords()
	if err != nil {
		return PushResult{}, err
	}
	if p.State.Steps[words.Write.Name].Sent && !p.State.Steps[words.Write.Name].Done {
		err := p.poll(ctx, &words.Write)
		p.result.ID = p.State.ID
		return p.result, err
	}
	now, ours, err := p.value(ctx, words)
	if err != nil {
		return PushResult{}, err
	}
	if !ours {
		return PushResult{ID: p.State.ID, Unwritable: true}, nil
	}
	target, done, err := p.settle(words, now)
	if err != nil || done {
		return PushResult{ID: p.State.ID, Found: true}, err
	}
	p.State.Before, p.State.Target, p.State.Steps = now, target, nil
	if err := p.save(ctx); err != nil {
		return PushResult{}, err // nothing was sent
	}
	if err := p.send(ctx, &words.Write, p.env()); err != nil {
		return PushResult{}, err
	}
	p.result.ID = p.State.ID
	return p.result, nil
}

// sets reports whether one value is written.
func (p *pushing) sets() bool { return p.Operation == PushSetTo || p.Operation == PushRaise }

// setWords are the words by which the value is written.
func (p *pushing) setWords() (*PushSet, error) {
	for i := range p.words.Set {
		words := &p.words.Set[i]
		if words.When == nil {
			return words, nil
		}
		holds, err := words.When.holds(p.env())
		if err != nil {
			return nil, p.mapping(err)
		}
		if holds {
			return words, nil
		}
	}
	return nil, koppel.E(koppel.KindConflict, p.op, "the connector has no way to write this one: none of its conditions (when) holds")
}

// settle says what is to be written over what the remote has now, and whether
// it is there already.
func (p *pushing) settle(words *PushSet, now any) (target any, done bool, err error) {
	tried := p.LookUp && p.State.Target != nil
	if p.Operation == PushRaise && tried {
		target = p.State.Target
	} else if target, err = p.wantedValue(words, now); err != nil {
		return nil, false, err
	}
	switch {
	case same(now, target) && (p.Operation != PushRaise || tried):
		return target, true, nil
	case tried && !same(now, p.State.Before) && !same(now, p.State.Target):
		return nil, false, koppel.E(koppel.KindConflict, p.op, fmt.Sprintf(
			"%s was to be changed from %s to %s, the outcome is unknown, and it is %s now: somebody else wrote it meanwhile",
			p.State.ID, textOf(p.State.Before), textOf(p.State.Target), textOf(now)))
	}
	return target, false, nil
}

// wantedValue is the target as the remote can hold it.
func (p *pushing) wantedValue(words *PushSet, now any) (any, error) {
	target := p.Target
	if p.Operation == PushRaise {
		before, err := decimal.NewFromString(textOf(now))
		if now != nil && err != nil {
			return nil, koppel.E(koppel.KindSchemaDrift, p.op, "the value that is to be raised is no number: "+textOf(now))
		}
		by, err := decimal.NewFromString(textOf(p.Target))
		if err != nil {
			return nil, koppel.E(koppel.KindMapping, p.op, "the value is to be raised by "+textOf(p.Target)+", which is no number")
		}
		target = before.Add(by).IntPart()
	}
	if words.Target == nil {
		return target, nil
	}
	value, err := words.Target.eval(with(p.env(), "target", target))
	return value, p.mapping(err)
}

// value reads what the remote has; ours is false when that is not ours to write.
func (p *pushing) value(ctx context.Context, words *PushSet) (value any, ours bool, err error) {
	read := &words.Read
	env := p.env()
	call, err := p.client.build(p.op, &read.Request, env)
	if err != nil {
		return nil, false, p.mapping(err)
	}
	call.idempotent = true
	a, err := p.client.exchange(ctx, call)
	defer a.release()
	if err != nil {
		if p.LookUp {
			return nil, false, &UnknownOutcome{err}
		}
		return nil, false, err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, false, p.client.drift(ctx, a, "the answer is not JSON")
	}
	env = with(env, "body", body)
	if read.Unwritable != nil {
		foreign, err := read.Unwritable.holds(env)
		if err != nil {
			return nil, false, p.client.drift(ctx, a, err.Error())
		}
		if foreign {
			return nil, false, nil
		}
	}
	p.remote = body
	if value, err = read.Value.eval(env); err != nil {
		return nil, false, p.client.drift(ctx, a, err.Error())
	}
	return value, true, nil
}

// same compares two values as the remote and we write them: 7 is 7.0.
func same(a, b any) bool { return reflect.DeepEqual(a, b) || textOf(a) == textOf(b) }
