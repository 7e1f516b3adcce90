package exact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve listens on addr (port 0 takes a free one) and answers until ctx ends.
func (s *Site) Serve(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("exact: listen on %s: %w", addr, err)
	}
	return s.ServeListener(ctx, ln)
}

// ServeListener is Serve on a listener that is open already; it closes it.
func (s *Site) ServeListener(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // dropped connections are its business
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return errors.Join(fmt.Errorf("exact: serve: %w", err), s.Close())
	case <-ctx.Done():
	}
	err := s.Close()
	stop, end := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer end()
	if srv.Shutdown(stop) != nil {
		err = errors.Join(err, srv.Close())
	}
	<-done
	if err != nil {
		return fmt.Errorf("exact: stop: %w", err)
	}
	return nil
}
