package main

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// devDurations are those of production, except that what was in flight when a process was killed is taken up within
// seconds, and that stopping takes no longer than a person waits.
func devDurations() koppel.Durations {
	d := koppel.DefaultDurations()
	d.Heartbeat = 5 * time.Second
	d.Request = 15 * time.Second
	d.Sweep = 15 * time.Second
	d.Coalesce = 2 * time.Second
	d.ShutDown = 5 * time.Second
	return d
}

// engine is what server and worker have in common.
type engine struct {
	config      process.Config
	app, engine string // connection strings of the two roles
}

// newEngine wires both to the parts of this process. The one address that is not public and may be reached is the demo shop's.
func newEngine(keys *store.Keys, pg *postgres, dev *devserver.Server, log *slog.Logger) *engine {
	return &engine{app: pg.app, engine: pg.engine, config: process.Config{
		Keys: keys, Temporal: temporal.Config{Address: dev.FrontendAddr(), Namespace: dev.Namespace()},
		Allow: []string{host}, Durations: devDurations(), Version: version, Log: log,
	}}
}

func (e *engine) as(dsn string) process.Config {
	c := e.config
	c.Database = koppel.NewSecret(dsn)
	return c
}

// serve starts the API server and gives its host:port.
func (e *engine) serve(ctx context.Context, r *running, port int) (string, error) {
	server, err := process.NewServer(ctx, process.ServerConfig{Config: e.as(e.app), Listen: net.JoinHostPort(host, strconv.Itoa(port))})
	if err != nil {
		return "", err
	}
	r.run(ctx, "API server", server.Run)
	return server.Address(), nil
}

// work starts the worker; public is the server's address, to which remotes send webhooks.
func (e *engine) work(ctx context.Context, r *running, public string) error {
	worker, err := process.NewWorker(ctx, process.WorkerConfig{Config: e.as(e.engine), PublicURL: public})
	if err != nil {
		return err
	}
	r.run(ctx, "worker", worker.Run)
	return nil
}
