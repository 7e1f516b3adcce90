package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// Close disables or removes a coupling step by step. The coupling says which
// steps are left, so started again it goes on where it was; it ends early when
// the coupling is brought back.
func (w *Workflows) Close(ctx workflow.Context, in activities.CouplingRef) error {
	steps, err := call(w.brief(ctx, "plan the steps"), do.PlanClosing, in)
	if err != nil {
		return err
	}
	for _, step := range steps {
		workflow.SetCurrentDetails(ctx, "step: "+step)
		closed, err := call(w.slice(ctx, step), do.CloseStep, activities.ClosingStep{CouplingRef: in, Step: step})
		if err != nil || closed.BroughtBack {
			return err
		}
	}
	return nil
}
