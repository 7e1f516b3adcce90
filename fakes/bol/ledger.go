package bol

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"
)

// ledger counts every request and every effect, and keeps the last ones.
type ledger struct {
	mu         sync.Mutex
	counts     map[counted]int64
	faults     map[string]int64
	deliveries map[string]*Delivery
	effects    []Effect
	last       []Request // a ring
	next       int
	total      int64
}

// counted is what requests are counted by.
type counted struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"` // 0: no answer was sent
	Effect string `json:"effect,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Request is one request as the ledger keeps it, without its token.
type Request struct {
	At    time.Time `json:"at"`
	Query string    `json:"query,omitempty"`
	URL   string    `json:"url"`
	counted
}

// Effect is one write that was taken, in order: of kind stock or replenishment,
// about an offer's id or a reference, with an amount or a number of lines.
type Effect struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	About  string    `json:"about"`
	Amount int       `json:"amount"`
}

// Delivery counts the attempts to deliver events to one subscription.
type Delivery struct {
	Taken   int64 `json:"taken"`
	Refused int64 `json:"refused"`
}

const keptRequests = 5000

func (l *ledger) init() {
	l.counts, l.faults, l.deliveries = map[counted]int64{}, map[string]int64{}, map[string]*Delivery{}
}

func (l *ledger) request(c *call, rt route, status int, effect, fault string) {
	by := counted{c.r.Method, rt.pattern, status, effect, fault}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.counts[by]++
	if fault != "" {
		l.faults[fault]++
	}
	req := Request{At: c.now.UTC(), URL: c.r.URL.Path, Query: c.r.URL.RawQuery, counted: by}
	if len(l.last) < keptRequests {
		l.last = append(l.last, req)
		return
	}
	l.last[l.next] = req
	l.next = (l.next + 1) % keptRequests
}

func (l *ledger) effect(kind, about string, amount int, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.effects = append(l.effects, Effect{at.UTC(), kind, about, amount})
}

func (l *ledger) delivery(subscription string, taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.deliveries[subscription]
	if d == nil {
		d = &Delivery{}
		l.deliveries[subscription] = d
	}
	if taken {
		d.Taken++
	} else {
		d.Refused++
	}
}

// Count is how often requests of one kind came.
type Count struct {
	counted
	Count int64 `json:"count"`
}

// Ledger is what was asked of the account and what came of it.
type Ledger struct {
	Requests int64            `json:"requests"`
	Tokens   int64            `json:"tokens"` // tokens issued
	Refused  int64            `json:"refused"`
	Counts   []Count          `json:"counts"`
	Faults   map[string]int64 `json:"faults"`
	// Doubled are references that more than one replenishment has.
	Doubled    []string            `json:"doubled"`
	Deliveries map[string]Delivery `json:"deliveries"`
}

// Ledger sums up all requests so far.
func (a *Account) Ledger() Ledger {
	l := &a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Ledger{Requests: l.total, Faults: map[string]int64{}, Counts: []Count{}, Doubled: []string{}, Deliveries: map[string]Delivery{}}
	for k, n := range l.faults {
		out.Faults[k] = n
	}
	for k, d := range l.deliveries {
		out.Deliveries[k] = *d
	}
	for k, n := range l.counts {
		out.Counts = append(out.Counts, Count{k, n})
		if k.Effect == "token" {
			out.Tokens += n
		}
		if k.Status == http.StatusTooManyRequests {
			out.Refused += n
		}
	}
	slices.SortFunc(out.Counts, func(x, y Count) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method), cmp.Compare(x.Status, y.Status),
			cmp.Compare(x.Effect, y.Effect), cmp.Compare(x.Fault, y.Fault))
	})
	seen := map[string]int{}
	for _, e := range l.effects {
		if e.Kind == "replenishment" {
			if seen[e.About]++; seen[e.About] == 2 {
				out.Doubled = append(out.Doubled, e.About)
			}
		}
	}
	return out
}

// Effects are the writes that were taken, in order.
func (a *Account) Effects() []Effect {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	return slices.Clone(a.ledger.effects)
}

// Requests are the last requests, oldest first.
func (a *Account) Requests() []Request {
	l := &a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(slices.Clone(l.last[l.next:]), l.last[:l.next]...)
}
