package connect

import (
	"net"
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

// limits holds each address to a few requests a second, so that nobody tries
// credentials or tokens by the thousand.
type limits struct {
	mu   sync.Mutex
	from map[string]*rate.Limiter
}

const (
	perSecond     = 2
	burst         = 30
	mostAddresses = 10_000
)

func newLimits() *limits { return &limits{from: map[string]*rate.Limiter{}} }

func (l *limits) allow(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.from[host]
	if limiter == nil {
		if len(l.from) >= mostAddresses {
			clear(l.from)
		}
		limiter = rate.NewLimiter(perSecond, burst)
		l.from[host] = limiter
	}
	return limiter.Allow()
}
