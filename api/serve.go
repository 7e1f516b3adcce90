package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// The limits of a connection. A live run extends its own write limit.
const (
	readHeaderLimit = 10 * time.Second
	readLimit       = 30 * time.Second
	writeLimit      = 60 * time.Second
	idleLimit       = 2 * time.Minute
	headerBytes     = 64 << 10
)

// shutDown is how long requests may go on after Serve is told to stop.
const shutDown = 20 * time.Second

type closingKey struct{}

// Closing is closed when the server begins to stop, so that answers without
// an end of their own can end; nil outside Serve.
func Closing(ctx context.Context) <-chan struct{} {
	closing, _ := ctx.Value(closingKey{}).(chan struct{})
	return closing
}

// Serve answers on addr (host:port) until ctx ends, lets running requests
// finish and returns nil. It is the caller that chooses an address beyond loopback.
func Serve(ctx context.Context, addr string, handler http.Handler, log *slog.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return &koppel.Error{Kind: koppel.KindConflict, Op: "serve the API", Err: err, Detail: "cannot listen at " + addr + ": is another server running there?"}
	}
	return ServeListener(ctx, listener, handler, log)
}

// ServeListener is Serve on a listener that is open already, which it closes.
func ServeListener(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	closing := make(chan struct{})
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderLimit, ReadTimeout: readLimit, WriteTimeout: writeLimit,
		IdleTimeout: idleLimit, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// Requests outlive ctx: they get shutDown to finish.
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), closingKey{}, closing)
		},
	}
	server.RegisterOnShutdown(func() { close(closing) })
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	log.InfoContext(ctx, "the API answers", "address", listener.Addr().String())
	select {
	case err := <-done:
		return koppel.Wrap("serve the API", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutDown)
	defer cancel()
	err := server.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return koppel.Wrap("stop the API", err)
}
