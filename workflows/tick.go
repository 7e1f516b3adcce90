package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// Tick is one firing of a schedule: it does the runs that are due, as far as
// that takes no time, starts the others and ends.
func (w *Workflows) Tick(ctx workflow.Context, in activities.Tick) (activities.Ticked, error) {
	in.At = firedAt(ctx)
	return here(w.local(ctx), do.Tick, in)
}

// scheduledStart is where Temporal says for when it started a schedule's workflow.
var scheduledStart = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// firedAt is when the schedule fired, which is some milliseconds before the workflow runs.
func firedAt(ctx workflow.Context) time.Time {
	if at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledStart); ok {
		return at
	}
	return workflow.Now(ctx)
}

// Sweep makes open runs and Temporal agree, starts pushes that nobody
// started, and sees to partitions and schedules.
func (w *Workflows) Sweep(ctx workflow.Context) error {
	_, err := call(w.slice(ctx, "sweep"), do.Sweep, struct{}{})
	return err
}
