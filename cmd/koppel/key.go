package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/store"
)

func (p *program) keyCommand() *cobra.Command {
	return noun("key", "Make, list and revoke API keys", p.keyCreate(), p.keyList(), p.keyRevoke())
}

// keyFlags are a new key as it is typed.
type keyFlags struct {
	new                    client.NewKey
	expires                string
	installation, database bool
}

func (p *program) keyCreate() *cobra.Command {
	var f keyFlags
	cmd := &cobra.Command{
		Use: "create --name NAME", Short: "Make a key, which is shown once", Args: cobra.NoArgs,
		Long: `Make an API key. It is printed once and kept only as a hash.

A key is bound to a webshop, to an organisation, or to the installation, and does
what its scopes say. The first key of an installation is made with --database,
straight in the database of KOPPEL_DATABASE_URL, with scope admin unless told
otherwise; every other one over the API with a key of scope admin.`,
		Example: "  koppel key create --installation --name 'first admin' --database\n" +
			"  koppel key create --webshop 8f2c1a --name planner --scope objects:read --scope orders:write --expires 90d\n" +
			"  koppel key create --installation --name support --scope couplings:read,couplings:write,sync:run,objects:read",
		RunE: action(func(ctx context.Context, _ []string) error {
			new, err := f.read(time.Now())
			if err != nil {
				return err
			}
			var made client.CreatedKey
			if f.database {
				made, err = p.createKeyHere(ctx, new)
			} else {
				made, err = p.createKey(ctx, new)
			}
			if err != nil {
				return err
			}
			return p.showNewKey(made)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.new.Name, "name", "", "what the key is for")
	flags.StringSliceVar(&f.new.Scopes, "scope", nil, "what the key may do; may be repeated or joined by commas")
	flags.StringVar(&f.new.Webshop, "webshop", "", "bind it to a webshop")
	flags.StringVar(&f.new.Organisation, "organisation", "", "bind it to an organisation, by its id (with --database)")
	flags.BoolVar(&f.installation, "installation", false, "bind it to nothing: it sees every webshop")
	flags.StringVar(&f.expires, "expires", "", "a day (2026-12-31), a time or how long it lives (90d)")
	flags.BoolVar(&f.database, "database", false, "make it in the database of KOPPEL_DATABASE_URL instead of over the API")
	_ = cmd.MarkFlagRequired("name")
	cmd.MarkFlagsOneRequired("webshop", "organisation", "installation")
	cmd.MarkFlagsMutuallyExclusive("webshop", "organisation", "installation")
	_ = cmd.RegisterFlagCompletionFunc("scope", fixed(store.KeyScopes()...))
	return cmd
}

func (f keyFlags) read(now time.Time) (client.NewKey, error) {
	new := f.new
	if f.database && len(new.Scopes) == 0 {
		new.Scopes = []string{"admin"}
	}
	if len(new.Scopes) == 0 {
		return new, usagef("say what the key may do: --scope objects:read, …")
	}
	for _, scope := range new.Scopes {
		if _, err := isOneOf("scope", scope, store.KeyScopes()); err != nil {
			return new, err
		}
	}
	if life, ok := span(f.expires); ok {
		at := now.Add(life).UTC().Truncate(time.Second)
		new.ExpiresAt = &at
		return new, nil
	}
	at, err := moment("--expires", f.expires, now)
	if err == nil && at != nil && at.Before(now) {
		return new, usagef("--expires %s is in the past", f.expires)
	}
	new.ExpiresAt = at
	return new, err
}

func (p *program) createKey(ctx context.Context, new client.NewKey) (client.CreatedKey, error) {
	c, err := p.api()
	if err != nil {
		return client.CreatedKey{}, err
	}
	if new.Webshop, err = webshopID(ctx, c, new.Webshop); err != nil {
		return client.CreatedKey{}, err
	}
	return c.CreateKey(ctx, new)
}

// createKeyHere makes a key without the API, for the first one.
func (p *program) createKeyHere(ctx context.Context, new client.NewKey) (client.CreatedKey, error) {
	s, err := p.settings(needs{database: true})
	if err != nil {
		return client.CreatedKey{}, err
	}
	db, err := store.Open(ctx, store.Config{DSN: s.Database.Reveal(), Role: store.App, MaxConns: 1})
	if err != nil {
		return client.CreatedKey{}, err
	}
	defer db.Close()
	var (
		made store.Key
		text koppel.Secret
	)
	err = db.InTx(ctx, store.AllWebshops(), func(tx *store.Tx) error {
		made, text, err = tx.CreateKey(ctx, store.NewKey{
			Name: new.Name, Scopes: new.Scopes, Organisation: new.Organisation, Webshop: new.Webshop, ExpiresAt: new.ExpiresAt,
		})
		return err
	})
	if err != nil {
		return client.CreatedKey{}, err
	}
	return client.CreatedKey{Text: text, Key: client.Key{
		ID: made.UUID, Name: made.Name, Prefix: made.Prefix, LastFour: made.LastFour, Scopes: made.Scopes,
		Webshop: orEmpty(made.WebshopUUID), Organisation: orEmpty(made.OrganisationUUID), CreatedAt: made.CreatedAt, ExpiresAt: made.ExpiresAt,
	}}, nil
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// showNewKey prints a key with its text, the one time that it is shown.
func (p *program) showNewKey(made client.CreatedKey) error {
	shown := struct {
		client.Key
		Text string `json:"key"`
	}{made.Key, made.Text.Reveal()}
	err := p.show(shown, func(t *table) {
		t.pair("key", shown.Text)
		keyRows(t, made.Key)
	})
	p.note("Keep the key now: it is not shown again.")
	return err
}

func keyRows(t *table, k client.Key) {
	t.pair("id", k.ID)
	t.pair("name", k.Name)
	t.pair("scopes", k.Scopes)
	t.pair("sees", sees(k))
	t.pair("expires", k.ExpiresAt)
}

func sees(k client.Key) string {
	switch {
	case k.Webshop != "":
		return "webshop " + k.Webshop
	case k.Organisation != "":
		return "organisation " + k.Organisation
	}
	return "the installation"
}

func (p *program) keyList() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List keys, revoked ones too", Args: cobra.NoArgs,
		Example: "  koppel key list",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			return list(ctx, p, flags, c.Keys, head("ID", "NAME", "KEY", "SCOPES", "SEES", "LAST USED", "EXPIRES", "REVOKED"), func(k client.Key) []any {
				return []any{k.ID, k.Name, k.Prefix + "…" + k.LastFour, k.Scopes, sees(k), k.LastUsedAt, k.ExpiresAt, k.RevokedAt}
			})
		}),
	}
	flags.add(cmd)
	return cmd
}

func (p *program) keyRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "End a key at once", Args: cobra.ExactArgs(1),
		Example: "  koppel key revoke 61ab0f",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := keyID(ctx, c, args[0])
			if err != nil {
				return err
			}
			key, err := c.RevokeKey(ctx, id)
			if err != nil {
				return err
			}
			return p.show(key, func(t *table) {
				keyRows(t, key)
				t.pair("revoked", key.RevokedAt)
			})
		}),
	}
}
