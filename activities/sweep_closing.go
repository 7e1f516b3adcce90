package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// closings starts disablings and removals whose workflow was lost: the API
// commits the coupling's state before it starts the workflow.
func (a *Activities) closings(ctx context.Context, swept *Swept) error {
	list, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.Coupling, error) { return tx.Closings(ctx, sweepAtOnce) })
	if err != nil {
		return err
	}
	for _, c := range list {
		state, err := a.Engine.State(ctx, koppel.CloseWorkflowID(c.UUID))
		if err != nil {
			return err
		}
		if state.Open {
			continue
		}
		swept.Closings++
		if err := a.Engine.Close(ctx, CouplingRef{Webshop: c.WebshopID, Coupling: c.ID, ID: c.UUID}); err != nil {
			return err
		}
	}
	return nil
}
