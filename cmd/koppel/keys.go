package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/store"
)

func (p *program) keysCommand() *cobra.Command {
	return noun("keys", "Rotate the master keys that seal credentials", p.keysRotate(), p.keysList())
}

// keyUse is one master key as it is shown.
type keyUse struct {
	ID             string `json:"id"`
	Use            string `json:"use"`
	DataKeys       int    `json:"data_keys"`
	AppCredentials int    `json:"app_credentials"`
	Notices        int    `json:"notices"`
}

func (p *program) keysList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the master keys that seal something, and whether the keyset has them", Args: cobra.NoArgs,
		Example: "  koppel keys list",
		RunE: action(func(ctx context.Context, _ []string) error {
			db, err := p.keyStore(ctx)
			if err != nil {
				return err
			}
			defer db.Close()
			return p.showKeys(ctx, db)
		}),
	}
}

func (p *program) keysRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Seal with the first key of KOPPEL_KEYSET what older keys sealed", Args: cobra.NoArgs,
		Long: `Seal with the first master key of KOPPEL_KEYSET every data key and app credential that an
older one sealed. Nothing has to stop meanwhile, and no read fails; interrupted, run it again.

  1. koppel doctor --new-master-key        a fresh key
  2. put it behind the old one in KOPPEL_KEYSET, restart every server and worker
  3. put it in front of the old one, restart again
  4. koppel keys rotate
  5. take the old one out of KOPPEL_KEYSET once koppel keys list no longer names it`,
		Example: "  koppel keys rotate",
		RunE: action(func(ctx context.Context, _ []string) error {
			db, err := p.keyStore(ctx)
			if err != nil {
				return err
			}
			defer db.Close()
			resealed, err := db.Reseal(ctx)
			if err != nil {
				return err
			}
			p.note("%d values were sealed anew.", resealed)
			return p.showKeys(ctx, db)
		}),
	}
}

func (p *program) keyStore(ctx context.Context) (*store.DB, error) {
	s, err := p.settings(needs{database: true, keyset: true})
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{DSN: s.Database.Reveal(), Role: store.App, MaxConns: 2, Keys: s.Keys, Log: s.Log})
}

func (p *program) showKeys(ctx context.Context, db *store.DB) error {
	report, err := db.CheckKeys(ctx)
	if err != nil {
		return err
	}
	uses := make([]keyUse, len(report.Keys))
	for i, k := range report.Keys {
		uses[i] = keyUse{ID: k.ID, Use: "old", DataKeys: k.DataKeys, AppCredentials: k.AppCredentials, Notices: k.Notices}
		switch {
		case k.Primary:
			uses[i].Use = "primary"
		case !k.Known:
			uses[i].Use = "missing"
		}
	}
	err = p.show(map[string]any{"keys": uses, "unopened": report.Unopened}, func(t *table) {
		t.row("KEY", "USE", "DATA KEYS", "APP CREDENTIALS", "NOTICES")
		for _, k := range uses {
			t.row(k.ID, k.Use, k.DataKeys, k.AppCredentials, k.Notices)
		}
	})
	if err == nil && report.Unopened > 0 {
		return fmt.Errorf("%d values do not open: %w", report.Unopened, report.Problem)
	}
	return err
}
