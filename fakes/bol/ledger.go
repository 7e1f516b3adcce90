package bol

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/koppel-io/koppel/fakes/standin"
)

// ledger counts every request and every effect, and keeps the last ones.
type ledger struct {
	standin.Ledger
	mu         sync.Mutex
	deliveries map[string]Delivery
	effects    []Effect
}

// note counts a request in the ledger.
func (a *Account) note(c *call, rt route, status int, effect string, fault FaultKind) {
	a.ledger.Note(standin.Request{At: c.now, URL: c.r.URL.Path, Query: c.r.URL.RawQuery, Counted: standin.Counted{
		Method: c.r.Method, Path: rt.pattern, Status: status, Effect: effect, Fault: string(fault),
	}})
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

func (l *ledger) effect(kind, about string, amount int, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.effects = append(l.effects, Effect{at.UTC(), kind, about, amount})
}

func (l *ledger) delivery(subscription string, taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deliveries == nil {
		l.deliveries = map[string]Delivery{}
	}
	d := l.deliveries[subscription]
	if taken {
		d.Taken++
	} else {
		d.Refused++
	}
	l.deliveries[subscription] = d
}

// Ledger is what was asked of the account and what came of it.
type Ledger struct {
	standin.Summary
	Tokens  int64 `json:"tokens"` // tokens issued
	Refused int64 `json:"refused"`
	// Doubled are references that more than one replenishment has.
	Doubled    []string            `json:"doubled"`
	Deliveries map[string]Delivery `json:"deliveries"`
}

// Ledger sums up all requests so far.
func (a *Account) Ledger() Ledger {
	l := &a.ledger
	out := Ledger{Summary: l.Summary(), Doubled: []string{}, Deliveries: map[string]Delivery{}}
	for _, k := range out.Counts {
		if k.Effect == "token" {
			out.Tokens += k.Count
		}
		if k.Status == http.StatusTooManyRequests {
			out.Refused += k.Count
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(out.Deliveries, l.deliveries)
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
func (a *Account) Requests() []standin.Request { return a.ledger.Recent() }
