package store

import (
	"context"

	"github.com/koppel-io/koppel"
)

// Account is everything that requests to a remote account are authorized with, opened. Read it at the time of use
// and do not keep it.
type Account struct {
	// Credential is the inner id.
	Credential int64
	// Version of the credential's secrets.
	Version int64
	Secrets map[string]koppel.Secret
	// App is our own partner app in the credential's environment; nil when there is none.
	App map[string]koppel.Secret
	// Captured are the values that were read, or chosen, after the login.
	Captured map[string]any
}

// OpenAccount opens a credential of a connector by its inner id. environment tells which environment the secrets
// belong to; nil for a connector without an app of ours.
func (tx *Tx) OpenAccount(ctx context.Context, connector string, credential int64, environment func(map[string]koppel.Secret) string) (Account, error) {
	const op = "open account"
	a := Account{Credential: credential}
	var err error
	if a.Secrets, a.Version, err = tx.OpenCredential(ctx, credential); err != nil {
		return Account{}, err
	}
	if environment != nil {
		a.App, err = tx.OpenAppCredential(ctx, connector, environment(a.Secrets))
		if err != nil && koppel.KindOf(err) != koppel.KindNotFound {
			return Account{}, err
		}
	}
	login, err := tx.token(ctx, tokenSQL, credential, LoginToken)
	if err != nil {
		return Account{}, wrap(op, err)
	}
	if login != nil {
		a.Captured = login.Captured
	}
	return a, nil
}
