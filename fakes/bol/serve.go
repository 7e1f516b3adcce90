package bol

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve listens on addr (port 0 takes a free one), delivers its events
// and answers until ctx ends.
func (a *Account) Serve(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("bol: listen on %s: %w", addr, err)
	}
	return a.ServeListener(ctx, ln)
}

// ServeListener is Serve on a listener that is open already; it closes it.
func (a *Account) ServeListener(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go a.Run(ctx)
	srv := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // dropped connections are its business
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("bol: serve: %w", err)
	case <-ctx.Done():
	}
	a.Close()
	var err error
	stop, end := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer end()
	if srv.Shutdown(stop) != nil {
		err = srv.Close()
	}
	<-done
	if err != nil {
		return fmt.Errorf("bol: stop: %w", err)
	}
	return nil
}
