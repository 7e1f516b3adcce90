package process

import (
	"context"
	"time"

	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// checkLimit is how long a person who saved credentials waits at most.
const checkLimit = 40 * time.Second

// checkAccount tries remote accounts for the API.
func (c Config) checkAccount(db *store.DB, transport *rest.Transport) api.CheckAccount {
	return func(ctx context.Context, account api.Account) (version string, err error) {
		ctx, cancel := context.WithTimeout(ctx, checkLimit)
		defer cancel()
		remote, err := rest.NewClient(rest.ClientConfig{
			Manifest: account.Connector.Manifest, Credentials: account.Values, Settings: account.Settings,
			Transport: transport, Leaser: db, Exchanges: db.Exchanges(account.Webshop, 0), CredentialKey: account.Credential,
			Durations: c.Durations, Log: c.Log,
		})
		if err != nil {
			return "", err
		}
		defer remote.Close()
		if err := remote.Check(ctx); err != nil {
			return "", err
		}
		return remote.Detect(ctx)
	}
}
