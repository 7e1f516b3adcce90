package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// catchUp opens runs for what couplings missed while their credentials were
// refused, or while they were paused by policy. They are queued; the sweep starts them like any other.
func (a *Activities) catchUp(ctx context.Context, swept *Swept) error {
	behind, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.Pause, error) { return tx.Behind(ctx, sweepAtOnce) })
	if err != nil {
		return err
	}
	for _, p := range behind {
		coupling, connector, err := a.couplingOf(ctx, CouplingRef{Webshop: p.WebshopID, Coupling: p.CouplingID, ID: p.CouplingUUID})
		if err != nil {
			return err
		}
		settings, err := settingsOf(connector, coupling.Settings)
		if err != nil {
			return err
		}
		runs, err := store.With(ctx, a.Store, store.ForWebshop(p.WebshopID), func(tx *store.Tx) ([]store.Run, error) {
			return tx.CatchUp(ctx, p, connector.GroupsOn(settings), func(group, run string) string {
				return koppel.PullWorkflowID(koppel.ModeSince, p.CouplingUUID, group, run)
			})
		})
		if err != nil {
			return err
		}
		swept.CaughtUp += len(runs)
	}
	return nil
}
