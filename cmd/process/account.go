package process

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/web/connect"
)

// checkLimit is how long a person who saved credentials waits at most.
const checkLimit = 40 * time.Second

// checkAccount tries remote accounts for the API.
func (c Config) checkAccount(db *store.DB, transport *rest.Transport) api.CheckAccount {
	return func(ctx context.Context, account api.Account) (version string, err error) {
		ctx, cancel := context.WithTimeout(ctx, checkLimit)
		defer cancel()
		remote, err := c.client(db, transport, account)
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

// previewPush shows pushes for the API.
func (c Config) previewPush(db *store.DB, transport *rest.Transport) api.PreviewPush {
	return func(ctx context.Context, account api.Account, object koppel.Object, operation string, order store.PushedOrder) (json.RawMessage, error) {
		ctx, cancel := context.WithTimeout(ctx, checkLimit)
		defer cancel()
		remote, err := c.client(db, transport, account)
		if err != nil {
			return nil, err
		}
		defer remote.Close()
		shown, err := remote.Preview(ctx, rest.Pushing{Object: object, Operation: operation, ID: order.RemoteID, Vars: order.Vars()})
		if err != nil {
			return nil, err
		}
		return json.Marshal(shown)
	}
}

// hookKeysLimit is how long a call of a webhook waits for the remote's keys.
const hookKeysLimit = 4 * time.Second

// hookKeys fetches the keys of webhooks for the API.
func (c Config) hookKeys(db *store.DB, transport *rest.Transport) api.HookKeys {
	return func(ctx context.Context, account api.Account) (map[string]string, error) {
		ctx, cancel := context.WithTimeout(ctx, hookKeysLimit)
		defer cancel()
		remote, err := c.client(db, transport, account)
		if err != nil {
			return nil, err
		}
		defer remote.Close()
		return remote.PublicKeys(ctx)
	}
}

// notifyLimit is how long a person who tries a notice rule waits at most.
const notifyLimit = 20 * time.Second

// notify sends notices for the API.
func (c Config) notify(transport *rest.Transport) api.SendNotice {
	mail := c.Mail
	mail.Timeout = notifyLimit
	sender := notify.New(notify.Config{Transport: transport, Mail: mail})
	return func(ctx context.Context, n store.NoticeToSend) error {
		ctx, cancel := context.WithTimeout(ctx, notifyLimit)
		defer cancel()
		return sender.Send(ctx, notify.Message{ID: n.UUID, Channel: n.Channel, Target: n.Target, Entries: n.Entries, Count: n.EntryCount})
	}
}

// client talks to a remote account. Close it.
func (c Config) client(db *store.DB, transport *rest.Transport, account api.Account) (*rest.Client, error) {
	config := rest.ClientConfig{
		Manifest: account.Connector.Manifest, Credentials: account.Secrets, App: account.App, Captured: account.Captured,
		Settings: account.Settings, Transport: transport, Leaser: db, Exchanges: db.Exchanges(account.Webshop, 0), CredentialKey: account.Key,
		Durations: c.Durations, Log: c.Log,
	}
	if account.Credential != 0 {
		config.Tokens = db.Tokens(store.TokensConfig{Webshop: account.Webshop, Credential: account.Credential, Holder: holder(), Lease: c.Durations.TokenLease})
	}
	return rest.NewClient(config)
}

// openAccount makes remote accounts for the pages of connect links.
func (c Config) openAccount(db *store.DB, transport *rest.Transport) func(context.Context, store.Coupling, *connectors.Connector, store.Account) (connect.Remote, error) {
	return func(_ context.Context, coupling store.Coupling, connector *connectors.Connector, account store.Account) (connect.Remote, error) {
		given := map[string]any{}
		if err := json.Unmarshal(coupling.Settings, &given); err != nil {
			return nil, koppel.Wrap("read settings", err)
		}
		key := ""
		if coupling.CredentialUUID != nil {
			key = *coupling.CredentialUUID
			if account.Credential == 0 {
				key += "/new" // nothing that a candidate gets is taken for the credential's own
			}
		}
		return c.client(db, transport, api.Account{
			Webshop: coupling.WebshopID, Connector: connector, Key: key, Account: account, Settings: connector.Defaults(given),
		})
	}
}
