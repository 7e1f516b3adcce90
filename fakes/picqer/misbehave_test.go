package picqer

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func (s served) misbehave(body string) {
	s.t.Helper()
	s.do(200, "POST", "/_demo/misbehave", body)
}

func TestErrorsBeforeAndAfterTheEffect(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	for _, c := range []struct {
		fault  string
		status int
		orders int
	}{
		{`{"kind":"error_before","status":503,"times":1}`, 503, 0},
		{`{"kind":"rate_limit","times":1}`, 429, 0},
		{`{"kind":"unauthorized","times":1}`, 401, 0},
		{`{"kind":"hang_before","times":1,"delay_ms":1}`, 0, 0},
		{`{"kind":"error_after","times":1}`, 500, 1},
		{`{"kind":"hang_after","times":1,"delay_ms":1}`, 0, 2},
		{`{"kind":"truncate","cut":"length","times":1}`, 201, 3},
	} {
		s.misbehave(`{"faults":[` + c.fault + `]}`)
		g := s.as("picqer_demo", "POST", "/purchaseorders", onePurchaseOrder, nil)
		if g.status != c.status || s.Ledger().PurchaseOrders != c.orders {
			t.Errorf("%s: status %d, %d orders", c.fault, g.status, s.Ledger().PurchaseOrders)
		}
		if strings.Contains(c.fault, "truncate") && g.err == nil {
			t.Error("a truncated answer was read to its end")
		}
	}
	if n := s.Ledger().Requests; n != 7 {
		t.Errorf("the ledger has %d requests", n)
	}
}

func TestFaultsAreLimitedToAPath(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	s.misbehave(`{"faults":[{"kind":"error_after","times":1,"method":"POST","suffix":"/mark-as-purchased"}]}`)
	s.order(onePurchaseOrder)
	s.do(500, "POST", "/purchaseorders/4711/mark-as-purchased", "")
	if o := s.one("/purchaseorders/4711"); o["status"] != "purchased" {
		t.Errorf("status %v", o["status"])
	}
}

func TestListsAreSpoilt(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 300})
	for fault, want := range map[string]int{
		`{"kind":"emptied","share":1,"path":"/products"}`: 0, `{"kind":"tenth","share":1}`: 29, `{"kind":"cut_at","page":1,"share":1}`: 50,
	} {
		s.misbehave(`{"faults":[` + fault + `]}`)
		if rows := s.rows("/products"); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", fault, len(rows), want)
		}
	}
	s.misbehave(`{"faults":[{"kind":"row_deleted","times":1}]}`)
	seen := map[string]bool{}
	for _, path := range []string{"/products", "/products?offset=100", "/products?offset=200"} {
		for _, row := range s.rows(path) {
			seen[row.id("idproduct")] = true
		}
	}
	s.misbehave(`{}`)
	missed := 0
	for _, path := range []string{"/products", "/products?offset=100", "/products?offset=200"} {
		for _, row := range s.rows(path) {
			if !seen[row.id("idproduct")] {
				missed++
			}
		}
	}
	if missed != 1 {
		t.Errorf("the row deleted mid-scan hid %d rows, want 1", missed)
	}
}

func TestMisbehaviourIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	for _, body := range []string{
		`{"faults":[{"kind":"sulk","share":1}]}`, `{"faults":[{"kind":"latency"}]}`, `{"faults":[{"kind":"cut_at","share":1}]}`,
		`{"faults":[{"kind":"latency","share":2}]}`, `{"hooks":{"lost":2}}`, `{"faultz":[]}`, `{"faults":[{"kind":"latency","share":1,"path":"/x?y"}]}`,
	} {
		s.do(400, "POST", "/_demo/misbehave", body)
	}
}

func TestAdminChangesRowsAndTellsTheTruth(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 10, Suppliers: 2, Orders: 3})
	s.do(200, "POST", "/_demo/insert", `{"kind":"products","count":2}`)
	s.do(200, "POST", "/_demo/insert", `{"kind":"suppliers"}`)
	s.do(200, "POST", "/_demo/delete", `{"kind":"orders","id":8002}`)
	s.do(400, "POST", "/_demo/delete", `{"kind":"orders","id":8002}`)
	s.do(400, "POST", "/_demo/insert", `{"kind":"cows"}`)
	s.do(200, "POST", "/_demo/set", `{"product":501,"active":false,"supplier":32}`)
	s.misbehave(`{"faults":[{"kind":"emptied","share":1}]}`)
	truth := map[string]int{}
	for _, kind := range kinds {
		g := s.do(200, "GET", "/_demo/truth/"+kind, "")
		truth[kind] = len(strings.Split(strings.TrimSpace(string(g.body)), "\n"))
	}
	if truth["products"] != 12 || truth["suppliers"] != 3 || truth["orders"] != 2 {
		t.Errorf("truth: %v", truth)
	}
	before := s.do(200, "GET", "/_demo/truth/products", "").body
	s.do(200, "POST", "/_demo/mutate", `{"count":50}`)
	if after := s.do(200, "GET", "/_demo/truth/products", "").body; string(before) == string(after) {
		t.Error("nothing changed")
	}
	s.do(404, "GET", "/_demo/truth/cows", "")
}

func TestAdminIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	for addr, want := range map[string]int{"127.0.0.1:999": 200, "[::1]:999": 200, "192.0.2.1:999": 403, "": 403} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/_demo/state", nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", addr, w.Code, want)
		}
	}
}

// receiver is a hook's far side.
type receiver struct {
	mu     sync.Mutex
	bodies []item
	signed int
	status int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, _ := io.ReadAll(req.Body)
	var body item
	_ = json.Unmarshal(b, &body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, body)
	if req.Header.Get("X-Picqer-Signature") == sign(b, "s3cret") {
		r.signed++
	}
	w.WriteHeader(r.status)
}

func (r *receiver) got() (bodies, signed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies), r.signed
}

func TestHooksAreSignedAndSwitchedOff(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, RateLimit: -1})
	far := &receiver{status: 200}
	srv := httptest.NewServer(far)
	t.Cleanup(srv.Close)
	made := s.do(201, "POST", "/hooks", `{"name":"stock","event":"products.free_stock_changed","address":"`+srv.URL+`","secret":"s3cret"}`)
	id := decode[item](t, made.body).id("idhook")
	s.do(400, "POST", "/hooks", `{"name":"stock","event":"products.eaten","address":"`+srv.URL+`"}`)
	s.do(400, "POST", "/hooks", `{"name":"stock","event":"orders.created","address":"https://example.test/"}`)
	s.do(200, "POST", "/products/501/stock/1", `{"amount":1234,"reason":"Counted"}`)
	eventually(t, "one signed delivery", func() bool { n, signed := far.got(); return n == 1 && signed == 1 })
	if event := far.bodies[0]; event["event"] != "products.free_stock_changed" || event["event_triggered_at"] != "2026-03-01 13:00:00" {
		t.Errorf("event: %v", event)
	}
	s.misbehave(`{"hooks":{"doubled":1}}`)
	s.do(200, "POST", "/products/501/stock/1", `{"amount":5,"reason":"Counted"}`)
	eventually(t, "two more", func() bool { n, signed := far.got(); return n == 3 && signed == 3 })
	s.misbehave(`{"hooks":{"forged":1}}`)
	s.do(200, "POST", "/products/501/stock/1", `{"amount":6,"reason":"Counted"}`)
	eventually(t, "one that is not signed", func() bool { n, signed := far.got(); return n == 4 && signed == 3 })
	s.misbehave(`{}`)
	far.mu.Lock()
	far.status = 500
	far.mu.Unlock()
	for n := range 4 {
		s.do(200, "POST", "/products/501/stock/1", `{"amount":`+string(rune('1'+n))+`,"reason":"Counted"}`)
	}
	eventually(t, "the hook to be off", func() bool { return s.one("/hooks/" + id)["active"] == false })
	s.do(204, "DELETE", "/hooks/"+id, "")
	s.do(404, "GET", "/hooks/"+id, "")
}

func TestMainPrintsWhereItListens(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- program.Run(ctx, []string{"--addr", "127.0.0.1:0", "--products", "5", "--seed", "3"}, w)
	}()
	var where map[string]string
	if err := json.NewDecoder(r).Decode(&where); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(where["base"], Base) {
		t.Errorf("printed %v", where)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"--nope"}, {"extra"}, {"--misbehave", "{"}, {"--warehouses", "99"}} {
		if err := program.Run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
