package picqer

import (
	"slices"

	"github.com/koppel-io/koppel/fakes/standin"
)

// note counts a request in the ledger.
func (a *Account) note(c *call, pattern string, status int, effect string, fault FaultKind) {
	a.ledger.Note(standin.Request{At: a.cfg.Now(), URL: c.URL.Path, Query: c.URL.RawQuery, Body: string(c.body), Counted: standin.Counted{
		Method: c.Method, Path: pattern, Status: status, Effect: effect, Fault: string(fault),
	}})
}

// LedgerSummary is what the account saw and did.
type LedgerSummary struct {
	standin.Summary
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
	sum := LedgerSummary{Summary: a.ledger.Summary(), Doubled: []string{}, Concepts: []string{}}
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
func (a *Account) Requests() []standin.Request { return a.ledger.Recent() }
