package picqer

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// ledger counts every request and keeps the last ones.
type ledger struct {
	mu     sync.Mutex
	counts map[counted]int64
	last   []Request
	total  int64
}

// counted is what requests are counted by.
type counted struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"` // 0: no answer was sent
	Effect string `json:"effect,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Request is one request as the ledger keeps it, without its key.
type Request struct {
	At    time.Time `json:"at"`
	URL   string    `json:"url"`
	Query string    `json:"query,omitempty"`
	Body  string    `json:"body,omitempty"`
	counted
}

const keptRequests = 50_000

func (l *ledger) init() { l.counts = map[counted]int64{} }

func (l *ledger) request(c *call, pattern string, status int, effect, fault string, at time.Time) {
	k := counted{c.Method, pattern, status, effect, fault}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.counts[k]++
	if len(l.last) == keptRequests {
		l.last = slices.Delete(l.last, 0, keptRequests/10)
	}
	l.last = append(l.last, Request{at.UTC(), c.URL.Path, c.URL.RawQuery, string(c.body), k})
}

// Count is one line of the ledger's summary.
type Count struct {
	counted
	Count int64 `json:"count"`
}

// LedgerSummary is what the account saw and did.
type LedgerSummary struct {
	Requests int64   `json:"requests"`
	Counts   []Count `json:"counts"`
	// PurchaseOrders are those posted, References the different
	// supplier_orderid among them, Doubled the ones that stand on more than
	// one order that is not cancelled, Concepts those never made final.
	PurchaseOrders int      `json:"purchase_orders"`
	References     int      `json:"references"`
	Doubled        []string `json:"doubled"`
	Concepts       []string `json:"concepts"`
}

// Ledger sums up every request and purchase order so far.
func (a *Account) Ledger() LedgerSummary {
	sum := LedgerSummary{Doubled: []string{}, Concepts: []string{}}
	a.ledger.mu.Lock()
	sum.Requests = a.ledger.total
	for k, n := range a.ledger.counts {
		sum.Counts = append(sum.Counts, Count{k, n})
	}
	a.ledger.mu.Unlock()
	slices.SortFunc(sum.Counts, func(x, y Count) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method), cmp.Compare(x.Status, y.Status),
			cmp.Compare(x.Effect, y.Effect), cmp.Compare(x.Fault, y.Fault))
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := map[string]int{}
	for _, e := range a.purchaseOrders.rows {
		sum.PurchaseOrders++
		if e.row.SupplierRef == nil {
			continue
		}
		ref := *e.row.SupplierRef
		if _, known := seen[ref]; !known {
			seen[ref] = 0
		}
		if e.row.Status == "concept" {
			sum.Concepts = append(sum.Concepts, ref)
		}
		if e.row.Status == "cancelled" {
			continue
		}
		if seen[ref]++; seen[ref] == 2 {
			sum.Doubled = append(sum.Doubled, ref)
		}
	}
	sum.References = len(seen)
	slices.Sort(sum.Doubled)
	slices.Sort(sum.Concepts)
	return sum
}

// Requests are the kept requests, oldest first.
func (a *Account) Requests() []Request {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	return slices.Clone(a.ledger.last)
}
