package exact

import (
	"context"
	"net"

	"github.com/koppel-io/koppel/fakes/standin"
)

func (s *Site) server() standin.Server {
	return standin.Server{Name: "exact", Handler: s.Handler(), Close: s.Close}
}

// Serve listens on addr (port 0 takes a free one) and answers until ctx ends.
func (s *Site) Serve(ctx context.Context, addr string) error { return s.server().Listen(ctx, addr) }

// ServeListener is Serve on a listener that is open already; it closes it.
func (s *Site) ServeListener(ctx context.Context, ln net.Listener) error {
	return s.server().Serve(ctx, ln)
}
