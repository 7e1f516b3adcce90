package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
)

// migrated is what migrate did, or with --check would do.
type migrated struct {
	Applied    int                 `json:"applied"`
	Version    int64               `json:"version"`
	Latest     int64               `json:"latest"`
	Pending    []int64             `json:"pending,omitempty"`
	Connectors []process.Published `json:"connectors,omitempty"`
}

func (p *program) migrateCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database up to this program: schema, partitions, built-in connectors", Args: cobra.NoArgs,
		Long: `Apply the migrations that the database lacks as its owner (KOPPEL_OWNER_DATABASE_URL),
then publish the built-in connectors and make their integrations as koppel_app
(KOPPEL_DATABASE_URL). Run it before a new release is started; again it changes nothing.

The first migration makes the roles koppel_app and koppel_engine without a password.
Give them one where the database asks for it: ALTER ROLE koppel_app PASSWORD '…'.

With --check nothing is changed: exit code 4 when migrations are missing.`,
		Example: "  koppel migrate\n  koppel migrate --check",
		RunE: action(func(ctx context.Context, _ []string) error {
			if check {
				return p.checkMigrations(ctx)
			}
			return p.migrate(ctx)
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say what is missing")
	return cmd
}

func (p *program) migrate(ctx context.Context) error {
	s, err := p.settings(needs{owner: true, database: true})
	if err != nil {
		return err
	}
	done := migrated{Latest: migrations.Latest()}
	if done.Applied, err = migrations.Up(ctx, s.OwnerDatabase.Reveal(), s.Log); err != nil {
		return err
	}
	if done.Version, err = migrations.Version(ctx, s.OwnerDatabase.Reveal()); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: s.Database.Reveal(), Role: store.App, MaxConns: 2, Log: s.Log})
	if err != nil {
		return err
	}
	defer db.Close()
	if done.Connectors, err = process.PublishBuiltin(ctx, db); err != nil {
		return err
	}
	return p.show(done, func(t *table) {
		t.row("schema", fmt.Sprintf("%d migrations applied, now at version %d", done.Applied, done.Version))
		for _, c := range done.Connectors {
			t.row("connector", c.Connector+" "+c.Version+": "+publishedAs(c))
		}
	})
}

func publishedAs(c process.Published) string {
	switch {
	case !c.Current:
		return "there; a version that somebody published stays the current one"
	case len(c.Held) > 0:
		return "published; these couplings stay on their version until their mapping override is corrected: " + strings.Join(c.Held, ", ")
	case c.New:
		return "published"
	}
	return "unchanged"
}

func (p *program) checkMigrations(ctx context.Context) error {
	s, err := p.settings(needs{})
	if err != nil {
		return err
	}
	dsn := s.OwnerDatabase
	if dsn.IsZero() {
		dsn = s.Database
	}
	if dsn.IsZero() {
		return usagef("set KOPPEL_OWNER_DATABASE_URL or KOPPEL_DATABASE_URL: the database to look at")
	}
	state := migrated{Latest: migrations.Latest()}
	if state.Version, err = migrations.Version(ctx, dsn.Reveal()); err != nil {
		return err
	}
	if state.Pending, err = migrations.Pending(ctx, dsn.Reveal()); err != nil {
		return err
	}
	err = p.show(state, func(t *table) {
		t.row("schema", fmt.Sprintf("version %d, this program has %d", state.Version, state.Latest))
	})
	if err == nil && len(state.Pending) > 0 {
		return koppel.E(koppel.KindConflict, "check schema", fmt.Sprintf("the database lacks migrations %v; run: koppel migrate", state.Pending))
	}
	return err
}
