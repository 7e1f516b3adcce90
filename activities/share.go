package activities

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/koppel-io/koppel"
)

// Shares divides a process among what runs in it: bulk slices of one webshop and
// another, bulk and small runs.
type Shares struct {
	mu sync.Mutex
	// of counts the bulk slices of each webshop.
	of map[int64]int
	// small is when small work was last here, in nanoseconds since 1970.
	small atomic.Int64
	// heavy is what bulk slices may do at once while small work is about.
	heavy *semaphore.Weighted
}

// NewShares returns the shares of a process with so many processors.
func NewShares(processors int) *Shares {
	return &Shares{of: map[int64]int{}, heavy: semaphore.NewWeighted(int64(max(processors-1, 1)))}
}

// shortSlices is how much shorter the slices of a webshop are that reads more
// than one stream group in bulk at once.
const shortSlices = 10

// take counts a slice of a run and says how long it may read. Bulk reads of one
// webshop beside each other hold their places only shortly: then whoever waits
// has a turn, and while nobody waits they go on at once.
func (s *Shares) take(run koppel.Mode, webshop int64, slice time.Duration) (time.Duration, func()) {
	if s == nil || QueueOf(run) != QueueBackfill {
		return slice, func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[webshop]++
	if s.of[webshop] > 1 {
		slice /= shortSlices
	}
	return slice, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.of[webshop]--; s.of[webshop] == 0 {
			delete(s.of, webshop)
		}
	}
}

// about is for how long after small work bulk still gives way: more of it is
// likely, and it has a way to go before it is here.
const about = 500 * time.Millisecond

// pass notes that small work is here; what it returns, that it is over.
func (s *Shares) pass() func() {
	if s == nil {
		return func() {}
	}
	note := func() { s.small.Store(time.Now().UnixNano()) }
	note()
	return note
}

// giveWay comes before each heavy step of a bulk slice: mapping a page, writing
// a batch. While small work is about, all of them together leave it a processor,
// and as much of the database. What it returns ends the step. Whoever waits for
// another step while it is in one must have begun after it.
func (s *Shares) giveWay(ctx context.Context, run koppel.Mode) (func(), error) {
	if s == nil || QueueOf(run) != QueueBackfill || time.Since(time.Unix(0, s.small.Load())) > about {
		return func() {}, nil
	}
	if err := s.heavy.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { s.heavy.Release(1) }, nil
}
