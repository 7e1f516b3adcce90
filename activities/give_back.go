package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// revokeTries is how often a remote is asked to take tokens back. A removal
// does not wait for one that is away.
const revokeTries = 3

// What becomes of a removed coupling's credential, and what only the customer can do.
const (
	shredded   = "shredded"
	leftThere  = "the remote system may still list Koppel's access: take it away there"
	sharedStay = "kept, as another coupling uses it"
)

// giveBack revokes the tokens of a coupling that is being removed, before they
// are shredded, where the remote can and nothing else uses them. What fails is
// told and stops nothing.
func (a *Activities) giveBack(ctx context.Context, in ClosingStep, c store.Coupling) (string, error) {
	if c.CredentialID == nil {
		return "there was none", nil
	}
	shared, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (bool, error) { return tx.SharesCredential(ctx, c) })
	if err != nil {
		return "", err
	}
	if shared {
		return sharedStay, nil
	}
	client, err := a.closingClient(ctx, in.CouplingRef)
	if koppel.KindOf(err) == koppel.KindInternal && err != nil {
		return "", err
	}
	if err != nil || !client.CanRevoke() {
		if client != nil {
			client.Close()
		}
		return shredded + "; " + leftThere, nil
	}
	defer client.Close()
	for try := 1; ; try++ {
		err := client.Revoke(ctx)
		switch {
		case err == nil:
			return "revoked at the remote system and " + shredded, nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case try == revokeTries || !koppel.KindOf(err).Passes():
			a.Log.WarnContext(ctx, "tokens were not revoked", "coupling", c.UUID, "error", err)
			return shredded + ", but not revoked (" + koppel.DetailOf(err) + "); " + leftThere, nil
		}
		pause := time.NewTimer(min(a.Durations.RetryFirst, 5*time.Second))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return "", ctx.Err()
		}
	}
}

// closingClient opens the remote account of a coupling that is being removed.
func (a *Activities) closingClient(ctx context.Context, in CouplingRef) (*rest.Client, error) {
	w, err := a.webhookOf(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.client(ctx, w.pinned)
}
