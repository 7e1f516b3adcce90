package store

import (
	"context"

	"github.com/koppel-io/koppel"
)

// SaveCredential replaces the secrets of a coupling's credential, or gives the coupling its first. secrets may be
// empty where a login is all there is.
func (tx *Tx) SaveCredential(ctx context.Context, coupling string, secrets map[string]koppel.Secret) (Coupling, error) {
	c, err := tx.Coupling(ctx, coupling)
	if err != nil {
		return c, err
	}
	if c.CredentialUUID == nil {
		made, err := tx.CreateCredential(ctx, NewCredential{Connector: c.Connector, Name: c.Name, Secrets: secrets})
		if err != nil {
			return c, err
		}
		return tx.SetCouplingCredential(ctx, coupling, made.UUID)
	}
	was, err := tx.Credential(ctx, *c.CredentialUUID)
	if err != nil {
		return c, err
	}
	_, err = tx.ReplaceCredential(ctx, was.UUID, was.Version, secrets)
	return c, err
}

// Candidate is the account of a coupling as it would be with new secrets, where the remote accepted the ones that it
// has: such ones are tried before they are saved, so that a mistake replaces nothing that works. It is nil for a first
// credential, and for one that was never accepted. Tokens that it gets are kept nowhere.
func (tx *Tx) Candidate(ctx context.Context, c Coupling, secrets map[string]koppel.Secret, environment func(map[string]koppel.Secret) string) (*Account, error) {
	if c.CredentialUUID == nil {
		return nil, nil
	}
	was, err := tx.Credential(ctx, *c.CredentialUUID)
	if err != nil || was.TestedAt == nil {
		return nil, err
	}
	a, err := tx.OpenAccount(ctx, c.Connector, was.ID, environment)
	if err != nil {
		return nil, err
	}
	a.Credential, a.Version, a.Secrets = 0, 0, secrets
	if environment == nil {
		return &a, nil
	}
	a.App, err = tx.OpenAppCredential(ctx, c.Connector, environment(secrets))
	if koppel.KindOf(err) == koppel.KindNotFound {
		err = nil
	}
	return &a, err
}
