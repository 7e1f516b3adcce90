package exact

import (
	"slices"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// note counts a request in the ledger, by its path below the administration and
// without keys and tokens.
func (s *Site) note(c *call, status int, effect string) {
	path := c.path
	if path == "" {
		path = strings.TrimPrefix(c.r.URL.Path, "/")
	}
	req := standin.Request{At: s.cfg.Now(), URL: c.r.URL.Path, Counted: standin.Counted{
		Method: c.r.Method, Path: path, Status: status, Effect: effect, Fault: string(c.fault.Kind()),
	}}
	if !strings.HasPrefix(c.r.URL.Path, "/api/oauth2/") {
		req.Query = c.r.URL.RawQuery
	}
	if c.admin != nil {
		req.Division = c.admin.code
	}
	s.ledger.Note(req)
}

// LedgerSummary is what the site saw and did.
type LedgerSummary struct {
	standin.Summary
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
	out := LedgerSummary{Summary: s.ledger.Summary(), Doubled: []string{}, Blocked: s.Blocked()}
	for _, c := range out.Counts {
		switch c.Effect {
		case "rotate tokens":
			out.Rotations += c.Count
		case "reuse of a refresh token":
			out.Reuses += c.Count
		}
	}
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
func (s *Site) Requests() []standin.Request { return s.ledger.Recent() }

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
