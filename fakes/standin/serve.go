package standin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server is a fake that can be served.
type Server struct {
	// Name of the fake, for errors.
	Name string
	// Handler answers.
	Handler http.Handler
	// Run, if there is one, goes on until its context ends; Close ends waiting
	// requests.
	Run   func(context.Context)
	Close func() error
}

// Listen serves on addr (port 0 takes a free one) until ctx ends.
func (s Server) Listen(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%s: listen on %s: %w", s.Name, addr, err)
	}
	return s.Serve(ctx, ln)
}

// Serve serves on a listener that is open already, and closes it.
func (s Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.Run != nil {
		go s.Run(ctx)
	}
	srv := &http.Server{
		Handler: s.Handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // dropped connections are its business
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return errors.Join(fmt.Errorf("%s: serve: %w", s.Name, err), s.Close())
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
		return fmt.Errorf("%s: stop: %w", s.Name, err)
	}
	return nil
}

// Loopback reports whether a caller is on this machine.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Local lets only callers on this machine through to the endpoints for tests.
func Local(w http.ResponseWriter, r *http.Request, admin http.HandlerFunc) {
	if !Loopback(r.RemoteAddr) {
		http.Error(w, "the endpoints for tests answer loopback callers only", http.StatusForbidden)
		return
	}
	admin(w, r)
}
