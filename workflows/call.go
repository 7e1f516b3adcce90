package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// do names activities through a nil pointer, so that a renamed method does not
// compile instead of failing at run time.
var do *activities.Activities

// call runs an activity and returns its typed result.
func call[In, Out any](ctx workflow.Context, activity func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = workflow.ExecuteActivity(ctx, activity, in).Get(ctx, &out)
	return out, err
}

// here runs an activity on the worker that decides, without a task of its own.
func here[In, Out any](ctx workflow.Context, activity func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = workflow.ExecuteLocalActivity(ctx, activity, in).Get(ctx, &out)
	return out, err
}

// note runs an activity that has nothing to answer.
func note[In any](ctx workflow.Context, activity func(context.Context, In) error, in In) error {
	return workflow.ExecuteActivity(ctx, activity, in).Get(ctx, nil)
}
