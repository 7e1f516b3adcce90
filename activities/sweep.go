package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// partitionsAhead is for how many days partitions are made in advance.
	partitionsAhead = 14
	sweepAtOnce     = 200
)

// Sweep makes open runs and Temporal agree: a queued run without a workflow is
// started, a running one without is closed with the cause, one that was held
// goes on when its coupling does. The same for activations,
// disablings and removals. It also starts
// pushes that nobody has in hand, lets couplings catch up with what they missed
// while their credentials were refused, keeps idle logins alive, sees to
// webhooks, makes partitions, deletes what is older than its retention, tells people what the inbox
// has for them, and reconciles schedules.
func (a *Activities) Sweep(ctx context.Context, _ struct{}) (Swept, error) {
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	var swept Swept
	// First, since whoever pauses a coupling waits for this.
	schedules, err := a.reconcile(ctx)
	if err != nil {
		return swept, err
	}
	swept.Schedules = schedules
	if err := a.catchUp(ctx, &swept); err != nil {
		return swept, err
	}
	for after := int64(0); ; {
		runs, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.Run, error) {
			return tx.OpenRuns(ctx, after, sweepAtOnce)
		})
		if err != nil {
			return swept, err
		}
		if len(runs) == 0 {
			break
		}
		for _, run := range runs {
			if err := a.agree(ctx, run, &swept); err != nil {
				return swept, err
			}
		}
		after = runs[len(runs)-1].ID
	}
	if err := a.activations(ctx, &swept); err != nil {
		return swept, err
	}
	if err := a.closings(ctx, &swept); err != nil {
		return swept, err
	}
	if err := a.dispatch(ctx, &swept); err != nil {
		return swept, err
	}
	if err := a.keepAlive(ctx, &swept); err != nil {
		return swept, err
	}
	if swept.Webhooks, err = a.Store.DueHooks(ctx, sweepAtOnce); err != nil {
		return swept, err
	}
	if swept.Partitions, err = a.Store.MakePartitions(ctx, partitionsAhead); err != nil {
		return swept, err
	}
	if swept.Days, swept.Rows, err = a.Store.Retain(ctx); err != nil {
		// A busy table keeps its old days a minute longer; no run waits for that.
		a.Log.WarnContext(ctx, "old data was not deleted; the next sweep tries again", "error", err)
	}
	if err := a.tellInbox(ctx, &swept); err != nil {
		// What is not told now the next sweep tells.
		a.Log.WarnContext(ctx, "the inbox was not told of", "error", err)
	}
	return swept, nil
}

// dispatch starts a run for every write that is due and that nobody has in hand.
func (a *Activities) dispatch(ctx context.Context, swept *Swept) error {
	due, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.Outbox, error) {
		return tx.DueOutbox(ctx, sweepAtOnce)
	})
	if err != nil {
		return err
	}
	for _, o := range due {
		run, err := store.With(ctx, a.Store, store.ForWebshop(o.WebshopID), func(tx *store.Tx) (store.Run, error) {
			return tx.OpenPush(ctx, o, koppel.TriggerDependency, "sweep")
		})
		if koppel.KindOf(err) == koppel.KindConflict {
			// Paused meanwhile, or somebody else was first.
			continue
		}
		if err != nil {
			return err
		}
		if err := a.Engine.StartRun(ctx, StartOf(run)); err != nil {
			return err
		}
		swept.Pushes++
	}
	queues, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.PushQueue, error) {
		return tx.PushQueues(ctx, 0, a.Durations.Sweep, sweepAtOnce)
	})
	if err != nil {
		return err
	}
	n, err := a.pushAll(ctx, queues, "sweep")
	swept.Pushes += n
	return err
}

// agree looks at one open run.
func (a *Activities) agree(ctx context.Context, run store.Run, swept *Swept) error {
	state, err := a.Engine.State(ctx, run.WorkflowID)
	if err != nil {
		return err
	}
	if state.Open {
		return a.goOn(ctx, run, swept)
	}
	if a.glancing(run) {
		return nil
	}
	start := StartOf(run)
	if run.State == koppel.RunQueued {
		swept.Started++
		return a.Engine.StartRun(ctx, start)
	}
	swept.Closed++
	_, err = a.FinishRun(ctx, Finish{RunRef: start.RunRef, Failure: lost(run, state)})
	return err
}

// glancing: a schedule's firing may be doing the run, or be about to, without a
// workflow for it.
func (a *Activities) glancing(run store.Run) bool {
	if run.Trigger != koppel.TriggerSchedule || !Glances(run.Mode) {
		return false
	}
	since := run.QueuedAt
	switch {
	case run.State == koppel.RunRunning && run.StartedAt != nil:
		since = *run.StartedAt
	case run.State != koppel.RunQueued:
		return false
	}
	return time.Since(since) < a.Durations.Heartbeat+2*a.Durations.Glance
}

// goOn wakes the workflow of a run that is held, which waits without saying
// until when, once its coupling is active again.
func (a *Activities) goOn(ctx context.Context, run store.Run, swept *Swept) error {
	if run.State != koppel.RunWaiting || run.WaitUntil != nil {
		return nil
	}
	coupling, err := store.With(ctx, a.Store, store.ForWebshop(run.WebshopID), func(tx *store.Tx) (store.Coupling, error) {
		return tx.CouplingByID(ctx, run.CouplingID)
	})
	if err != nil || halted(run.State, coupling) != nil {
		return err
	}
	swept.Resumed++
	return a.Engine.Resume(ctx, run.WorkflowID)
}

// lost says why a run has no workflow any more, and what to do about it.
func lost(run store.Run, state WorkflowState) *Failure {
	f := &Failure{Kind: koppel.KindInternal, Detail: closed(state)}
	if state.byHand() && run.Mode.Scans() {
		f.Next = fmt.Sprintf("A person ended it, and what it had written stays. Start it again: koppel sync {coupling} %s --mode %s", run.StreamGroup, run.Mode)
	}
	return f
}

// closed says how a workflow ended.
func closed(state WorkflowState) string {
	switch {
	case state.Closed == "":
		return "its workflow is unknown to Temporal"
	case state.Reason != "":
		return fmt.Sprintf("its workflow was %s: %s", state.Closed, state.Reason)
	default:
		return fmt.Sprintf("its workflow was %s in Temporal", state.Closed)
	}
}
