package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// keepAliveAtOnce is how many idle logins one sweep renews.
	keepAliveAtOnce = 20
	// keepAliveAgain is when a renewal that failed is tried again.
	keepAliveAgain = time.Hour
)

// keepAlive renews logins that nobody uses before their refresh tokens end. It
// is no reason for the sweep to fail: what fails is tried again later.
func (a *Activities) keepAlive(ctx context.Context, swept *Swept) error {
	due, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.IdleLogin, error) { return tx.IdleLogins(ctx, keepAliveAtOnce) })
	if err != nil {
		return err
	}
	for _, login := range due {
		err := a.renewIdle(ctx, login)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			swept.KeptAlive++
			continue
		}
		a.Log.WarnContext(ctx, "keep an idle login alive", "coupling", login.CouplingUUID, "error", err)
		err = a.Store.InTx(ctx, store.ForWebshop(login.WebshopID), func(tx *store.Tx) error {
			if koppel.KindOf(err) == koppel.KindAuth {
				_, stopped := tx.NeedsReauth(ctx, login.CouplingUUID, koppel.DetailOf(err))
				if stopped != nil && koppel.KindOf(stopped) != koppel.KindConflict {
					return stopped
				}
			}
			return tx.PutOffRenewal(ctx, login, keepAliveAgain)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Activities) renewIdle(ctx context.Context, login store.IdleLogin) error {
	coupling, connector, err := a.couplingOf(ctx, CouplingRef{Webshop: login.WebshopID, Coupling: login.CouplingID, ID: login.CouplingUUID})
	if err != nil {
		return err
	}
	settings, err := settingsOf(connector, coupling.Settings)
	if err != nil {
		return err
	}
	p := &pinned{coupling: coupling, connector: connector, settings: settings}
	p.run.WebshopID, p.run.RemoteVersion = coupling.WebshopID, coupling.RemoteVersion
	client, err := a.client(ctx, p)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.KeepAlive(ctx)
}
