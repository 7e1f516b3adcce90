package demoshop

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const aBuyOrder = `{"supplier_id":21,"reference":"KOP1","expected_date":"2026-04-01","status":"placed","lines":[{"product_id":11,"sku":"DEMO-0000001","quantity":3,"price":"1.25"},{"product_id":12,"quantity":1000,"price":0.0034}]}`

// TestFaults makes each kind strike once and wants its answer and its effect.
func TestFaults(t *testing.T) {
	t.Parallel()
	isHTML := func(g got) bool {
		return strings.HasPrefix(g.header.Get("Content-Type"), "text/html") && strings.HasPrefix(strings.ToLower(string(g.body)), "<")
	}
	status := func(want int) func(got) bool { return func(g got) bool { return g.err == nil && g.status == want } }
	short := func(g got) bool { return errors.Is(g.err, io.ErrUnexpectedEOF) && len(g.body) > 0 && g.status == 201 }
	for _, c := range []struct {
		fault Fault
		fits  func(got) bool
		done  bool
	}{
		{Fault{Kind: RateLimit, RetryAfter: 7}, func(g got) bool { return g.status == 429 && g.header.Get("Retry-After") == "7" && isHTML(g) }, false},
		{Fault{Kind: RateLimit}, func(g got) bool { return g.status == 429 && g.header.Get("Retry-After") == "" }, false},
		{Fault{Kind: ErrorBefore}, func(g got) bool {
			return g.status == 500 && strings.Contains(string(g.body), `"internal_server_error"`)
		}, false},
		{Fault{Kind: ErrorBefore, Status: 503, RetryAfter: 3}, func(g got) bool { return g.status == 503 && isHTML(g) && g.header.Get("Retry-After") == "3" }, false},
		{Fault{Kind: ErrorAfter}, status(500), true},
		{Fault{Kind: ErrorAfter, Status: 502}, func(g got) bool { return g.status == 502 && isHTML(g) }, true},
		{Fault{Kind: HangBefore, DelayMS: 1}, func(g got) bool { return g.err != nil }, false},
		{Fault{Kind: HangAfter, DelayMS: 1}, func(g got) bool { return g.err != nil }, true},
		{Fault{Kind: Truncate, Cut: "length"}, short, true},
		{Fault{Kind: Truncate, Cut: "chunk"}, short, true},
		{Fault{Kind: Truncate, Cut: "json"}, func(g got) bool { return g.err == nil && g.status == 201 && !json.Valid(g.body) }, true},
		{Fault{Kind: Unauthorized}, func(g got) bool {
			return g.status == 401 && strings.Contains(string(g.body), "woocommerce_rest_cannot_create")
		}, false},
		{Fault{Kind: Challenge}, func(g got) bool { return g.status == 403 && isHTML(g) }, false},
		{Fault{Kind: Challenge, Status: 200}, func(g got) bool { return g.status == 200 && isHTML(g) }, false},
		{Fault{Kind: Notice}, func(g got) bool { return g.status == 201 && strings.HasPrefix(string(g.body), "<br />\n<b>Notice") }, true},
		{Fault{Kind: Latency, DelayMS: 1}, status(201), true},
	} {
		name := string(c.fault.Kind) + c.fault.Cut + strconv.Itoa(c.fault.Status)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.fault.Times, c.fault.Path = 1, "/purchase-orders"
			s := serve(t, Config{Products: 5, Misbehaviour: Misbehaviour{Faults: []Fault{c.fault}}})
			if g := s.get("/products"); g.status != 200 {
				t.Errorf("another path answers %d", g.status)
			}
			g := s.do("POST", "/purchase-orders", aBuyOrder)
			if !c.fits(g) {
				t.Errorf("answer: %d %v %q %v", g.status, g.header, g.body, g.err)
			}
			if done := s.Ledger().PurchaseOrders == 1; done != c.done {
				t.Errorf("order created: %v, want %v", done, c.done)
			}
			if n := s.Ledger().Faults[string(c.fault.Kind)]; n != 1 {
				t.Errorf("the ledger counts %d faults", n)
			}
			if g := s.do("POST", "/purchase-orders", aBuyOrder); g.err != nil || g.status != 201 || !json.Valid(g.body) {
				t.Errorf("after it: %d %s %v", g.status, g.body, g.err)
			}
		})
	}
}

// TestHangLastsUntilTheClientLeaves holds a request of which only the effect
// is seen.
func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: HangAfter, Share: 1}}}})
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "POST", s.url+Base+"/purchase-orders", strings.NewReader(aBuyOrder))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("ck_demo", "cs_demo")
	answered := make(chan got, 1)
	go func() { answered <- send(http.DefaultClient, req) }()
	for s.Ledger().Faults["hang_after"] == 0 {
		if t.Context().Err() != nil {
			t.Fatal("never created")
		}
		runtime.Gosched()
	}
	select {
	case g := <-answered:
		t.Fatalf("answered: %d %v", g.status, g.err)
	default:
	}
	leave()
	if g := <-answered; !errors.Is(g.err, context.Canceled) {
		t.Errorf("%d %v", g.status, g.err)
	}
	if l := s.Ledger(); l.PurchaseOrders != 1 || l.Counts[0].Status != 0 || l.Counts[0].Effect != "purchase_order.created" {
		t.Errorf("ledger: %+v", l)
	}
}

func TestRepeatedPage(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 9, Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: RepeatPage, Path: "/products", Skip: 1, Times: 1}}}})
	for k, want := range []string{"11 12 13", "11 12 13", "17 18 19"} {
		g := s.ok("/products?per_page=3&orderby=id&order=asc&page=" + strconv.Itoa(k+1))
		if have := idsOf(decode[[]item](t, g.body)); have != want {
			t.Errorf("page %d: %q, want %q", k+1, have, want)
		}
		if k == 1 && !strings.Contains(g.header.Get("Link"), "page=3>") {
			t.Errorf("the repeated page links to %s", g.header.Get("Link"))
		}
	}
}

func TestBrokenRecord(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 3, Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: Garbage, Share: 1}}}})
	body := string(s.ok("/products?orderby=id&order=asc").body)
	if strings.Count(body, `"name":"twice"`) != 1 || !strings.Contains(body, "\xff") || !strings.HasPrefix(body, `[{"id":11,`) || !json.Valid([]byte(body)) {
		t.Errorf("%.200s … %s", body, body[strings.Index(body, "\xff"):])
	}
}

func TestMisbehaveRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	for body, want := range map[string]string{
		`{"faults":[{"kind":"explode"}]}`:                 `faults[0].kind "explode"`,
		`{"faults":[{"kind":"latency","share":1.5}]}`:     "faults[0].share is 1.5",
		`{"faults":[{"kind":"truncate","cut":"half"}]}`:   `faults[0].cut "half"`,
		`{"faults":[{"kind":"error_after","status":99}]}`: "faults[0].status 99",
		`{"faults":[{"kind":"latency","path":"/a?b=1"}]}`: "without its query",
		`{"faults":[{"kind":"latency"}]}`:                 "neither share nor times",
		`{"mutation":{"deletes":0.6,"creates":0.6}}`:      "the sum of",
		`{"fault":[]}`: `unknown field "fault"`,
		`{`:            "unexpected EOF",
	} {
		if g := s.do("POST", "/_demo/misbehave", body); g.status != 400 || !strings.Contains(string(g.body), want) {
			t.Errorf("%s: %d %s", body, g.status, g.body)
		}
	}
	if g := s.do("POST", "/_demo/misbehave", `{"faults":[{"kind":"challenge","times":1}]}`); g.status != 200 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	if g := s.get("/products"); g.status != 403 {
		t.Errorf("status %d after a challenge was asked for", g.status)
	}
	if state := decode[State](t, s.get("/_demo/state").body); len(state.Misbehaviour.Faults) != 1 || state.Misbehaviour.Faults[0].Kind != Challenge {
		t.Errorf("state: %+v", state)
	}
}
