package bol

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Orders: 120})
	const list = "/retailer/orders?fulfilment-method=ALL&status=ALL&page=2"
	count := func(g got) int {
		var p orderPage
		g.into(t, &p)
		return len(p.Orders)
	}
	for _, c := range []struct {
		fault  Fault
		status int
		rows   int // -1: not looked at
	}{
		{Fault{Kind: RateLimit, RetryAfter: 4}, 429, -1},
		{Fault{Kind: ErrorBefore, Status: 503}, 503, -1},
		{Fault{Kind: ErrorAfter}, 500, -1},
		{Fault{Kind: Unauthorized}, 401, -1},
		{Fault{Kind: Challenge}, 403, -1},
		{Fault{Kind: Latency, DelayMS: 1}, 200, 50},
		{Fault{Kind: RepeatPage}, 200, 50},
		{Fault{Kind: Empty}, 200, 0},
		{Fault{Kind: CutPages, Page: 2}, 200, 0},
		{Fault{Kind: CutPages, Page: 3}, 200, 50},
		{Fault{Kind: Tenth}, 200, 0},
	} {
		c.fault.Times, c.fault.Path = 1, "/retailer/orders"
		if err := s.Misbehave(Misbehaviour{Faults: []Fault{c.fault}}); err != nil {
			t.Fatal(err)
		}
		g := s.do("GET", list, "")
		if g.status != c.status || c.rows >= 0 && count(g) != c.rows {
			t.Errorf("%+v: %d %s", c.fault, g.status, g.body)
		}
		if after := s.do("GET", list, ""); after.status != 200 || count(after) != 50 {
			t.Errorf("after %+v: %d", c.fault, after.status)
		}
	}
	for _, cut := range []string{"length", "chunk", "json"} {
		if err := s.Misbehave(Misbehaviour{Faults: []Fault{{Kind: Truncate, Cut: cut, Times: 1}}}); err != nil {
			t.Fatal(err)
		}
		g := s.do("GET", list, "")
		if (g.err == nil) != (cut == "json") || json.Valid(g.body) {
			t.Errorf("%s: %v %s", cut, g.err, g.body)
		}
	}
	for _, kind := range []FaultKind{HangBefore, HangAfter} {
		if err := s.Misbehave(Misbehaviour{Faults: []Fault{{Kind: kind, Share: 1, DelayMS: 1}}}); err != nil {
			t.Fatal(err)
		}
		if g := s.do("GET", list, ""); g.err == nil {
			t.Errorf("%s: %d", kind, g.status)
		}
	}
	if f := s.Ledger().Faults; f["truncate"] != 3 || f["hang_after"] == 0 || f["rate_limit"] != 1 {
		t.Errorf("%v", f)
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 10, Orders: 20})
	post := func(path, body string, want int) got {
		t.Helper()
		g := s.do("POST", path, body)
		if g.status != want {
			t.Errorf("%s %s: %d %s", path, body, g.status, g.body)
		}
		return g
	}
	offer := s.Offers()[0].ID
	post("/_demo/insert", `{"id":"A1","items":[{"ean":"`+s.Offers()[1].EAN+`","quantity":2,"price":12.5}]}`, 200)
	post("/_demo/insert", `{"id":"A1","items":[{"ean":"1"}]}`, 400)
	post("/_demo/mutate", `{"order":"A1","ship":true}`, 200)
	post("/_demo/mutate", `{"order":"B1","ship":true}`, 404)
	post("/_demo/mutate", `{"offer":"`+offer+`","stock":4}`, 200)
	if g := post("/_demo/mutate", `{"count":50}`, 200); !strings.Contains(string(g.body), `"changed":50`) {
		t.Errorf("%s", g.body)
	}
	post("/_demo/delete", `{"offer":"`+offer+`"}`, 200)
	post("/_demo/misbehave", `{"faults":[{"kind":"none","share":1}]}`, 400)
	post("/_demo/misbehave", `{"fault":[]}`, 400)
	if st := s.State(); st.Offers != 9 || st.Orders < 21 || st.Tokens != 1 {
		t.Errorf("%+v", st)
	}
	orders := bytes.Split(bytes.TrimSpace(s.do("GET", "/_demo/truth/orders", "").body), []byte("\n"))
	if len(orders) != s.State().Orders || !bytes.Contains(orders[20], []byte(`"id":"A1"`)) || !bytes.Contains(orders[20], []byte(`"shipped":2`)) || !bytes.Contains(orders[20], []byte(`"unitPrice":12.5`)) {
		t.Errorf("%s", orders[20])
	}
	for _, path := range []string{"/_demo/ledger", "/_demo/ledger?kind=effects", "/_demo/ledger?kind=requests", "/_demo/truth/offers", "/_demo/truth/replenishments", "/_demo/state"} {
		if g := s.do("GET", path, ""); g.status != 200 {
			t.Errorf("%s: %d", path, g.status)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/_demo/state", nil)
	r.RemoteAddr = "192.0.2.1:999"
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("from afar: %d", w.Code)
	}
}

func TestConfigIsRefused(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"days is 90":          {Days: 90},
		"orders need offers":  {Offers: -1},
		"retry-after":         {RetryAfter: "maybe"},
		"limit of \"GET /x\"": {Limits: map[string]Limit{"GET /x": {1, 0}}},
		"faults[0].kind \"\"": {Misbehaviour: Misbehaviour{Faults: []Fault{{}}}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

// TestRun runs the program: it says where it listens, answers and stops.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- program.Run(ctx, []string{"--addr", "127.0.0.1:0", "--offers", "7", "--orders", "0", "--ean", "8712345000017", "--limit", "GET /orders=5/1m"}, w)
	}()
	var said struct {
		URL   string `json:"url"`
		Token string `json:"token_url"`
	}
	if err := json.NewDecoder(r).Decode(&said); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(said.URL + "/_demo/truth/offers")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil || bytes.Count(body, []byte("\n")) != 7 || !bytes.Contains(body, []byte(`"8712345000017"`)) {
		t.Errorf("%s %v", body, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"--offers", "many"}, {"--misbehave", "{"}, {"--limit", "GET /orders"}, {"more"}, {"--addr", "127.0.0.1:no"}} {
		if err := program.Run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	var help bytes.Buffer
	if err := program.Run(t.Context(), []string{"-h"}, &help); err != nil || !strings.Contains(help.String(), "-process-polls") {
		t.Errorf("help: %v %s", err, help.String())
	}
}
