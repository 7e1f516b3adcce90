package picqer

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestUserAgentAndKeyAreRequired(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	silent := func(r *http.Request) { r.Header.Set("User-Agent", "") }
	if g := s.as("picqer_demo", "GET", "/products", "", silent); g.status != 400 {
		t.Errorf("without User-Agent: %d", g.status)
	}
	if g := s.as("nobody", "GET", "/products", "", nil); g.status != 401 {
		t.Errorf("unknown key: %d", g.status)
	}
	anyPassword := func(r *http.Request) { r.SetBasicAuth("picqer_demo", "ignored") }
	if g := s.as("", "GET", "/products", "", anyPassword); g.status != 200 {
		t.Errorf("with a password: %d", g.status)
	}
}

func TestPagesAreBareArraysOfAHundred(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 204}) // four are inactive
	seen := map[string]bool{}
	for offset, want := range map[int]int{0: 100, 100: 100, 200: 0} {
		g := s.do(200, "GET", fmt.Sprintf("/products?offset=%d", offset), "")
		rows := decode[[]item](t, g.body)
		if len(rows) != want {
			t.Errorf("offset %d: %d rows, want %d", offset, len(rows), want)
		}
		if g.body[0] != '[' || g.header.Get("Link") != "" {
			t.Errorf("offset %d: begins with %q, Link %q", offset, g.body[0], g.header.Get("Link"))
		}
		for _, row := range rows {
			seen[row.id("idproduct")] = true
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d products over all pages", len(seen))
	}
	if g := s.as("picqer_demo", "GET", "/products?offset=x", "", nil); g.status != 400 {
		t.Errorf("offset=x: %d", g.status)
	}
}

func TestInactiveProductsHaveAListOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 100})
	if err := s.SetActive(501, false); err != nil {
		t.Fatal(err)
	}
	inactive := s.rows("/products?inactive=true")
	if len(inactive) != 3 || inactive[0].id("idproduct") != "501" || inactive[0]["active"] != false {
		t.Errorf("inactive: %v", inactive)
	}
	for _, row := range s.rows("/products") {
		if row["active"] != true {
			t.Errorf("%v is listed", row["idproduct"])
		}
	}
}

func TestTimesAreWallClockWithoutZone(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 10})
	if err := s.SetStock(502, 1, 77); err != nil {
		t.Fatal(err)
	}
	if got := s.one("/products/502").id("updated"); got != "2026-03-01 13:00:00" {
		t.Errorf("updated %s", got)
	}
	if rows := s.rows("/products?updated_after=2026-03-01+12:59:59"); len(rows) != 1 || rows[0].id("idproduct") != "502" {
		t.Errorf("updated_after: %v", rows)
	}
	if rows := s.rows("/products?updated_after=2026-03-01+13:00:00"); len(rows) != 0 {
		t.Errorf("updated_after its own second: %d rows", len(rows))
	}
	s.do(400, "GET", "/products?updated_after=2026-03-01T13:00:00Z", "")
}

func TestTagsAreAListWhenThereAreNone(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 10, ComposedEvery: -1})
	if b := s.do(200, "GET", "/products/501", "").body; !bytes.Contains(b, []byte(`"tags":[]`)) {
		t.Errorf("no tags: %s", b)
	}
	if b := s.do(200, "GET", "/products/509", "").body; !bytes.Contains(b, []byte(`"tags":{"Fragile"`)) {
		t.Errorf("tags: %s", b)
	}
}

func TestPartsOfAProductWithoutAreNotFound(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 40})
	g := s.do(404, "GET", "/products/501/parts", "")
	if g.code(t) != "20" {
		t.Errorf("error_code %s", g.code(t))
	}
	if g := s.do(404, "GET", "/products/1/parts", ""); g.code(t) != "8" {
		t.Errorf("no such product: error_code %s", g.code(t))
	}
	parts := s.rows("/products/510/parts")
	if len(parts) != 2 || parts[0].id("idproduct_main") != "510" || parts[0].id("idproduct") != "511" {
		t.Errorf("parts: %v", parts)
	}
	if p := s.one("/products/510"); p["type"] != virtualSet {
		t.Errorf("type %v", p["type"])
	}
	if p := s.one("/products/520"); p["type"] != setWithOwnStock {
		t.Errorf("type %v", p["type"])
	}
}

func TestOrdersAreFoundByCreationOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Orders: 10})
	s.clock.move(time.Hour)
	if err := s.SetOrderStatus(8001, "paused"); err != nil {
		t.Fatal(err)
	}
	for _, filter := range []string{"sincedate=2026-03-01+13:30:00", "sinceid=8010", "beforeid=8001"} {
		if rows := s.rows("/orders?" + filter); len(rows) != 0 {
			t.Errorf("%s: %d rows", filter, len(rows))
		}
	}
	if rows := s.rows("/orders?updated_after=2026-03-01+13:30:00"); len(rows) != 10 {
		t.Errorf("updated_after is ignored, but left %d rows", len(rows))
	}
	if o := s.one("/orders/8001"); o["status"] != "paused" || o["updated"] != "2026-03-01 14:00:00" {
		t.Errorf("order: %v %v", o["status"], o["updated"])
	}
	s.do(200, "DELETE", "/orders/8001", "")
	if o := s.one("/orders/8001"); o["status"] != "cancelled" {
		t.Errorf("after DELETE: %v", o["status"])
	}
}

func TestLimitRefusesWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{RateLimit: 3, RateWindow: 10 * time.Second})
	for left := 2; left >= 0; left-- {
		g := s.do(200, "GET", "/warehouses", "")
		if got := g.header.Get("X-RateLimit-Remaining"); got != fmt.Sprint(left) || g.header.Get("X-RateLimit-Limit") != "3" {
			t.Errorf("remaining %s of %s, want %d of 3", got, g.header.Get("X-RateLimit-Limit"), left)
		}
	}
	g := s.do(429, "POST", "/purchaseorders", `{"supplier_name":"X"}`)
	if g.header.Get("Retry-After") != "" {
		t.Errorf("Retry-After %s", g.header.Get("Retry-After"))
	}
	if n := s.Ledger().PurchaseOrders; n != 0 {
		t.Errorf("a refused request made %d orders", n)
	}
	if g := s.as("picqer_scoped", "GET", "/warehouses", "", nil); g.status != 200 {
		t.Errorf("another key: %d", g.status)
	}
	s.clock.move(10 * time.Second)
	s.do(200, "GET", "/warehouses", "")
}

func TestScopedKeySeesNoSuppliers(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 10, PurchaseOrders: 3})
	g := s.as("picqer_scoped", "GET", "/suppliers", "", nil)
	if g.status != 403 || g.code(t) != "31" {
		t.Errorf("suppliers: %d %s", g.status, g.body)
	}
	for _, path := range []string{"/products/501", "/purchaseorders/4711"} {
		g := s.as("picqer_scoped", "GET", path, "", nil)
		if row := decode[item](t, g.body); row["idsupplier"] != nil {
			t.Errorf("%s: idsupplier %v", path, row["idsupplier"])
		}
	}
	body := `{"supplier_name":"Unknown","products":[{"idproduct":501,"amount":1}]}`
	if g := s.as("picqer_scoped", "POST", "/purchaseorders", body, nil); g.status != 400 {
		t.Errorf("without a warehouse: %d", g.status)
	}
}
