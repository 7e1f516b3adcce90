package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// pushChanges starts the runs that bring to other couplings of a webshop what a
// run changed. What fails here the sweep makes good.
func (a *Activities) pushChanges(ctx context.Context, webshop int64) {
	queues, err := store.With(ctx, a.Store, store.ForWebshop(webshop), func(tx *store.Tx) ([]store.PushQueue, error) {
		return tx.PushQueues(ctx, webshop, a.Durations.Sweep, sweepAtOnce)
	})
	if err == nil {
		_, err = a.pushAll(ctx, queues, "change")
	}
	if err != nil {
		a.Log.WarnContext(ctx, "start pushes of what changed; the sweep will", "error", err)
	}
}

// pushAll starts a run for each queue and says how many.
func (a *Activities) pushAll(ctx context.Context, queues []store.PushQueue, by string) (started int, err error) {
	for _, q := range queues {
		run, err := store.With(ctx, a.Store, store.ForWebshop(q.WebshopID), func(tx *store.Tx) (*store.Run, error) {
			return tx.OpenPushes(ctx, q, koppel.TriggerDependency, by)
		})
		if koppel.KindOf(err) == koppel.KindConflict {
			continue // paused meanwhile
		}
		if err != nil {
			return started, err
		}
		if run == nil {
			continue // somebody else was first
		}
		if err := a.Engine.StartRun(ctx, StartOf(*run)); err != nil {
			return started, err
		}
		started++
	}
	return started, nil
}
