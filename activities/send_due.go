package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// takenAtOnce is how many rows a slice takes in hand at a time.
	takenAtOnce = 100
	// failuresInARow end a slice: the remote is in trouble, not one row.
	failuresInARow = 3
)

// SendDue writes what of a coupling's queue is due, row by row, for about a
// slice. Each row is claimed, looked up and settled as a buy order's is.
func (a *Activities) SendDue(ctx context.Context, in OpenInput) (PushResult, error) {
	p, client, result, err := a.sender(ctx, in)
	if client == nil {
		return result, err
	}
	defer client.Close()
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	d := &dispatching{Activities: a, pinned: p, told: map[store.OutboxState]int{}}
	d.one = func(ctx context.Context, outbox int64) (PushResult, error) {
		// The request must be over before anybody may look whether it arrived.
		ctx, cancel := context.WithTimeout(ctx, a.Durations.Settle*3/4)
		defer cancel()
		s := &sending{Activities: a, pinned: p, client: client}
		if err := s.claim(ctx, outbox); err != nil {
			return PushResult{}, err
		}
		if s.try.State != store.OutboxSending {
			return PushResult{Done: true}, nil // it waits, or is done
		}
		return s.attempt(ctx)
	}
	result, err = d.slice(ctx)
	if tellErr := d.tell(ctx); err == nil {
		err = tellErr
	}
	return result, err
}

// dispatching is a slice of a queue.
type dispatching struct {
	*Activities
	*pinned
	one      func(context.Context, int64) (PushResult, error)
	told     map[store.OutboxState]int
	failures int
}

func (d *dispatching) slice(ctx context.Context) (PushResult, error) {
	end := time.Now().Add(d.Durations.Slice)
	for time.Now().Before(end) && ctx.Err() == nil {
		due, err := store.With(ctx, d.Store, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) (store.PushesDue, error) {
			return tx.TakeOutbox(ctx, d.run, takenAtOnce)
		})
		switch {
		case err != nil:
			return PushResult{}, err
		case due.Wait > 0:
			return PushResult{State: string(store.OutboxPending), Wait: &Wait{Reason: due.Reason, For: due.Wait}, Progress: d.failures == 0}, nil
		case len(due.IDs) == 0:
			return PushResult{Done: true, State: string(store.OutboxSent)}, nil
		}
		for _, id := range due.IDs {
			if ctx.Err() != nil || time.Now().After(end) {
				break
			}
			if failure, err := d.row(ctx, id); err != nil || failure != nil {
				return PushResult{State: string(store.OutboxPending), Failure: failure}, err
			}
		}
	}
	return PushResult{State: string(store.OutboxPending), Progress: true}, ctx.Err()
}

// row sends one row; a failure ends the slice.
func (d *dispatching) row(ctx context.Context, id int64) (*Failure, error) {
	result, err := d.one(ctx, id)
	if koppel.KindOf(err) == koppel.KindConflict {
		return nil, nil // another run has it in hand by now
	}
	if err != nil {
		return nil, err
	}
	if result.State != "" {
		d.told[store.OutboxState(result.State)]++
	}
	f := result.Failure
	switch {
	case f == nil:
		d.failures = 0
	case f.Kind == koppel.KindAuth || f.Kind == koppel.KindRateLimited || f.Kind == koppel.KindQuota:
		return f, nil
	case !result.Done:
		if d.failures++; d.failures >= failuresInARow {
			return f, nil
		}
	}
	return nil, nil
}

// tell writes what the slice did into the run's timeline.
func (d *dispatching) tell(ctx context.Context) error {
	if len(d.told) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Durations.ShutDown)
	defer cancel()
	data := map[string]any{}
	for state, n := range d.told {
		data[string(state)] = n
	}
	return d.Store.InTx(ctx, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) error {
		return tx.AppendTimeline(ctx, d.run.ID, eventSent, data)
	})
}
