package demoshop

import (
	"context"
	"net"

	"github.com/koppel-io/koppel/fakes/standin"
)

func (s *Shop) server() standin.Server {
	return standin.Server{Name: "demoshop", Handler: s.Handler(), Run: s.Run, Close: s.Close}
}

// Serve listens on addr (port 0 takes a free one), changes the shop as its
// Misbehaviour says and answers until ctx ends.
func (s *Shop) Serve(ctx context.Context, addr string) error { return s.server().Listen(ctx, addr) }

// ServeListener is Serve on a listener that is open already; it closes it.
func (s *Shop) ServeListener(ctx context.Context, ln net.Listener) error {
	return s.server().Serve(ctx, ln)
}
