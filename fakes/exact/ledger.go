package exact

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger counts every request and keeps the last ones.
type ledger struct {
	mu     sync.Mutex
	counts map[Counted]int64
	faults map[string]int64
	last   []Request // a ring
	next   int
	total  int64
}

// Counted is what requests are counted by. Path is that below the
// administration, without keys; Status 0 means that no answer was sent.
type Counted struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
	Effect string `json:"effect,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Request is one request as the ledger keeps it, without tokens.
type Request struct {
	At       time.Time `json:"at"`
	Division int       `json:"division,omitempty"`
	Query    string    `json:"query,omitempty"`
	URL      string    `json:"url"`
	Counted
}

// Count is how often something was asked.
type Count struct {
	Counted
	Count int64 `json:"count"`
}

const keptRequests = 20_000

func (l *ledger) init() {
	l.counts, l.faults = map[Counted]int64{}, map[string]int64{}
}

func (l *ledger) request(c *call, status int, effect, fault string, at time.Time) {
	path := c.path
	if path == "" {
		path = strings.TrimPrefix(c.r.URL.Path, "/")
	}
	counted := Counted{c.r.Method, path, status, effect, fault}
	req := Request{At: at.UTC(), URL: c.r.URL.Path, Counted: counted}
	if !strings.HasPrefix(c.r.URL.Path, "/api/oauth2/") {
		req.Query = c.r.URL.RawQuery
	}
	if c.admin != nil {
		req.Division = c.admin.code
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.counts[counted]++
	if fault != "" {
		l.faults[fault]++
	}
	if len(l.last) < keptRequests {
		l.last = append(l.last, req)
		return
	}
	l.last[l.next] = req
	l.next = (l.next + 1) % keptRequests
}

// LedgerSummary is what the site saw and did.
type LedgerSummary struct {
	Requests int64            `json:"requests"`
	Counts   []Count          `json:"counts"`
	Faults   map[string]int64 `json:"faults"`
	// PurchaseOrders are the orders made through the API, References the
	// different YourRefs among them, Doubled those ordered more than once.
	PurchaseOrders int      `json:"purchase_orders"`
	References     int      `json:"references"`
	Doubled        []string `json:"doubled"`
	// Rotations are refreshes that gave new tokens, Reuses calls with a
	// refresh token that was used before.
	Rotations int64 `json:"rotations"`
	Reuses    int64 `json:"reuses"`
	// WebhooksSent, and WebhooksFailed of them that were not answered 2xx.
	WebhooksSent   int64    `json:"webhooks_sent"`
	WebhooksFailed int64    `json:"webhooks_failed"`
	Blocked        []string `json:"blocked"`
}

// Ledger sums up every request so far.
func (s *Site) Ledger() LedgerSummary {
	out := LedgerSummary{Doubled: []string{}, Faults: map[string]int64{}, Blocked: s.Blocked()}
	l := &s.ledger
	l.mu.Lock()
	out.Requests = l.total
	for k, n := range l.faults {
		out.Faults[k] = n
	}
	for k, n := range l.counts {
		out.Counts = append(out.Counts, Count{k, n})
		switch k.Effect {
		case "rotate tokens":
			out.Rotations += n
		case "reuse of a refresh token":
			out.Reuses += n
		}
	}
	l.mu.Unlock()
	slices.SortFunc(out.Counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Effect, b.Effect), cmp.Compare(a.Fault, b.Fault))
	})
	orders := s.Pushed()
	out.References = len(orders)
	for reference, ids := range orders {
		out.PurchaseOrders += len(ids)
		if len(ids) > 1 {
			out.Doubled = append(out.Doubled, reference)
		}
	}
	slices.Sort(out.Doubled)
	out.WebhooksSent, out.WebhooksFailed = s.hooks.sent.Load(), s.hooks.failed.Load()
	return out
}

// Requests are the kept requests, oldest first.
func (s *Site) Requests() []Request {
	l := &s.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(append([]Request{}, l.last[l.next:]...), l.last[:l.next]...)
}

// Pushed are the ids of the purchase orders ever made through the API, by
// YourRef, those deleted since among them.
func (s *Site) Pushed() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]string{}
	for _, a := range s.divisions {
		for _, p := range a.pushed {
			out[p.reference] = append(out[p.reference], p.id)
		}
	}
	return out
}
