package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// activations starts activations whose workflow was lost: the API commits the
// coupling's state before it starts the workflow. One with a failed step waits
// for a person; one whose workflow somebody ended gets its step failed, saying so.
func (a *Activities) activations(ctx context.Context, swept *Swept) error {
	filter := store.CouplingFilter{State: koppel.CouplingActivating, Limit: sweepAtOnce}
	for more := true; more; {
		page, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) (store.Page[store.Coupling], error) { return tx.Couplings(ctx, filter) })
		if err != nil {
			return err
		}
		for _, coupling := range page.Items {
			if err := a.activation(ctx, coupling, swept); err != nil {
				return err
			}
		}
		filter.After, more = page.Next, page.Next != ""
	}
	return nil
}

// activation looks at one coupling that is being activated.
func (a *Activities) activation(ctx context.Context, c store.Coupling, swept *Swept) error {
	state, err := a.Engine.State(ctx, koppel.ActivateWorkflowID(c.UUID))
	if err != nil || state.Open {
		return err
	}
	// Its workflow may have ended well since the list was made.
	scope := store.ForWebshop(c.WebshopID)
	if c, err = store.With(ctx, a.Store, scope, func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, c.UUID) }); err != nil {
		return err
	}
	in := func(state koppel.StepState) int {
		return slices.IndexFunc(c.Steps, func(s koppel.Step) bool { return s.State == state })
	}
	running := in(koppel.StepRunning)
	switch {
	case c.State != koppel.CouplingActivating || in(koppel.StepFailed) >= 0:
		return nil
	case running >= 0 && state.byHand():
		step := c.Steps[running]
		step.State, step.Detail = koppel.StepFailed, closed(state)
		return a.Store.InTx(ctx, scope, func(tx *store.Tx) error { return setStep(ctx, tx, c.UUID, step) })
	}
	swept.Activations++
	return a.Engine.Activate(ctx, CouplingRef{Webshop: c.WebshopID, Coupling: c.ID, ID: c.UUID})
}
