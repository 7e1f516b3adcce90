package process

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// engine is Temporal as the API asks for it.
type engine struct{ *temporal.Engine }

// WorkflowID names the workflow of a run.
func (engine) WorkflowID(mode koppel.Mode, coupling, group, run string) string {
	return koppel.PullWorkflowID(mode, coupling, group, run)
}

// StartRun starts the workflow of an opened run.
func (e engine) StartRun(ctx context.Context, run store.Run) error {
	return e.Engine.StartRun(ctx, activities.StartOf(run))
}

// Activate starts the activation of a coupling.
func (e engine) Activate(ctx context.Context, c store.Coupling) error {
	return e.Engine.Activate(ctx, activities.CouplingRef{Webshop: c.WebshopID, Coupling: c.ID, ID: c.UUID})
}

// Close starts the disabling or removal of a coupling, or leaves the running one alone.
func (e engine) Close(ctx context.Context, c store.Coupling) error {
	return e.Engine.Close(ctx, activities.CouplingRef{Webshop: c.WebshopID, Coupling: c.ID, ID: c.UUID})
}
