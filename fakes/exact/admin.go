package exact

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// serveAdmin answers the fake's own endpoints, which no Exact has.
func (s *Site) serveAdmin(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/_fake"), "/")
	if name, ok := strings.CutPrefix(path, "/truth/"); ok && r.Method == http.MethodGet {
		s.serveTruth(w, r, name)
		return
	}
	switch r.Method + " " + path {
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
		in := struct {
			Division int `json:"division"` // 0: the first
			Count    int `json:"count"`
		}{}
		if !standin.Receive(w, r, &in) {
			return
		}
		if in.Division == 0 {
			in.Division = s.Division(0)
		}
		if err := s.Mutate(in.Division, min(in.Count, maxRows)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		standin.Reply(w, s.State())
	case "POST /rows":
		s.serveRows(w, r)
	case "POST /login":
		refresh, access := s.Login()
		standin.Reply(w, map[string]string{"refresh_token": refresh, "access_token": access})
	case "POST /revoke":
		s.RevokeAll()
		standin.Reply(w, s.State())
	case "GET /ledger":
		switch kind := r.URL.Query().Get("kind"); kind {
		case "purchase_orders":
			standin.Reply(w, s.Pushed())
		case "requests":
			standin.Reply(w, s.Requests())
		case "":
			standin.Reply(w, s.Ledger())
		default:
			http.Error(w, "kind: give purchase_orders, requests or nothing", http.StatusBadRequest)
		}
	default:
		http.Error(w, "no such endpoint of the fake", http.StatusNotFound)
	}
}

// serveTruth answers the objects of Truth, or the rows of a table.
func (s *Site) serveTruth(w http.ResponseWriter, r *http.Request, name string) {
	code := s.Division(0)
	if v := r.URL.Query().Get("division"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			http.Error(w, "division: give a number", http.StatusBadRequest)
			return
		}
		code = n
	}
	if s.division(code) == nil {
		http.Error(w, "there is no such division", http.StatusNotFound)
		return
	}
	truth := s.Truth(code)
	switch name {
	case "suppliers":
		standin.Reply(w, truth.Suppliers)
	case "products":
		standin.Reply(w, truth.Products)
	case "product_compositions":
		standin.Reply(w, truth.Compositions)
	case "supplier_products":
		standin.Reply(w, truth.SupplierProducts)
	case "sell_orders":
		standin.Reply(w, truth.SellOrders)
	case "buy_orders":
		standin.Reply(w, truth.BuyOrders)
	case "item_deliveries":
		standin.Reply(w, truth.Deliveries)
	default:
		rows, err := s.Rows(code, name)
		if err != nil {
			http.Error(w, "give one of suppliers, products, product_compositions, supplier_products, sell_orders, buy_orders, item_deliveries or a table: "+strings.Join(entityNames(), ", "), http.StatusNotFound)
			return
		}
		standin.Reply(w, rows)
	}
}

// State is how the site is set up and how large it is now, without secrets.
type State struct {
	Divisions []int  `json:"divisions"`
	Seed      uint64 `json:"seed"`
	Timestamp int64  `json:"timestamp"`
	// Rows of the first administration, by table.
	Rows map[string]int `json:"rows"`
	// Windows of the budgets in seconds, with their calls; 0 calls are no limit.
	MinuteCalls   int          `json:"minute_calls"`
	MinuteSeconds float64      `json:"minute_seconds"`
	DayCalls      int          `json:"day_calls"`
	DaySeconds    float64      `json:"day_seconds"`
	AccessSeconds float64      `json:"access_seconds"`
	RefreshAfter  float64      `json:"refresh_after_seconds"`
	Misbehaviour  Misbehaviour `json:"misbehaviour"`
}

// State tells how the site stands.
func (s *Site) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{
		Seed: s.cfg.Seed, Timestamp: s.timestamp, Rows: map[string]int{}, MinuteCalls: s.cfg.MinuteCalls, MinuteSeconds: s.cfg.MinuteWindow.Seconds(),
		DayCalls: s.cfg.DayCalls, DaySeconds: s.cfg.DayWindow.Seconds(), AccessSeconds: s.cfg.AccessTTL.Seconds(), RefreshAfter: s.cfg.RefreshAfter.Seconds(),
		Misbehaviour: s.faults.Set(),
	}
	for _, a := range s.divisions {
		out.Divisions = append(out.Divisions, a.code)
	}
	for name, t := range s.divisions[0].tables {
		out.Rows[name] = len(t.rows)
	}
	return out
}

// Misbehave replaces how the site misbehaves, or says which field cannot be.
func (s *Site) Misbehave(m Misbehaviour) error {
	if err := m.check(); err != nil {
		return err
	}
	s.faults.Replace(m, m.DelayMS, m.Faults)
	return nil
}
