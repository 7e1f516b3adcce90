package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// Tick is one firing of a schedule: it starts the runs that are due and ends.
// A run that meets a running one is skipped, which the activity notes.
func (w *Workflows) Tick(ctx workflow.Context, in activities.Tick) error {
	starts, err := call(w.brief(ctx, "open due runs"), do.OpenDue, in)
	if err != nil {
		return err
	}
	for _, start := range starts {
		err := w.child(ctx, start).GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil && !alreadyStarted(err) {
			return err
		}
	}
	return nil
}

// Sweep makes open runs and Temporal agree, starts pushes that nobody
// started, and sees to partitions and schedules.
func (w *Workflows) Sweep(ctx workflow.Context) error {
	_, err := call(w.slice(ctx, "sweep"), do.Sweep, struct{}{})
	return err
}
