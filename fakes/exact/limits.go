package exact

import (
	"strconv"
	"sync"
	"time"
)

// limits are the calls of the app to each administration, in a window of a
// minute and in one of a day.
type limits struct {
	mu      sync.Mutex
	sizes   [2]int
	lengths [2]time.Duration
	windows map[int]*[2]window
}

// window counts calls until it ends; the next begins with its first call.
type window struct {
	until time.Time
	calls int
}

// budget is what the headers of one answer tell.
type budget struct {
	limit, remaining [2]int
	reset            [2]time.Time
	told             [2]bool // a 429 carries one set only
}

const (
	minute = iota
	day
)

var headers = [2]string{"X-RateLimit-Minutely-", "X-RateLimit-"}

func (l *limits) init(cfg Config) {
	l.sizes = [2]int{cfg.MinuteCalls, cfg.DayCalls}
	l.lengths = [2]time.Duration{cfg.MinuteWindow, cfg.DayWindow}
	l.windows = map[int]*[2]window{}
}

// take spends one call; false when a window is full, and then the budget tells
// of that window only.
func (l *limits) take(division int, now time.Time) (budget, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[division]
	if w == nil {
		w = &[2]window{}
		l.windows[division] = w
	}
	for i := range w {
		if !now.Before(w[i].until) {
			w[i] = window{until: now.Add(l.lengths[i])}
		}
	}
	for i := range w {
		if l.sizes[i] > 0 && w[i].calls >= l.sizes[i] {
			b := l.budget(w)
			b.told = [2]bool{}
			b.told[i] = true
			return b, false
		}
	}
	for i := range w {
		w[i].calls++
	}
	return l.budget(w), true
}

func (l *limits) budget(w *[2]window) budget {
	var b budget
	for i := range w {
		b.limit[i], b.remaining[i] = l.sizes[i], max(l.sizes[i]-w[i].calls, 0)
		b.reset[i], b.told[i] = w[i].until, l.sizes[i] > 0
	}
	return b
}

// full is the budget of a window that is used up though nothing was spent.
func (l *limits) full(which string, left time.Duration, now time.Time) budget {
	var b budget
	i := minute
	if which == "day" {
		i = day
	}
	b.limit[i], b.reset[i], b.told[i] = l.sizes[i], now.Add(left), true
	return b
}

// tell writes the headers; reset is in milliseconds since 1970.
func (b budget) tell(a *answer) {
	for i, prefix := range headers {
		if b.told[i] {
			a.set(prefix+"Limit", strconv.Itoa(b.limit[i]))
			a.set(prefix+"Remaining", strconv.Itoa(b.remaining[i]))
			a.set(prefix+"Reset", strconv.FormatInt(b.reset[i].UnixMilli(), 10))
		}
	}
}

// blocks are the endpoints that the app met too many errors at.
type blocks struct {
	mu     sync.Mutex
	most   int
	length time.Duration
	at     map[blockKey]*block
}

type blockKey struct {
	user     string
	division int
	endpoint string
}

type block struct {
	errors []time.Time
	until  time.Time
	length time.Duration // of the last block
}

func (b *blocks) init(cfg Config) {
	b.most, b.length, b.at = cfg.ErrorCalls, cfg.ErrorWindow, map[blockKey]*block{}
}

func (b *blocks) blocked(k blockKey, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at[k]
	return at != nil && now.Before(at.until)
}

// count notes an answer; one error too many blocks the endpoint.
func (b *blocks) count(k blockKey, status int, now time.Time) {
	switch status {
	case 400, 401, 403, 404:
	default:
		return
	}
	if b.most == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.at[k]
	if at == nil {
		at = &block{}
		b.at[k] = at
	}
	kept := at.errors[:0]
	for _, t := range at.errors {
		if now.Sub(t) < b.length {
			kept = append(kept, t)
		}
	}
	at.errors = append(kept, now)
	if len(at.errors) > b.most {
		at.length = max(b.length, 2*at.length)
		at.until, at.errors = now.Add(at.length), nil
	}
}

// Blocked are the endpoints that are blocked now.
func (s *Site) Blocked() []string {
	s.blocks.mu.Lock()
	defer s.blocks.mu.Unlock()
	out := []string{}
	for k, at := range s.blocks.at {
		if s.cfg.Now().Before(at.until) {
			out = append(out, strconv.Itoa(k.division)+"/"+k.endpoint)
		}
	}
	return out
}
