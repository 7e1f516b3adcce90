package rest

import (
	"context"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
)

// permits are places of a shared concurrency limit that this client holds. A
// place is kept for a moment between requests, so that a busy reader does not
// ask the store before each of them.
type permits struct {
	budget *budget
	// use is how long a place is used again before it is given back; hold is
	// how long the store counts it as taken when nobody gives it back, because
	// its worker was killed or Postgres was away.
	use, hold time.Duration

	mu   sync.Mutex
	idle []*permit
}

type permit struct {
	release func()
	until   time.Time
	timer   *time.Timer
}

const (
	// permitUse is the longest that a place is used again.
	permitUse = 30 * time.Second
	// permitIdle is how long an unused place is kept.
	permitIdle = 200 * time.Millisecond
	permitPoll = 50 * time.Millisecond
)

// newPermits holds places just as long as their last request may last, so that
// those of a killed worker are missing no longer than need be.
func newPermits(b *budget, heartbeat, request time.Duration) *permits {
	use := min(permitUse, heartbeat)
	return &permits{budget: b, use: use, hold: use + b.waitInside + request}
}

// take returns an idle place or asks for one, for as long as a worker should wait.
func (p *permits) take(ctx context.Context) (*permit, error) {
	p.mu.Lock()
	for n := len(p.idle); n > 0; n = len(p.idle) {
		place := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if place.timer.Stop() && p.budget.now().Before(place.until) {
			p.mu.Unlock()
			return place, nil
		}
		place.release()
	}
	p.mu.Unlock()
	b := p.budget
	deadline := b.now().Add(b.waitInside)
	for wait := permitPoll; ; wait = min(2*wait, time.Second) {
		release, ok, err := b.leaser.AcquireConcurrency(ctx, b.key, "concurrency", b.concurrency, p.hold)
		if err != nil {
			return nil, koppel.Wrap("take a place of "+b.key, err)
		}
		if ok {
			return &permit{release: sync.OnceFunc(release), until: b.now().Add(p.use)}, nil
		}
		if b.now().Add(wait).After(deadline) {
			return nil, b.tooLong(time.Second, "concurrency")
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// give keeps the place for the next request, or gives it back after a moment.
func (p *permits) give(place *permit) {
	if !p.budget.now().Before(place.until) {
		place.release()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	place.timer = time.AfterFunc(permitIdle, func() {
		p.mu.Lock()
		for i, idle := range p.idle {
			if idle == place {
				p.idle = append(p.idle[:i], p.idle[i+1:]...)
				break
			}
		}
		p.mu.Unlock()
		place.release()
	})
	p.idle = append(p.idle, place)
}

// close gives idle places back at once.
func (p *permits) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, place := range idle {
		place.timer.Stop()
		place.release()
	}
}
