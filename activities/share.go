package activities

import (
	"sync"
	"time"

	"github.com/koppel-io/koppel"
)

// Shares counts the bulk slices of each webshop in a process. Its zero value is ready.
type Shares struct {
	mu sync.Mutex
	of map[int64]int
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
	if s.of == nil {
		s.of = map[int64]int{}
	}
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
