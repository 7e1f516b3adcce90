package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
)

// database is the name of the one database; initdb makes it.
const database = "postgres"

// postgres is the cluster with the connection strings of its three roles.
type postgres struct {
	server             *localpg.Server
	owner, app, engine string
}

// startPostgres starts or adopts the cluster in dir, as durable as PostgreSQL is by default. Where no PostgreSQL is
// installed it is installed, which say tells: it takes a while and changes the machine.
func startPostgres(ctx context.Context, dir string, log *slog.Logger, say func(string)) (*postgres, error) {
	bin, err := localpg.Find()
	if errors.Is(err, localpg.ErrNotFound) {
		say("PostgreSQL is not installed: installing it with the system's package manager")
		bin, err = localpg.Ensure(ctx, log)
	}
	if err != nil {
		return nil, err
	}
	server, err := localpg.Start(ctx, localpg.Config{Dir: dir, Binaries: bin, Log: log})
	if err != nil {
		return nil, err
	}
	if server.Adopted() {
		say("PostgreSQL runs already: going on with it")
	}
	return &postgres{
		server: server, owner: server.DSN(database, "postgres"),
		app: server.DSN(database, string(store.App)), engine: server.DSN(database, string(store.Engine)),
	}, nil
}

// migrate brings the schema up to date, as the owner.
func (p *postgres) migrate(ctx context.Context, log *slog.Logger) error {
	_, err := migrations.Up(ctx, p.owner, log)
	return err
}

// stop stops the cluster in order.
func (p *postgres) stop() error { return p.server.Stop(localpg.Fast) }
