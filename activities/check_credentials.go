package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// CheckCredentials tries the coupling's credentials and finds out the remote's
// version. A refusal is a result: the workflow decides whether to try again.
func (a *Activities) CheckCredentials(ctx context.Context, in StepInput) (*Failure, error) {
	coupling, connector, err := a.couplingOf(ctx, in.CouplingRef)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(connector, coupling.Settings)
	if err != nil {
		return nil, err
	}
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	p := &pinned{coupling: coupling, connector: connector, settings: settings}
	p.run.WebshopID, p.run.RemoteVersion = coupling.WebshopID, coupling.RemoteVersion
	tried, err := a.triedVersion(ctx, coupling)
	if err != nil {
		return nil, err
	}
	version, err := a.tryAccount(ctx, p)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case koppel.KindOf(err) == koppel.KindInternal:
		return nil, err
	case err != nil:
		return failureOf(err), nil
	}
	return nil, a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		if coupling.CredentialID != nil {
			if err := tx.CredentialTested(ctx, *coupling.CredentialID, tried); err != nil {
				return err
			}
		}
		return tx.SetRemoteVersion(ctx, coupling.ID, version)
	})
}

// triedVersion is the version of the coupling's credential; 0 where there is none.
func (a *Activities) triedVersion(ctx context.Context, c store.Coupling) (int64, error) {
	if c.CredentialUUID == nil {
		return 0, nil
	}
	credential, err := store.With(ctx, a.Store, store.ForWebshop(c.WebshopID), func(tx *store.Tx) (store.Credential, error) {
		return tx.Credential(ctx, *c.CredentialUUID)
	})
	return credential.Version, err
}

func (a *Activities) tryAccount(ctx context.Context, p *pinned) (version string, err error) {
	client, err := a.client(ctx, p)
	if err != nil {
		return "", err
	}
	defer client.Close()
	if err := client.Check(ctx); err != nil {
		return "", err
	}
	return client.Detect(ctx)
}
