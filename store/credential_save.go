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
