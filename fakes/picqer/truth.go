package picqer

import (
	"bytes"
	"net/http"
)

// State is how large the account is now, and its present misbehaviour.
type State struct {
	Zone           string       `json:"zone"`
	Seed           uint64       `json:"seed"`
	Products       int          `json:"products"`
	Active         int          `json:"active"`
	Composed       int          `json:"composed"`
	Suppliers      int          `json:"suppliers"`
	Orders         int          `json:"orders"`
	PurchaseOrders int          `json:"purchase_orders"`
	Receipts       int          `json:"receipts"`
	Hooks          int          `json:"hooks"`
	Misbehaviour   Misbehaviour `json:"misbehaviour"`
}

// State tells how the account stands.
func (a *Account) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := State{
		Zone: a.cfg.Zone, Seed: a.cfg.Seed, Products: len(a.products.rows), Suppliers: len(a.suppliers.rows), Orders: len(a.orders.rows),
		PurchaseOrders: len(a.purchaseOrders.rows), Receipts: len(a.receipts.rows), Hooks: len(a.hooks.rows), Misbehaviour: a.faults.Set(),
	}
	for _, e := range a.products.rows {
		if e.row.Active {
			s.Active++
		}
		if len(a.parts[e.id]) > 0 {
			s.Composed++
		}
	}
	return s
}

// serveTruth writes all rows of a kind as JSON lines, whatever faults there
// are: products with their parts, active or not; purchase orders and receipts
// in every state.
func (a *Account) serveTruth(w http.ResponseWriter, kind string) {
	var b bytes.Buffer
	a.mu.Lock()
	switch kind {
	case "products":
		for _, e := range a.products.rows {
			line(&b, struct {
				*product
				Parts []part `json:"parts"`
			}{e.row, a.parts[e.id]})
		}
	case "suppliers":
		lines(&b, &a.suppliers)
	case "orders":
		lines(&b, &a.orders)
	case "purchaseorders":
		lines(&b, &a.purchaseOrders)
	case "receipts":
		lines(&b, &a.receipts)
	default:
		a.mu.Unlock()
		http.Error(w, unknownKind(kind).Error(), http.StatusNotFound)
		return
	}
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-ndjson")
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(b.Bytes())
}

func lines[R any](b *bytes.Buffer, t *table[R]) {
	for _, e := range t.rows {
		line(b, e.row)
	}
}

func line(b *bytes.Buffer, row any) {
	b.Write(encode(row))
	b.WriteByte('\n')
}
