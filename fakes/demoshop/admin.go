package demoshop

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// serveAdmin answers the demo's own endpoints, which no shop has.
func (s *Shop) serveAdmin(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/_demo"), "/") {
	case "GET /state":
		standin.Reply(w, s.State())
	case "POST /misbehave":
		var m Misbehaviour
		if !standin.Receive(w, r, &m) {
			return
		}
		if err := s.Misbehave(m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		standin.Reply(w, m)
	case "POST /mutate":
		var in struct {
			Count  int   `json:"count"`
			Orders int   `json:"orders"` // orders to place
			ID     int64 `json:"id"`     // a product whose stock is set without a new date_modified
			Stock  int32 `json:"stock"`
		}
		if !standin.Receive(w, r, &in) {
			return
		}
		if in.ID != 0 && !s.SetStockSilently(in.ID, in.Stock) {
			http.Error(w, "no product or variation with that id is listed", http.StatusNotFound)
			return
		}
		s.Mutate(min(in.Count, maxProducts))
		s.PlaceOrders(min(in.Orders, maxProducts))
		standin.Reply(w, s.Counts())
	case "GET /counts":
		standin.Reply(w, s.Counts())
	case "GET /ledger":
		switch kind := r.URL.Query().Get("kind"); kind {
		case "purchase_orders":
			standin.Reply(w, s.PurchaseOrders())
		case "requests":
			standin.Reply(w, s.ledger.Recent())
		case "":
			standin.Reply(w, s.Ledger())
		default:
			http.Error(w, "kind: give purchase_orders, requests or nothing", http.StatusBadRequest)
		}
	case "GET /truth/products":
		s.serveTruth(w, r, s.truthProducts)
	case "GET /truth/gone":
		s.serveTruth(w, r, s.truthGone)
	case "GET /truth/orders":
		s.serveTruth(w, r, s.truthOrders)
	case "GET /truth/suppliers":
		s.serveTruth(w, r, s.truthSuppliers)
	case "GET /truth/supplier-products":
		s.serveTruth(w, r, s.truthOffers)
	default:
		http.Error(w, "no such demo endpoint", http.StatusNotFound)
	}
}

// serveTruth streams JSON lines; from is the first id, limit the most lines.
func (s *Shop) serveTruth(w http.ResponseWriter, r *http.Request, next func(from int64, n int) ([]byte, int64, int)) {
	q := r.URL.Query()
	from, limit := int64(0), int(^uint(0)>>1)
	if v := q.Get("from"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			http.Error(w, "from: give an id", http.StatusBadRequest)
			return
		}
		from = n
	}
	if v := q.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			http.Error(w, "limit: give a number of lines", http.StatusBadRequest)
			return
		}
		limit = n
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	for limit > 0 {
		b, after, n := next(from, min(limit, 500))
		if _, err := w.Write(b); err != nil || after < 0 {
			return
		}
		from = after
		limit -= n
	}
}
