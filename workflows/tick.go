package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// Tick is one firing of a schedule: it does the runs that are due, as far as
// that takes no time, starts the others and ends.
func (w *Workflows) Tick(ctx workflow.Context, in activities.Tick) (activities.Ticked, error) {
	return here(w.local(ctx), do.Tick, in)
}

// Sweep makes open runs and Temporal agree, starts pushes that nobody
// started, and sees to partitions and schedules.
func (w *Workflows) Sweep(ctx workflow.Context) error {
	_, err := call(w.slice(ctx, "sweep"), do.Sweep, struct{}{})
	return err
}
