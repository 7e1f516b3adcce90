package bol

import (
	"context"
	"net"

	"github.com/koppel-io/koppel/fakes/standin"
)

func (a *Account) server() standin.Server {
	return standin.Server{Name: "bol", Handler: a.Handler(), Run: a.Run, Close: func() error { a.Close(); return nil }}
}

// Serve listens on addr (port 0 takes a free one), delivers its events
// and answers until ctx ends.
func (a *Account) Serve(ctx context.Context, addr string) error { return a.server().Listen(ctx, addr) }

// ServeListener is Serve on a listener that is open already; it closes it.
func (a *Account) ServeListener(ctx context.Context, ln net.Listener) error {
	return a.server().Serve(ctx, ln)
}
