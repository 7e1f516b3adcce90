package activities

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// sending is one attempt of one outbox row.
type sending struct {
	*Activities
	*pinned
	client *rest.Client
	try    store.Attempt
	// what is what is sent, once it was read.
	what *store.Pushed
	// positions are those of its lines, in the order in which they are sent.
	positions []int32
}

// claim takes the row for an attempt. What a placed order must be rounded to is
// written back with it, so that people see what is sent.
func (s *sending) claim(ctx context.Context, outbox int64) error {
	return s.Store.InTx(ctx, store.ForWebshop(s.run.WebshopID), func(tx *store.Tx) (err error) {
		s.try, err = tx.AttemptOutbox(ctx, outbox, s.run.ID, s.Durations.Settle)
		if err != nil || s.try.Wait > 0 || s.try.State != store.OutboxSending {
			return err
		}
		if s.try.Object.Gathered() {
			return s.decide(ctx, tx)
		}
		if s.try.Object != koppel.BuyOrders || s.try.Operation == rest.PushCancel || s.try.Steps != nil {
			return nil
		}
		units, _ := s.settings[connectors.UnitsSetting].(bool)
		grew, err := tx.RoundBuyOrder(ctx, s.try.ObjectID, s.run.ID, units)
		if err != nil || grew == 0 {
			return err
		}
		return tx.AppendTimeline(ctx, s.run.ID, eventRounded, map[string]any{"lines": grew})
	})
}

// decide says what is asked for: until the remote may have something of it, that
// follows from what stands here now.
func (s *sending) decide(ctx context.Context, tx *store.Tx) error {
	what, err := tx.ToPush(ctx, s.try.Object, s.try.ObjectID, s.run.CouplingID)
	if err != nil {
		if koppel.KindOf(err) == koppel.KindConflict {
			return nil // told by load, after which the row is parked
		}
		return err
	}
	s.what = &what
	if s.try.LookUp || s.try.Steps != nil {
		return nil
	}
	s.try.Operation = what.Operation()
	return tx.OutboxDecided(ctx, s.try.ID, s.try.Epoch, s.try.Operation, what.Target)
}

func (s *sending) attempt(ctx context.Context) (PushResult, error) {
	in, err := s.load(ctx)
	if err != nil {
		return s.refused(ctx, err)
	}
	if why := s.what.Unwanted; why != "" && !s.try.LookUp {
		return s.dropped(ctx, why)
	}
	in.Operation = s.try.Operation
	if in.Object == koppel.Shipments && !s.connector.Push[in.Object].Can(in.Operation) {
		return s.dropped(ctx, "the remote has it and takes no changes of it")
	}
	pushed, err := s.client.Push(ctx, in)
	var unsure *rest.UnknownOutcome
	switch {
	case err == nil && pushed.Wait > 0:
		return s.taken(ctx, pushed.Wait)
	case err == nil && pushed.Unwritable:
		return s.dropped(ctx, "the remote keeps it itself")
	case err == nil:
		return s.sent(ctx, pushed)
	case errors.As(err, &unsure):
		return s.unknown(ctx, err)
	default:
		return s.refused(ctx, err)
	}
}

// load reads the object as the push mapping sees it, and how far earlier
// attempts came.
func (s *sending) load(ctx context.Context) (rest.Pushing, error) {
	in := rest.Pushing{Object: s.try.Object, Operation: s.try.Operation, LookUp: s.try.LookUp, Save: s.save}
	if s.try.Steps != nil {
		if err := json.Unmarshal(s.try.Steps, &in.State); err != nil {
			return in, koppel.Wrap("read steps of write", err)
		}
	}
	if s.what == nil {
		what, err := store.With(ctx, s.Store, store.ForWebshop(s.run.WebshopID), func(tx *store.Tx) (store.Pushed, error) {
			return tx.ToPush(ctx, s.try.Object, s.try.ObjectID, s.run.CouplingID)
		})
		if err != nil {
			return in, err
		}
		s.what = &what
	}
	if s.what.As != "" {
		in.Object = s.what.As
	}
	in.ID, in.Vars, in.Target, s.positions = s.what.RemoteID, s.what.Vars, s.what.Target, s.what.Positions
	if in.Operation == rest.PushRaise && (s.try.LookUp || s.try.Steps != nil) {
		// By how much was decided with the first attempt; what was changed since follows.
		in.Target = s.try.Wants()
	}
	return in, nil
}

// save keeps how far the attempt came before anything else is sent.
func (s *sending) save(ctx context.Context, state rest.PushState) error {
	steps, err := json.Marshal(state)
	if err != nil {
		return koppel.Wrap("write steps of write", err)
	}
	return s.keep(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.OutboxSteps(ctx, s.try.ID, s.try.Epoch, steps)
	})
}

// dropped: there is nothing to write.
func (s *sending) dropped(ctx context.Context, why string) (PushResult, error) {
	return PushResult{Done: true, State: string(store.OutboxDropped)}, s.keep(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.OutboxDropped(ctx, s.try.ID, s.try.Epoch, why); err != nil {
			return err
		}
		return s.note(ctx, tx, store.OutboxDropped, map[string]any{"why": why})
	})
}

// taken: the remote has it and does it later; the workflow asks again.
func (s *sending) taken(ctx context.Context, wait time.Duration) (PushResult, error) {
	result := PushResult{State: string(store.OutboxPending), Wait: &Wait{Reason: "the remote has not ended what it took", For: wait}}
	return result, s.keep(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.OutboxTaken(ctx, s.try.ID, s.try.Epoch, time.Now().Add(wait))
	})
}

// sent stores the remote's ids on the outbox row, the source, the order and its lines.
func (s *sending) sent(ctx context.Context, pushed rest.PushResult) (PushResult, error) {
	lines := map[int]string{}
	for i, id := range pushed.Lines {
		if id != "" && i < len(s.positions) {
			lines[int(s.positions[i])] = id
		}
	}
	var next *store.Run
	err := s.keep(ctx, func(ctx context.Context, tx *store.Tx) error {
		next = nil
		if _, err := tx.OutboxSent(ctx, s.try.ID, s.try.Epoch, store.Sent{RemoteID: pushed.ID, Lines: lines}); err != nil {
			return err
		}
		follows, err := tx.FollowingOutbox(ctx, s.try.Outbox)
		if err == nil && follows != nil && s.coupling.State == koppel.CouplingActive {
			var run store.Run
			run, err = tx.OpenPush(ctx, *follows, koppel.TriggerDependency, "edit while it was sent")
			next = &run
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, store.OutboxSent, map[string]any{"remote_id": pushed.ID})
	})
	if err == nil && next != nil {
		if err := s.Engine.StartRun(ctx, StartOf(*next)); err != nil {
			s.Log.WarnContext(ctx, "start the push that follows; the sweep will", "error", err)
		}
	}
	return PushResult{Done: true, State: string(store.OutboxSent)}, err
}

// unknown: nobody can say whether the remote did it.
func (s *sending) unknown(ctx context.Context, cause error) (PushResult, error) {
	result := PushResult{State: string(store.OutboxUnknown), Failure: passing(cause)}
	return result, s.keep(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.OutboxUnknown(ctx, s.try.ID, s.try.Epoch, s.advice(cause), time.Time{}); err != nil {
			return err
		}
		return s.note(ctx, tx, store.OutboxUnknown, causeOf(cause))
	})
}

// refused: the remote certainly did not do it. What may pass by itself goes
// back to pending; the rest is parked for a person.
func (s *sending) refused(ctx context.Context, cause error) (PushResult, error) {
	failure := failureOf(cause)
	result := PushResult{Done: true, State: string(store.OutboxParked), Failure: failure}
	var due time.Time
	again := failure.Kind.Passes()
	if s.try.Object.Gathered() {
		// Others of the queue go first, and a queue waits as a whole for new credentials.
		again = again || failure.Kind == koppel.KindAuth
		due = time.Now().Add(min(s.Durations.RetryFirst<<min(s.try.Attempts, 20), s.Durations.RetryMost))
	}
	if again {
		result = PushResult{State: string(store.OutboxPending), Failure: failure}
	}
	return result, s.keep(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if again {
			_, err = tx.OutboxAgain(ctx, s.try.ID, s.try.Epoch, s.advice(cause), due)
		} else {
			_, err = tx.OutboxParked(ctx, s.try.ID, s.try.Epoch, s.advice(cause))
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, store.OutboxState(result.State), causeOf(cause))
	})
}

// note tells the attempt in the run's timeline.
func (s *sending) note(ctx context.Context, tx *store.Tx, state store.OutboxState, more map[string]any) error {
	data := map[string]any{"number": s.try.Attempts, "state": state}
	if s.try.Object.Gathered() {
		if state == store.OutboxSent && s.try.Attempts == 1 {
			return nil // counted, and told for all of them at once
		}
		data["push"], data["reference"] = s.try.UUID, s.try.Reference
	}
	if s.try.LookUp {
		data["looked_up"] = true
	}
	maps.Copy(data, more)
	return tx.AppendTimeline(ctx, s.run.ID, eventAttempt, data)
}

// causeOf is a failed attempt's error as the timeline shows it.
func causeOf(cause error) map[string]any {
	failure := failureOf(cause)
	data := map[string]any{"failure": failure.Kind, "detail": failure.Detail}
	if failure.Exchange != 0 {
		data["exchange"] = failure.Exchange
	}
	return data
}

func (s *sending) advice(cause error) koppel.Advice {
	return koppel.Advise(cause, s.run.CouplingUUID, s.run.UUID)
}

// passing is a failure of a write that must not be given up: whatever its
// kind, the next attempt looks first.
func passing(cause error) *Failure {
	failure := failureOf(cause)
	if !failure.Kind.Passes() {
		failure.Kind = koppel.KindRemoteUnavailable
	}
	return failure
}

// keep stores an outcome even when the worker is being stopped: what the
// remote did must not be forgotten.
func (s *sending) keep(ctx context.Context, fn func(context.Context, *store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Durations.ShutDown)
	defer cancel()
	return s.Store.InTx(ctx, store.ForWebshop(s.run.WebshopID), func(tx *store.Tx) error { return fn(ctx, tx) })
}
