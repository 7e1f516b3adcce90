package main

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/notify"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// namespaces of the package's one Temporal; each platform has one, so that workers of two never meet.
var namespaces = []string{"land-0", "land-1", "land-2", "land-3", "land-4", "land-5", "land-6", "land-7"}

var cluster struct {
	sync.Mutex
	server *devserver.Server
	used   int
}

// namespace starts the package's Temporal on first use and gives a namespace nobody has.
func namespace(t *testing.T) (address, name string) {
	t.Helper()
	cluster.Lock()
	defer cluster.Unlock()
	if cluster.server == nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		server, err := devserver.Start(ctx, devserver.Config{Namespaces: namespaces, SearchAttributes: temporal.SearchAttributes()})
		if err != nil {
			t.Fatal(err)
		}
		cluster.server = server
	}
	if cluster.used == len(namespaces) {
		t.Fatalf("all %d namespaces are taken: add one to namespaces", cluster.used)
	}
	cluster.used++
	return cluster.server.FrontendAddr(), namespaces[cluster.used-1]
}

// stopCluster ends the package's Temporal; TestMain calls it.
func stopCluster() {
	if cluster.server != nil {
		cluster.server.Stop()
	}
}

// shortDurations are spans in which tests see heartbeats, waits, retries and sweeps happen.
func shortDurations() koppel.Durations {
	d := koppel.DefaultDurations()
	d.Heartbeat, d.Slice, d.BatchAge = 2*time.Second, 2*time.Second, 200*time.Millisecond
	d.Request, d.RequestRetries, d.WaitInside = 3*time.Second, 500*time.Millisecond, 500*time.Millisecond
	d.RetryFirst, d.RetryMost, d.RetryFor = 200*time.Millisecond, time.Second, 5*time.Second
	d.Sweep, d.Coalesce, d.Settle = 2*time.Second, 100*time.Millisecond, time.Second
	d.ShutDown, d.ConnectorCache = 2*time.Second, 100*time.Millisecond
	return d
}

// landConfig says what is special about a platform. The zero value has a database of its own in the machine's test
// cluster and one worker in this process.
type landConfig struct {
	databases *databases
	durations koppel.Durations
	noWorker  bool
	codec     *temporal.Codec
	mail      notify.Mail
}

// databases are the connection strings of a database's roles.
type databases struct{ owner, app, engine string }

// land is one platform: a database, an API server on loopback, a worker, a namespace of its own.
type land struct {
	api *client.Client
	// url and key are how the CLI reaches it.
	url      string
	key      koppel.Secret
	temporal interface {
		TerminateWorkflow(ctx context.Context, workflowID, runID, reason string, details ...any) error
		Close()
	}
	databases databases
	config    process.Config
	keys      string // the keyset as text
}

// newLand starts a platform that ends with the test.
func newLand(t *testing.T, cfg landConfig) *land {
	t.Helper()
	l := &land{}
	if cfg.databases != nil {
		l.databases = *cfg.databases
	} else {
		env := storetest.New(t)
		l.databases = databases{owner: env.OwnerDSN, app: env.AppDSN, engine: env.EngineDSN}
	}
	if cfg.durations == (koppel.Durations{}) {
		cfg.durations = shortDurations()
	}
	l.keys = store.NewMasterKey("test").Reveal()
	keys, err := store.ParseKeys(l.keys)
	if err != nil {
		t.Fatal(err)
	}
	address, name := namespace(t)
	l.config = process.Config{
		Keys: keys, Temporal: temporal.Config{Address: address, Namespace: name}, Allow: []string{host}, Durations: cfg.durations, Version: "test",
	}
	l.config.Temporal.Codec, l.config.Mail = cfg.codec, cfg.mail
	l.config.Log = logOf(t)
	key := l.registry(t)
	server, err := process.NewServer(t.Context(), process.ServerConfig{Config: l.as(l.databases.app), Listen: host + ":0"})
	if err != nil {
		t.Fatal(err)
	}
	l.url, l.key = "http://"+server.Address(), key
	l.run(t, "server", server.Run)
	if !cfg.noWorker {
		l.work(t)
	}
	if l.api, err = client.New(client.Config{URL: l.url, Key: key}); err != nil {
		t.Fatal(err)
	}
	dialled, err := temporal.Dial(t.Context(), l.config.Temporal)
	if err != nil {
		t.Fatal(err)
	}
	l.temporal = dialled
	t.Cleanup(dialled.Close)
	return l
}

func (l *land) as(dsn string) process.Config {
	c := l.config
	c.Database = koppel.NewSecret(dsn)
	return c
}

// registry publishes the built-in connectors and makes an API key.
func (l *land) registry(t *testing.T) koppel.Secret {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: l.databases.app, Role: store.App, MaxConns: 2, Keys: l.config.Keys})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := process.PublishBuiltin(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	key, err := store.With(t.Context(), db, store.AllWebshops(), func(tx *store.Tx) (koppel.Secret, error) {
		_, key, err := tx.CreateKey(t.Context(), store.NewKey{Name: "test", Scopes: []string{"admin"}})
		return key, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// work starts a worker in this process that ends with the test.
func (l *land) work(t *testing.T) {
	t.Helper()
	worker, err := process.NewWorker(t.Context(), process.WorkerConfig{Config: l.as(l.databases.engine), PublicURL: l.url})
	if err != nil {
		t.Fatal(err)
	}
	l.run(t, "worker", worker.Run)
}

// run runs a process until the test ends.
func (l *land) run(t *testing.T, what string, serve func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", what, err)
		}
	})
}

// logOf writes warnings and errors of a platform's parts into the test's output.
func logOf(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
