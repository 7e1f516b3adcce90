package activities

import (
	"context"
	"errors"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// Send makes one attempt to write an outbox row to its remote. After an
// attempt whose outcome nobody knows it looks the object up by our reference
// before it sends again. What it learns is stored before it returns.
func (a *Activities) Send(ctx context.Context, in PushInput) (PushResult, error) {
	if err := a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		_, err := tx.StartRun(ctx, in.Run)
		return err
	}); err != nil {
		return PushResult{}, err
	}
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return PushResult{}, err
	}
	client, err := a.client(ctx, p)
	if err != nil {
		return PushResult{State: "pending", Failure: failureOf(err)}, nil
	}
	claim, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Claim, error) {
		return tx.ClaimOutbox(ctx, in.Outbox, in.Run)
	})
	if err != nil {
		return PushResult{}, err
	}
	if claim.Done() {
		return PushResult{Done: true, State: claim.State}, nil
	}
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	s := &sending{Activities: a, client: client, claim: claim, webshop: in.Webshop, vars: map[string]any{"object": claim.Object}}
	return s.attempt(ctx)
}

// sending is one attempt of one outbox row.
type sending struct {
	*Activities
	client  *rest.Client
	claim   store.Claim
	webshop int64
	vars    map[string]any
}

func (s *sending) attempt(ctx context.Context) (PushResult, error) {
	if s.claim.Uncertain {
		// The earlier attempt may still be on its way through the remote.
		if rest := s.Durations.Settle - s.claim.SinceAttempt; rest > 0 {
			return PushResult{State: "unknown", Wait: &Wait{Reason: "an earlier attempt may still arrive", For: rest}}, s.unknown(ctx, "the earlier attempt has not settled")
		}
		found, ok, err := s.client.FindPushed(ctx, s.claim.Kind, s.vars)
		if err != nil {
			return s.lookFailed(ctx, err)
		}
		if ok {
			return s.sent(ctx, found)
		}
	}
	began := time.Now()
	pushed, err := s.client.Push(ctx, s.claim.Kind, s.claim.Operation, s.vars)
	if err == nil {
		return s.sent(ctx, pushed)
	}
	s.Log.InfoContext(ctx, "push failed", "outbox", s.claim.UUID, "took", time.Since(began), "error", err)
	var unsure *rest.UnknownOutcome
	if errors.As(err, &unsure) {
		return PushResult{State: "unknown", Failure: failureOf(err)}, s.unknown(ctx, koppel.DetailOf(err))
	}
	return s.refused(ctx, err)
}

// sent stores the remote's ids on the outbox row, the source, the order and its lines.
func (s *sending) sent(ctx context.Context, pushed rest.PushResult) (PushResult, error) {
	err := s.store(ctx, func(tx *store.Tx) error {
		return tx.MarkSent(ctx, s.claim, store.Sent{RemoteID: pushed.ID, Lines: pushed.Lines})
	})
	return PushResult{Done: true, State: "sent"}, err
}

// unknown keeps that nobody knows whether the remote did it.
func (s *sending) unknown(ctx context.Context, detail string) error {
	return s.store(ctx, func(tx *store.Tx) error { return tx.MarkUnknown(ctx, s.claim, detail) })
}

// lookFailed: the look-up failed, so nothing new is known.
func (s *sending) lookFailed(ctx context.Context, err error) (PushResult, error) {
	failure := failureOf(err)
	return PushResult{State: "unknown", Failure: failure}, s.unknown(ctx, failure.Detail)
}

// refused: the remote certainly did not do it. What may pass by itself goes
// back to pending; the rest is parked for a person.
func (s *sending) refused(ctx context.Context, err error) (PushResult, error) {
	failure := failureOf(err)
	if failure.Kind.Passes() {
		return PushResult{State: "pending", Failure: failure}, s.store(ctx, func(tx *store.Tx) error { return tx.MarkPending(ctx, s.claim, failure.Detail) })
	}
	advice := koppel.Advise(err, s.claim.CouplingUUID, s.claim.RunUUID)
	return PushResult{Done: true, State: "parked", Failure: failure}, s.store(ctx, func(tx *store.Tx) error { return tx.MarkParked(ctx, s.claim, advice) })
}

// store writes an outcome even when the worker is being stopped: what the
// remote did must not be forgotten.
func (s *sending) store(ctx context.Context, fn func(*store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.Store.InTx(ctx, store.ForWebshop(s.webshop), fn)
}
