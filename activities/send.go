package activities

import (
	"context"

	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// Send makes one attempt to write an outbox row to its remote. After an
// attempt whose outcome nobody knows it looks the object up by our reference
// before it sends again. What it learns is stored before it returns.
func (a *Activities) Send(ctx context.Context, in PushInput) (PushResult, error) {
	defer a.Shares.pass()()
	p, client, result, err := a.sender(ctx, in.OpenInput)
	if client == nil {
		return result, err
	}
	defer client.Close()
	// The request must be over before anybody may look whether it arrived.
	ctx, cancel := context.WithTimeout(ctx, a.Durations.Settle*3/4)
	defer cancel()
	s := &sending{Activities: a, pinned: p, client: client}
	if err := s.claim(ctx, in.Outbox); err != nil {
		return PushResult{}, err
	}
	switch {
	case s.try.Wait > 0:
		return PushResult{State: string(store.OutboxPending), Wait: &Wait{Reason: s.try.Reason, For: s.try.Wait}}, nil
	case s.try.State == store.OutboxSent || s.try.State == store.OutboxParked || s.try.State == store.OutboxDropped:
		return PushResult{Done: true, State: string(s.try.State)}, nil
	}
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	return s.attempt(ctx)
}

// sender starts a push run and opens its remote account; close the client. Without
// a client the result or the error says why.
func (a *Activities) sender(ctx context.Context, in OpenInput) (*pinned, *rest.Client, PushResult, error) {
	run, err := a.startRun(ctx, in)
	if err != nil || run.State.Ended() {
		return nil, nil, PushResult{Done: true, State: string(run.State)}, err
	}
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return nil, nil, PushResult{}, err
	}
	if h := halted(p.run.State, p.coupling); h != nil && !h.over {
		return nil, nil, PushResult{State: string(store.OutboxPending), Hold: h.reason}, nil
	}
	if err := a.resume(ctx, p); err != nil {
		return nil, nil, PushResult{}, err
	}
	client, err := a.client(ctx, p)
	if err != nil {
		return nil, nil, PushResult{State: string(store.OutboxPending), Failure: failureOf(err)}, nil
	}
	return p, client, PushResult{}, nil
}
