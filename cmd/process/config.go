package process

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// Config is what server and worker both need. Database and Keys are required.
type Config struct {
	// Database logs in as the role of the process: koppel_app for the server,
	// koppel_engine for the worker.
	Database koppel.Secret
	// Connections bounds the database pool; the store's default when zero.
	Connections int
	// Keys is the master keyset that seals and opens credentials.
	Keys *store.Keys
	// Temporal says how to reach the cluster.
	Temporal temporal.Config
	// Allow lists networks, addresses and hosts that may be reached although
	// they are not public.
	Allow []string
	// Mail says how notices leave by e-mail; none do without its Host.
	Mail notify.Mail
	// Durations; DefaultDurations when zero.
	Durations koppel.Durations
	// Version of the program, for the User-Agent and the API's document.
	Version string
	// Log of the process; nil is silent.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Durations == (koppel.Durations{}) {
		c.Durations = koppel.DefaultDurations()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Temporal.Log = c.Log.With("from", "temporal")
	return c
}

// daysAhead is for how many days a starting process makes partitions.
const daysAhead = 14

// open opens the database, refuses one whose schema is older than the program,
// and sees to the partitions of the coming days.
func (c Config) open(ctx context.Context, role store.Role) (*store.DB, error) {
	db, err := store.Open(ctx, store.Config{DSN: c.Database.Reveal(), Role: role, MaxConns: c.Connections, Keys: c.Keys, Gather: c.Durations.Coalesce, Log: c.Log})
	if err != nil {
		return nil, err
	}
	if err = c.schema(ctx); err == nil {
		_, err = db.MakePartitions(ctx, daysAhead)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// schema compares the database's schema with the one that the program was
// built for. A newer one is fine: migrations only add until a later release
// takes away.
func (c Config) schema(ctx context.Context) error {
	pending, err := migrations.Pending(ctx, c.Database.Reveal())
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return koppel.E(koppel.KindConflict, "check schema",
			fmt.Sprintf("the database lacks %d migrations, from number %d on; run: koppel migrate", len(pending), pending[0]))
	}
	return nil
}

// transport is the one way out of the process.
func (c Config) transport() (*rest.Transport, error) {
	agent := "Koppel/1"
	if c.Version != "" {
		agent = "Koppel/" + c.Version
	}
	return rest.NewTransport(rest.TransportConfig{Allow: c.Allow, UserAgent: agent, Timeout: c.Durations.Request})
}

// compiled is the cache of compiled connectors over the registry of db.
func compiled(db *store.DB) *connectors.Cache {
	cache := connectors.NewCache(func(ctx context.Context, version int64) (connectors.Source, error) {
		return store.With(ctx, db, store.Queues(), func(tx *store.Tx) (connectors.Source, error) {
			v, err := tx.ConnectorVersion(ctx, version)
			return connectors.Source{Manifest: v.Manifest, Mapping: v.Mapping}, err
		})
	})
	cache.Overrides = func(ctx context.Context, webshop int64, ids []int64) ([]mapping.Layer, error) {
		return store.With(ctx, db, store.ForWebshop(webshop), func(tx *store.Tx) ([]mapping.Layer, error) {
			list, err := tx.OverridesByID(ctx, ids)
			return layers(list), err
		})
	}
	return cache
}

// layers are overrides as the compiler takes them.
func layers(overrides []store.Override) []mapping.Layer {
	out := make([]mapping.Layer, len(overrides))
	for i, o := range overrides {
		out[i] = mapping.Layer{File: o.File(), Source: []byte(o.Source)}
	}
	return out
}
