package activities

import (
	"context"

	"github.com/koppel-io/koppel/store"
)

// setRules keeps how the coupling's objects are consolidated and what is pushed to it, as follows from
// the settings that the run pinned, before anything is written by them.
func (a *Activities) setRules(ctx context.Context, p *pinned) error {
	rules := p.connector.Rules(p.settings, p.coupling.Priority <= 1)
	return a.Store.InTx(ctx, store.ForWebshop(p.coupling.WebshopID), func(tx *store.Tx) error {
		if _, err := tx.SetRules(ctx, p.coupling.UUID, rules); err != nil {
			return err
		}
		_, err := tx.SetPushes(ctx, p.coupling.UUID, p.connector.Pushes(p.settings))
		return err
	})
}
