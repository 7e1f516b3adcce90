package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel/store"
)

// Tick does the runs of the stream groups that a schedule's firing is for: what
// a glance can do at once, and for the others it starts their workflows. One
// that meets an open run of its group is skipped.
func (a *Activities) Tick(ctx context.Context, in Tick) (Ticked, error) {
	opened, err := a.openDue(ctx, in)
	if err != nil {
		return Ticked{}, err
	}
	var ticked Ticked
	until := time.Now().Add(2 * a.Durations.Glance)
	for _, o := range opened {
		if o.Skipped {
			ticked.Skipped++
			continue
		}
		start, err := a.glanceDue(ctx, o, until)
		if err != nil {
			return ticked, err // the sweep starts what is open
		}
		if start == nil {
			ticked.Done++
			continue
		}
		if err := a.Engine.StartRun(ctx, *start); err != nil {
			return ticked, err
		}
		ticked.Started++
	}
	return ticked, nil
}

// glanceDue glances at an opened run and returns what is to be started as a
// workflow: the run itself when it is not over, else the one that waited for it.
func (a *Activities) glanceDue(ctx context.Context, o store.Opened, until time.Time) (*Start, error) {
	start := StartOf(o.Run)
	if !Glances(o.Run.Mode) || time.Now().After(until) {
		return &start, nil
	}
	finished, err := a.Glance(ctx, OpenInput{RunRef: start.RunRef, WorkflowID: start.WorkflowID})
	if err != nil {
		a.Log.WarnContext(ctx, "a glance failed; the run goes on as a workflow", "run", start.ID, "error", err)
	}
	if err != nil || finished.State == "" {
		return &start, ctx.Err()
	}
	return finished.Next, nil
}
