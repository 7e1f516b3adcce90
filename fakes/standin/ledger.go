package standin

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Ledger counts every request and keeps the last ones.
type Ledger struct {
	mu     sync.Mutex
	counts map[Counted]int64
	faults map[string]int64
	last   []Request // a ring
	next   int
	total  int64
}

// Counted is what requests are counted by.
type Counted struct {
	Method string `json:"method"`
	// Path is the route's, with its parameters as they are named.
	Path string `json:"path"`
	// Status 0 means that no answer was sent.
	Status int `json:"status"`
	// Effect is what changed, Fault what spoiled it.
	Effect string `json:"effect,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Request is one request as the ledger keeps it, without keys and tokens.
type Request struct {
	At    time.Time `json:"at"`
	URL   string    `json:"url"`
	Query string    `json:"query,omitempty"`
	// Division and Body are kept by the fakes that have use for them.
	Division int    `json:"division,omitempty"`
	Body     string `json:"body,omitempty"`
	Counted
}

// Count is how often something was asked.
type Count struct {
	Counted
	Count int64 `json:"count"`
}

// keptRequests is how many requests a ledger keeps.
const keptRequests = 20_000

// Note counts a request.
func (l *Ledger) Note(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts, l.faults = map[Counted]int64{}, map[string]int64{}
	}
	r.At = r.At.UTC()
	l.total++
	l.counts[r.Counted]++
	if r.Fault != "" {
		l.faults[r.Fault]++
	}
	if len(l.last) < keptRequests {
		l.last = append(l.last, r)
		return
	}
	l.last[l.next] = r
	l.next = (l.next + 1) % keptRequests
}

// Summary is what was asked so far.
type Summary struct {
	Requests int64            `json:"requests"`
	Counts   []Count          `json:"counts"`
	Faults   map[string]int64 `json:"faults"`
}

// Summary sums up all requests so far.
func (l *Ledger) Summary() Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Summary{Requests: l.total, Counts: make([]Count, 0, len(l.counts)), Faults: map[string]int64{}}
	maps.Copy(out.Faults, l.faults)
	for k, n := range l.counts {
		out.Counts = append(out.Counts, Count{k, n})
	}
	slices.SortFunc(out.Counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Effect, b.Effect), cmp.Compare(a.Fault, b.Fault))
	})
	return out
}

// Recent are the kept requests, oldest first.
func (l *Ledger) Recent() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(append([]Request{}, l.last[l.next:]...), l.last[:l.next]...)
}
