package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// database is the name of the one database; initdb makes it.
const database = "postgres"

// settings of PostgreSQL. Durability is its default. Commit times are what
// zombies are found by; recovery after a crash is kept to seconds.
var settings = map[string]string{
	"track_commit_timestamp": "on", "max_connections": "150", "shared_buffers": "256MB", "max_wal_size": "2GB", "checkpoint_timeout": "60s",
}

// platform is a whole Koppel, running, and the board's own way into its database.
type platform struct {
	api       *client.Client
	shop      *shop
	fleet     *fleet
	db        *pgxpool.Pool // as the owner
	durations koppel.Durations
	say       *progress

	dir   string
	log   io.Writer
	stops []func()

	mu sync.Mutex
	pg *localpg.Server
}

// start brings everything up: the shop where it has products, PostgreSQL,
// Temporal, the API server and a fleet of workers.
func start(ctx context.Context, p profile, logFile string, say *progress) (f *platform, err error) {
	f = &platform{durations: p.durations, say: say, log: io.Discard}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if f.dir, err = os.MkdirTemp("", "koppel-faults-"); err != nil {
		return f, err
	}
	f.onClose(func() { _ = os.RemoveAll(f.dir) })
	// PostgreSQL's account must get through.
	if err := os.Chmod(f.dir, 0o755); err != nil {
		return f, err
	}
	if logFile != "" {
		file, err := os.Create(logFile)
		if err != nil {
			return f, err
		}
		f.log = file
		f.onClose(func() { _ = file.Close() })
	}
	if p.products > 0 { // else the board has a remote of its own
		if f.shop, err = startShop(p.products, filepath.Join(f.dir, "shop.journal"), p.seed, f.log); err != nil {
			return f, err
		}
		f.onClose(f.shop.kill)
	}
	if err := f.startPostgres(ctx); err != nil {
		return f, err
	}
	f.onClose(func() { _ = localpg.Remove(f.cluster()) })
	if f.db, err = pgxpool.New(ctx, f.dsn("postgres")); err != nil {
		return f, err
	}
	f.onClose(f.db.Close)
	return f, f.startEngine(ctx, p)
}

// startEngine brings up what is Koppel's own.
func (f *platform) startEngine(ctx context.Context, p profile) error {
	log := slog.New(slog.NewTextHandler(f.log, nil))
	if _, err := migrations.Up(ctx, f.dsn("postgres"), log); err != nil {
		return err
	}
	if err := layEvidence(ctx, f.db); err != nil {
		return err
	}
	dev, err := devserver.Start(ctx, devserver.Config{
		DBPath: filepath.Join(f.dir, "temporal.db"), Host: host, SearchAttributes: temporal.SearchAttributes(), Log: log,
	})
	if err != nil {
		return err
	}
	f.onClose(dev.Stop)
	secret := store.NewMasterKey("faults").Reveal()
	keys, err := store.ParseKeys(secret)
	if err != nil {
		return err
	}
	if err := f.startServer(ctx, process.Config{
		Database: koppel.NewSecret(f.dsn(string(store.App))), Keys: keys, Allow: []string{host}, Durations: p.durations, Log: log,
		Temporal: temporal.Config{Address: dev.FrontendAddr(), Namespace: dev.Namespace()},
	}); err != nil {
		return err
	}
	f.fleet, err = newFleet(workerOrders{
		Database: f.dsn(string(store.Engine)), Keys: secret, Temporal: dev.FrontendAddr(), Namespace: dev.Namespace(), Durations: p.durations,
	}, p.workers, f.log, f.say)
	if err != nil {
		return err
	}
	f.onClose(f.fleet.close)
	return nil
}

// startServer publishes the connectors and runs the API server in this process.
func (f *platform) startServer(ctx context.Context, config process.Config) error {
	db, err := store.Open(ctx, store.Config{DSN: config.Database.Reveal(), Role: store.App, MaxConns: 2, Keys: config.Keys})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := process.PublishBuiltin(ctx, db); err != nil {
		return err
	}
	key, err := store.With(ctx, db, store.AllWebshops(), func(tx *store.Tx) (koppel.Secret, error) {
		_, key, err := tx.CreateKey(ctx, store.NewKey{Name: "faults", Scopes: []string{"admin"}})
		return key, err
	})
	if err != nil {
		return err
	}
	server, err := process.NewServer(ctx, process.ServerConfig{Config: config, Listen: host + ":0"})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- server.Run(serving) }()
	f.onClose(func() {
		stop()
		<-ended
	})
	f.api, err = client.New(client.Config{URL: "http://" + server.Address(), Key: key, UserAgent: "koppel-faults"})
	return err
}

func (f *platform) onClose(stop func()) { f.stops = append(f.stops, stop) }

// close ends everything that was started and removes what it kept.
func (f *platform) close() {
	for i := len(f.stops) - 1; i >= 0; i-- {
		f.stops[i]()
	}
	f.stops = nil
}

func (f *platform) cluster() string { return filepath.Join(f.dir, "postgres") }

func (f *platform) dsn(role string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pg.DSN(database, role)
}

// startPostgres starts the cluster; after a crash it recovers first.
func (f *platform) startPostgres(ctx context.Context) error {
	server, err := localpg.Start(ctx, localpg.Config{Dir: f.cluster(), Settings: settings})
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.pg = server
	f.mu.Unlock()
	return nil
}

// crashPostgres stops PostgreSQL as a crash would, leaves it away for a
// moment, and starts it again.
func (f *platform) crashPostgres(ctx context.Context, away time.Duration) error {
	f.mu.Lock()
	server := f.pg
	f.mu.Unlock()
	if err := server.Stop(localpg.Immediate); err != nil {
		return err
	}
	pause(ctx, away)
	return f.startPostgres(context.WithoutCancel(ctx))
}

// patience bounds how long the board waits for something to come right.
const patience = 3 * time.Minute

// poll is how often the board looks how something stands.
const poll = 250 * time.Millisecond

// eventually repeats what may fail while PostgreSQL is away.
func eventually(ctx context.Context, do func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := do(within)
		if err == nil || errors.Is(err, errForGood) {
			return err
		}
		if !pause(within, 200*time.Millisecond) {
			return err
		}
	}
}

// errForGood wraps what does not pass by itself.
var errForGood = errors.New("this does not pass by itself")
