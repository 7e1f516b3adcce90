package exact

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

const anyRead = "inventory/Warehouses?$select=ID"

func TestTheMinuteReallyRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, MinuteCalls: 3, DayCalls: 5})
	for range 3 {
		s.ok(anyRead)
	}
	g := s.ok(s.url + "/api/v1/123457/" + anyRead) // another administration has its own
	if g.header.Get("X-RateLimit-Minutely-Remaining") != "2" || g.header.Get("X-RateLimit-Remaining") != "4" || g.header.Get("X-RateLimit-Limit") != "5" {
		t.Errorf("headers %v", g.header)
	}
	g = s.do("GET", anyRead, "")
	reset, err := strconv.ParseInt(g.header.Get("X-RateLimit-Minutely-Reset"), 10, 64)
	if err != nil || g.status != http.StatusTooManyRequests || g.header.Get("X-RateLimit-Remaining") != "" || g.header.Get("Retry-After") != "" {
		t.Fatalf("%d %v %v", g.status, g.header, err)
	}
	if want := s.clock.Now().Add(time.Minute).UnixMilli(); reset != want {
		t.Errorf("reset at %d, want %d", reset, want)
	}
	s.clock.pass(time.Minute)
	s.ok(anyRead)
	s.ok(anyRead)
	g = s.do("GET", anyRead, "")
	if g.status != http.StatusTooManyRequests || g.header.Get("X-RateLimit-Minutely-Remaining") != "" || g.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("the day: %d %v", g.status, g.header)
	}
	s.clock.pass(24 * time.Hour)
	s.refresh, s.access = s.Login()
	s.ok(anyRead)
}

func TestTooManyErrorsBlockAnEndpoint(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, AccessTTL: 24 * time.Hour})
	wrong := "inventory/Warehouses"
	for n := range 11 {
		if g := s.do("GET", wrong, ""); g.status != http.StatusBadRequest {
			t.Fatalf("error %d: %d", n, g.status)
		}
	}
	if g := s.do("GET", anyRead, ""); g.status != http.StatusForbidden {
		t.Errorf("after eleven errors: %d", g.status)
	}
	s.ok("crm/Accounts?$select=ID&$top=1")
	if b := s.Ledger().Blocked; len(b) != 1 || b[0] != "123456/inventory/Warehouses" {
		t.Errorf("blocked %v", b)
	}
	s.clock.pass(time.Hour)
	s.ok(anyRead)
	for range 11 {
		s.do("GET", wrong, "")
	}
	s.clock.pass(time.Hour)
	if g := s.do("GET", anyRead, ""); g.status != http.StatusForbidden {
		t.Errorf("the second block lasts longer: %d", g.status)
	}
	s.clock.pass(time.Hour)
	s.ok(anyRead)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const read = "sync/Logistics/Items?$select=ID,Timestamp&$filter=Timestamp gt 1L"
	s := serve(t, Config{Items: 30, BulkPage: 10})
	set := func(f Fault) {
		t.Helper()
		f.Path = "sync/Logistics/Items"
		if err := s.Misbehave(Misbehaviour{Faults: []Fault{f}}); err != nil {
			t.Fatal(err)
		}
	}
	set(Fault{Kind: CutScan, Skip: 1, Times: 1})
	if rows := s.all(read); len(rows) != 20 {
		t.Errorf("cut at page 2: %d rows", len(rows))
	}
	set(Fault{Kind: EmptyScan, Share: 1})
	if rows := s.all(read); len(rows) != 0 {
		t.Errorf("empty: %d rows", len(rows))
	}
	set(Fault{Kind: TenthScan, Share: 1})
	if rows := s.all(read); len(rows) != 3 {
		t.Errorf("a tenth: %d rows", len(rows))
	}
	set(Fault{Kind: ErrorBefore, Times: 1, Status: 503})
	if g := s.do("GET", read, ""); g.status != 503 || g.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("maintenance: %d %v", g.status, g.header)
	}
	set(Fault{Kind: Truncate, Times: 1, Cut: "length"})
	if g := s.do("GET", read, ""); g.err == nil {
		t.Errorf("a body shorter than it says: %d %s", g.status, g.body)
	}
	set(Fault{Kind: RateLimit, Times: 1, Limit: "day", DelayMS: 2000})
	if g := s.do("GET", read, ""); g.status != 429 || g.header.Get("X-RateLimit-Reset") == "" || g.header.Get("X-RateLimit-Minutely-Reset") != "" {
		t.Errorf("rate limit: %d %v", g.status, g.header)
	}
	before := s.State().Timestamp
	set(Fault{Kind: Drift, Share: 1, Changes: 3})
	s.all(read)
	if s.State().Timestamp == before {
		t.Error("nothing drifted")
	}
	if s.Misbehave(Misbehaviour{Faults: []Fault{{Kind: "odd", Share: 1}}}) == nil {
		t.Error("an unknown kind was taken")
	}
}
