package process

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/web"
	"github.com/koppel-io/koppel/web/connect"
)

// ServerConfig configures a Server.
type ServerConfig struct {
	Config
	// Listen is host:port; 127.0.0.1:8080 when empty. Port 0 takes a free one.
	Listen string
	// PublicURL is the server's address as customers reach it, for connect
	// links; http:// and where it listens when empty.
	PublicURL string
	// CodecToken and CodecOrigin switch on the endpoint at /codec/ with which
	// the Temporal UI at that origin decrypts payloads; they need Temporal.Codec.
	CodecToken  koppel.Secret
	CodecOrigin string
}

// Server answers the API and serves the pages.
type Server struct {
	config    ServerConfig
	db        *store.DB
	transport *rest.Transport
	cluster   interface{ Close() }
	listener  net.Listener
	handler   http.Handler
	closing   sync.Once
}

// NewServer opens everything that a server needs and listens, so that Address
// is known; Run answers. An error says what is missing and what to do.
func NewServer(ctx context.Context, config ServerConfig) (*Server, error) {
	config.Config = config.withDefaults()
	s := &Server{config: config}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	config := s.config
	if s.db, err = config.open(ctx, store.App); err != nil {
		return err
	}
	if s.transport, err = config.transport(); err != nil {
		return err
	}
	cluster, err := temporal.Dial(ctx, config.Temporal)
	if err != nil {
		return err
	}
	s.cluster = cluster
	listen := config.Listen
	if listen == "" {
		listen = "127.0.0.1:8080"
	}
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", listen); err != nil {
		return &koppel.Error{Kind: koppel.KindConflict, Op: "start server", Err: err,
			Detail: "cannot listen on " + listen + ": " + err.Error() + "; choose another with KOPPEL_LISTEN"}
	}
	s.handler = s.routes(engine{temporal.NewEngine(cluster, config.Durations)})
	return nil
}

func (s *Server) routes(engine engine) http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	public := s.config.PublicURL
	if public == "" {
		public = "http://" + s.Address()
	}
	versions := compiled(s.db)
	family := api.New(api.Config{
		Store: s.db, Connectors: versions, Engine: engine, Check: s.config.checkAccount(s.db, s.transport), PublicURL: public,
		Preview: s.config.previewPush(s.db, s.transport), HookKeys: s.config.hookKeys(s.db, s.transport), Gather: s.config.Durations.Coalesce,
		Notify: s.config.notify(s.transport),
		Schema: s.config.schema, Version: s.config.Version, Log: s.config.Log, Metrics: metrics,
	})
	mux := http.NewServeMux()
	mux.Handle("/", family)
	links := connect.New(connect.Config{
		Store: s.db, Connectors: versions, Engine: engine, Open: s.config.openAccount(s.db, s.transport), PublicURL: public, Log: s.config.Log,
	})
	mux.Handle("/connect/", links)
	mux.Handle("/oauth/callback", links)
	pages := web.New(web.Config{Store: s.db, API: family, PublicURL: s.config.PublicURL, Log: s.config.Log})
	for _, path := range web.Paths() {
		mux.Handle(path, pages)
	}
	if s.config.Temporal.Codec != nil && !s.config.CodecToken.IsZero() {
		mux.Handle("/codec/", s.config.Temporal.Codec.Handler(s.config.CodecToken, s.config.CodecOrigin))
	}
	return mux
}

// Address is host:port where the server listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Run answers until ctx ends, lets running requests finish, and closes the
// server. It is called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	return api.ServeListener(ctx, s.listener, s.handler, s.config.Log)
}

// Close gives up a server that was not run; after that it does nothing.
func (s *Server) Close() {
	s.closing.Do(func() {
		if s.listener != nil {
			_ = s.listener.Close()
		}
		if s.cluster != nil {
			s.cluster.Close()
		}
		if s.transport != nil {
			s.transport.Close()
		}
		if s.db != nil {
			s.db.Close()
		}
	})
}
