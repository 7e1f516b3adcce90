package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// client talks to the remote account of the run's coupling. Close it.
func (a *Activities) client(ctx context.Context, p *pinned) (*rest.Client, error) {
	if p.coupling.CredentialID == nil {
		return nil, koppel.E(koppel.KindAuth, "open account", "the coupling "+p.coupling.Name+" has no credentials yet")
	}
	account, err := a.openAccount(ctx, p)
	if err != nil {
		return nil, err
	}
	return rest.NewClient(rest.ClientConfig{
		Manifest:      p.connector.Manifest,
		Credentials:   account.Secrets,
		App:           account.App,
		Captured:      account.Captured,
		CredentialKey: *p.coupling.CredentialUUID,
		Tokens: a.Store.Tokens(store.TokensConfig{
			Webshop: p.coupling.WebshopID, Credential: account.Credential, Holder: a.Holder, Lease: a.Durations.TokenLease,
		}),
		Settings:  p.settings,
		Version:   p.run.RemoteVersion,
		Transport: a.Transport,
		Leaser:    a.Store,
		Exchanges: a.Store.Exchanges(p.run.WebshopID, p.run.ID),
		Durations: a.Durations,
		Log:       a.Log,
	})
}

func (a *Activities) openAccount(ctx context.Context, p *pinned) (store.Account, error) {
	if p.account != nil {
		return *p.account, nil
	}
	account, err := store.With(ctx, a.Store, store.ForWebshop(p.coupling.WebshopID), func(tx *store.Tx) (store.Account, error) {
		return tx.OpenAccount(ctx, p.coupling.Connector, *p.coupling.CredentialID, p.connector.AppEnvironment())
	})
	if err == nil {
		p.account = &account
	}
	return account, err
}
