package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// Config is what the API works with. Store, Connectors, Engine, Check and Preview are required.
type Config struct {
	// Store is opened as the app role, with the master keys.
	Store *store.DB
	// Connectors are the compiled versions.
	Connectors *connectors.Cache
	// Engine starts and ends workflows.
	Engine Engine
	// Check tries credentials at the remote.
	Check CheckAccount
	// Preview tells what a push would send.
	Preview PreviewPush
	// HookKeys fetches the public keys with which a remote signs its webhooks.
	HookKeys HookKeys
	// Gather is for how long further edits of a placed buy order are waited for.
	Gather time.Duration
	// Notify sends a notice to try its rule.
	Notify SendNotice
	// PublicURL is the address of the server as customers reach it, for connect
	// links; http://127.0.0.1:8080 when empty.
	PublicURL string
	// Schema compares the database's schema with the one the program was built
	// for: part of readiness. Nil leaves it out.
	Schema func(ctx context.Context) error
	// Version of the program, for the OpenAPI document; "dev" when empty.
	Version string
	// Log gets one line a request; nil is silent.
	Log *slog.Logger
	// Metrics is where the figures are registered; a registry of its own when nil.
	Metrics *prometheus.Registry
	// LivePoll is how often a live run is read; 500 ms when zero, at most a second.
	LivePoll time.Duration
	// LiveBeat is how long a live run may be silent before a comment is sent; 15 s when zero.
	LiveBeat time.Duration
}

// server holds what handlers share.
type server struct {
	Config
	log     *slog.Logger
	figures *figures
	openapi *huma.OpenAPI
	mux     *http.ServeMux
	rows    map[string]row
	calls   *calls
}

// New returns the handler of the whole API.
func New(c Config) http.Handler {
	return newServer(c)
}

func newServer(c Config) *server {
	s := &server{Config: c, log: c.Log, mux: http.NewServeMux(), rows: map[string]row{}, calls: newCalls()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.Metrics == nil {
		s.Metrics = prometheus.NewRegistry()
	}
	if s.PublicURL = strings.TrimRight(s.PublicURL, "/"); s.PublicURL == "" {
		s.PublicURL = "http://127.0.0.1:8080"
	}
	if s.Version == "" {
		s.Version = "dev"
	}
	if s.LivePoll <= 0 || s.LivePoll > time.Second {
		s.LivePoll = 500 * time.Millisecond
	}
	if s.LiveBeat <= 0 {
		s.LiveBeat = 15 * time.Second
	}
	s.figures = newFigures(s.Metrics, s.Store, s.log)
	s.register()
	return s
}
