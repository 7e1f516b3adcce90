package storetest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
)

// Env is one test's database.
type Env struct {
	// App and Engine are open as the roles of the API server and of the worker.
	App, Engine *store.DB
	// OwnerDSN logs in as the owner, a superuser: for migrations, and for tests to look past row-level security.
	OwnerDSN string
	// AppDSN and EngineDSN log in as the roles, for what opens its own pool.
	AppDSN, EngineDSN string
	// Keys is the master keyset of App and Engine.
	Keys *store.Keys
	// Database is the database's name.
	Database string
	// Server is the test cluster; do not stop it.
	Server *localpg.Server
}

// limit bounds what New does; the first call on a machine may have to make the cluster and the template.
const limit = 3 * time.Minute

// New clones the template for t and opens it. Tests may run in parallel, in as many packages as you like.
func New(t testing.TB) *Env {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	server, err := localpg.Shared(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	name, err := clone(ctx, server)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	env := &Env{
		OwnerDSN: server.DSN(name, "postgres"), AppDSN: server.DSN(name, string(store.App)),
		EngineDSN: server.DSN(name, string(store.Engine)), Database: name, Server: server,
	}
	t.Cleanup(func() { env.end(t) })
	if env.Keys, err = store.ParseKeys(store.NewMasterKey("test").Reveal()); err != nil {
		t.Fatalf("storetest: %v", err)
	}
	env.App = env.open(ctx, t, store.App, env.AppDSN)
	env.Engine = env.open(ctx, t, store.Engine, env.EngineDSN)
	return env
}

func (e *Env) open(ctx context.Context, t testing.TB, role store.Role, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(ctx, store.Config{DSN: dsn, Role: role, MaxConns: 8, Keys: e.Keys})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return db
}

// Owner opens one connection as the owner and closes it when the test ends.
func (e *Env) Owner(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), e.OwnerDSN)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// end closes the pools, and drops the database unless the test failed.
func (e *Env) end(t testing.TB) {
	if e.App != nil {
		e.App.Close()
	}
	if e.Engine != nil {
		e.Engine.Close()
	}
	if t.Failed() {
		t.Logf("storetest: the database of this test is kept; look with: psql %q; drop it with: DROP DATABASE %s", e.OwnerDSN, e.Database)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := drop(ctx, e.Server, e.Database); err != nil {
		t.Errorf("storetest: %v", err)
	}
}
