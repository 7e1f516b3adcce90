package bol

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTokenExpiresAfter299Seconds(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true})
	s.move(298 * time.Second)
	if g := s.do("GET", "/retailer/orders", ""); g.status != 200 {
		t.Fatalf("before: %d %s", g.status, g.body)
	}
	s.move(time.Second)
	g := s.do("GET", "/retailer/orders", "")
	if g.status != 401 || !strings.Contains(string(g.body), `"title":"Expired JWT"`) || !strings.Contains(string(g.body), "JWT expired at 2026-03-01T12:04:59Z") {
		t.Errorf("after: %d %s", g.status, g.body)
	}
	s.login()
	if g := s.do("GET", "/retailer/orders", ""); g.status != 200 {
		t.Errorf("with a new one: %d", g.status)
	}
	if n := s.Ledger().Tokens; n != 2 {
		t.Errorf("%d tokens counted, want 2", n)
	}
	s.RevokeTokens()
	if g := s.do("GET", "/retailer/orders", ""); g.status != 401 {
		t.Errorf("after the revocation: %d", g.status)
	}
}

func TestTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true})
	for name, change := range map[string]func(*http.Request){
		"none":  func(r *http.Request) { r.Header.Del("Authorization") },
		"forge": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.token+"x") },
	} {
		if g := s.request("GET", "/retailer/orders", "", change); g.status != 401 {
			t.Errorf("%s: %d", name, g.status)
		}
	}
	for path, want := range map[string]int{"/token?grant_type=client_credentials": 401, "/token?grant_type=password": 401} {
		g := s.request("POST", path, "", func(r *http.Request) { r.SetBasicAuth("client_demo", "wrong") })
		if g.status != want || !strings.Contains(string(g.body), "invalid_client") {
			t.Errorf("%s: %d %s", path, g.status, g.body)
		}
	}
	g := s.request("POST", "/token", "grant_type=client_credentials", func(r *http.Request) {
		r.SetBasicAuth("client_demo", "secret_demo")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
	if g.status != 200 {
		t.Errorf("as a form: %d %s", g.status, g.body)
	}
	if err := s.Misbehave(Misbehaviour{Inactive: true}); err != nil {
		t.Fatal(err)
	}
	if g := s.do("GET", "/retailer/orders", ""); g.status != 403 {
		t.Errorf("inactive: %d", g.status)
	}
}

func TestMediaTypesNameTheVersion(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true})
	for _, c := range []struct {
		method, path, body, accept, content string
		want                                int
	}{
		{"GET", "/retailer/orders", "", "application/json", "", 406},
		{"GET", "/retailer/orders", "", "*/*", "", 406},
		{"GET", "/retailer/orders", "", "application/vnd.retailer.v9+json", "", 406},
		{"GET", "/shared/process-status/1", "", "application/json", "", 406},
		{"POST", "/retailer/offers/export", `{"format":"CSV"}`, jsonType, "application/json", 415},
		{"POST", "/retailer/offers/export", `{"format":"CSV"}`, jsonType, jsonType, 202},
		{"GET", "/retailer/offers/export/1", "", jsonType, "", 406},
		{"GET", "/retailer/offers/export/1", "", csvType, "", 404},
	} {
		g := s.request(c.method, c.path, c.body, func(r *http.Request) {
			r.Header.Set("Accept", c.accept)
			r.Header.Set("Content-Type", c.content)
		})
		if g.status != c.want {
			t.Errorf("%+v: %d %s", c, g.status, g.body)
		}
	}
}

func TestBucketsRefuse(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Limits: map[string]Limit{"GET /orders": {3, time.Minute}}})
	for n := range 3 {
		g := s.do("GET", "/retailer/orders", "")
		if want := string(appendInt(nil, 2-n)); g.status != 200 || g.header.Get("X-RateLimit-Remaining") != want || g.header.Get("X-RateLimit-Limit") != "3" {
			t.Errorf("%d: %d %v", n, g.status, g.header)
		}
	}
	first, second := s.do("GET", "/retailer/orders", ""), s.do("GET", "/retailer/orders", "")
	if first.status != 429 || first.header.Get("Retry-After") != "20" || first.header.Get("X-RateLimit-Reset") != "20" ||
		!strings.Contains(string(first.body), "Too many requests, retry in 20 seconds.") {
		t.Errorf("with: %d %v %s", first.status, first.header, first.body)
	}
	if second.status != 429 || second.header.Get("Retry-After") != "" {
		t.Errorf("without: %d %v", second.status, second.header)
	}
	if g := s.do("GET", "/retailer/shipments", ""); g.status != 200 {
		t.Errorf("another route: %d", g.status)
	}
	s.move(20 * time.Second)
	if g := s.do("GET", "/retailer/orders", ""); g.status != 200 {
		t.Errorf("after the wait: %d", g.status)
	}
	if n := s.Ledger().Refused; n != 2 {
		t.Errorf("refused %d", n)
	}
	epoch := serve(t, Config{EpochReset: true, Limits: map[string]Limit{"GET /orders": {1, time.Minute}}})
	if g := epoch.do("GET", "/retailer/orders", ""); g.header.Get("X-RateLimit-Reset") != "1772366460" {
		t.Errorf("as a time: %v", g.header)
	}
}
