package activities

import "context"

// Engine is what activities ask of Temporal; package temporal implements it.
type Engine interface {
	// StartRun starts the workflow of a run; a workflow that runs already is no error.
	StartRun(ctx context.Context, start Start) error
	// State looks a workflow id up.
	State(ctx context.Context, workflowID string) (WorkflowState, error)
	// Activate starts the activation of a coupling, or leaves the running one alone.
	Activate(ctx context.Context, coupling CouplingRef) error
	// Close starts the disabling or removal of a coupling, or leaves the running one alone.
	Close(ctx context.Context, coupling CouplingRef) error
	// Cancel asks a workflow to end; one that does not run is no error.
	Cancel(ctx context.Context, workflowID string) error
	// Resume tells the workflow of a held run that its coupling goes on; one that ended meanwhile is no error.
	Resume(ctx context.Context, workflowID string) error
	// ReconcileSchedules makes the schedules equal to the wishes and counts the changes. It asks for the wishes after
	// it has looked at the schedules, so that a schedule that is made meanwhile is never taken for one too many.
	ReconcileSchedules(ctx context.Context, wishes func(context.Context) ([]ScheduleWish, error)) (changed int, err error)
}
