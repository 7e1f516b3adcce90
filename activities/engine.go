package activities

import "context"

// Engine is what activities ask of Temporal; package temporal implements it.
type Engine interface {
	// StartRun starts the workflow of a run; a workflow that runs already is no error.
	StartRun(ctx context.Context, start Start) error
	// State looks a workflow id up.
	State(ctx context.Context, workflowID string) (WorkflowState, error)
	// ReconcileSchedules makes the schedules equal to the wishes and counts the changes.
	ReconcileSchedules(ctx context.Context, wishes []ScheduleWish) (changed int, err error)
}
