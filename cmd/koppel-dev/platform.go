package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/temporal/devserver"
)

// platform is everything, running.
type platform struct {
	home     *home
	urls     urls
	shop     *demoshop.Shop
	client   *client.Client
	coupling client.Coupling
}

// withPlatform starts everything in the directory of opts, calls use, and stops everything in order. use's ctx ends
// when ctx does or when a part fails, whose error is then the result.
func withPlatform(ctx context.Context, opts options, say func(string), use func(context.Context, *platform) error) (err error) {
	h, err := openHome(ctx, opts.dir, say)
	if err != nil {
		return err
	}
	log, closeLog, err := h.openLog()
	if err != nil {
		return errors.Join(err, h.close())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r := &running{log: log, failed: cancel}
	defer func() {
		if ctx.Err() != nil {
			say("stopping; Ctrl-C again kills, which loses nothing")
		}
		if cause := context.Cause(ctx); isPartFailure(cause) {
			err = cause
		}
		r.stopAll()
		cancel(nil)
		log.Info("stopped")
		err = errors.Join(err, closeLog(), h.close())
	}()
	log.Info("starting", "dir", h.dir, "version", version)
	p, err := start(ctx, r, h, opts, say)
	if err != nil {
		return err
	}
	return use(ctx, p)
}

// start brings the parts up in the order in which they need each other.
func start(ctx context.Context, r *running, h *home, opts options, say func(string)) (*platform, error) {
	p := &platform{home: h}
	st, err := p.openShop(ctx, r, opts, say)
	if err != nil {
		return nil, err
	}
	say("starting PostgreSQL")
	pg, err := startPostgres(ctx, h.path(postgresDir), r.log, say)
	if err != nil {
		return nil, err
	}
	r.onStop("PostgreSQL", pg.stop)
	if err := pg.migrate(ctx, r.log); err != nil {
		return nil, err
	}
	say("starting Temporal")
	dev, err := startTemporal(ctx, h, opts.ports, r.log, say)
	if err != nil {
		return nil, err
	}
	r.onStop("Temporal", func() error { dev.Stop(); return nil })
	say("starting the API server and a worker")
	keys, err := h.masterKeys()
	if err != nil {
		return nil, err
	}
	key, err := h.prepare(ctx, pg, keys)
	if err != nil {
		return nil, err
	}
	e := newEngine(keys, pg, dev, r.log)
	port, err := choose("API", "api-port", opts.ports.api, say)
	if err != nil {
		return nil, err
	}
	address, err := e.serve(ctx, r, port)
	if err != nil {
		return nil, err
	}
	p.urls = urlsOf(address, dev, pg, st.ShopPort)
	if p.client, err = client.New(client.Config{URL: p.urls.API, Key: key, UserAgent: "koppel-dev/" + version}); err != nil {
		return nil, err
	}
	if err := h.saveProfile(p.urls.API); err != nil {
		return nil, err
	}
	if p.coupling, err = furnish(ctx, p.client, p.credentials(), st.moved); err != nil {
		return nil, err
	}
	if err := h.saveState(st.state); err != nil {
		return nil, err
	}
	if err := e.work(ctx, r, p.urls.API); err != nil {
		return nil, err
	}
	return p, h.noteURLs(p.urls)
}

// startTemporal starts the server and its UI on the state's file.
func startTemporal(ctx context.Context, h *home, want ports, log *slog.Logger, say func(string)) (*devserver.Server, error) {
	frontend, err := choose("Temporal server", "temporal-port", want.temporal, say)
	if err != nil {
		return nil, err
	}
	ui, err := choose("Temporal UI", "ui-port", want.ui, say)
	if err != nil {
		return nil, err
	}
	return devserver.Start(ctx, devserver.Config{
		DBPath: h.path(temporalDB), Host: host, Port: frontend, UI: true, UIPort: ui,
		SearchAttributes: temporal.SearchAttributes(), Log: log,
	})
}

func urlsOf(api string, dev *devserver.Server, pg *postgres, shopPort int) urls {
	base := "http://" + api
	return urls{
		API: base, Docs: base + "/docs", Temporal: dev.FrontendAddr(), UI: "http://" + dev.UIAddr(),
		Postgres: pg.owner, DemoShop: fmt.Sprintf("http://%s:%d", host, shopPort),
	}
}
