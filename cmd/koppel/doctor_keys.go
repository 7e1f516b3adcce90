package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/koppel-io/koppel/store"
)

// storedKeys opens everything that the master keys seal.
func (d *doctor) storedKeys(ctx context.Context, s settings) {
	if s.Keys == nil || s.Database.IsZero() {
		return
	}
	db, err := store.Open(ctx, store.Config{DSN: s.Database.Reveal(), Role: store.App, MaxConns: 2, Keys: s.Keys})
	if err != nil {
		return // the database has its own line
	}
	defer db.Close()
	report, err := db.CheckKeys(ctx)
	if err != nil {
		d.wrong("stored keys", "run: koppel migrate", err)
		return
	}
	var sealed, old int
	for _, k := range report.Keys {
		sealed += k.DataKeys + k.AppCredentials + k.Notices
		if !k.Primary {
			old += k.DataKeys + k.AppCredentials
		}
	}
	switch {
	case report.Unopened > 0:
		d.wrong("stored keys", "put the missing master key back into KOPPEL_KEYSET, behind the first",
			fmt.Errorf("%d of %d do not open: %w", report.Unopened, sealed, report.Problem))
	case old > 0:
		d.ok("stored keys", "all %d open; %d are sealed by an older key: koppel keys rotate", sealed, old)
	default:
		d.ok("stored keys", "all %d open", sealed)
	}
}

// workers says whether somebody does the work; idle are the queues that nobody asks.
func (d *doctor) workers(idle []string, err error) {
	switch {
	case err != nil:
		d.wrong("workers", "check that the Temporal key may describe task queues", err)
	case len(idle) > 0:
		d.wrong("workers", "start one: koppel worker", fmt.Errorf("nobody works on %s", strings.Join(idle, ", ")))
	default:
		d.ok("workers", "every queue has one")
	}
}
