package demoshop

import (
	"strings"
	"testing"
)

func TestPurchaseOrders(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20})
	g := s.do("POST", "/purchase-orders", aBuyOrder)
	if g.status != 201 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	o := decode[item](t, g.body)
	lines := o["lines"].([]any)
	if o.id() != "70001" || o["total"] != "7.15" || o["date_created_gmt"] != "2026-03-01T12:00:00" || len(lines) != 2 {
		t.Errorf("created: %s", g.body)
	}
	if first := encode(t, lines[0]); first != `{"id":40001,"price":"1.25","product_id":11,"quantity":3,"quantity_received":0,"sku":"DEMO-0000001"}` {
		t.Errorf("line: %s", first)
	}
	for path, want := range map[string]string{
		"/purchase-orders":                                                       "70001",
		"/purchase-orders?reference=KOP1":                                        "70001",
		"/purchase-orders?reference=KOP2":                                        "",
		"/purchase-orders?status=placed,draft":                                   "70001",
		"/purchase-orders?status=received":                                       "",
		"/purchase-orders?page=2":                                                "",
		"/purchase-orders?modified_after=2026-03-01T11:59:59&dates_are_gmt=true": "70001",
		"/purchase-orders?modified_after=2026-03-01T12:00:00&dates_are_gmt=true": "",
	} {
		if have := idsOf(s.rows(path)); have != want {
			t.Errorf("%s: %q, want %q", path, have, want)
		}
	}
	if g := s.get("/purchase-orders?reference=KOP1"); g.header.Get("X-WP-Total") != "1" {
		t.Errorf("total %q", g.header.Get("X-WP-Total"))
	}
	g = s.do("PUT", "/purchase-orders/70001", `{"status":"partially_received","lines":[{"id":40001,"quantity_received":2}]}`)
	if g.status != 200 || !strings.Contains(string(g.body), `"status":"partially_received"`) || !strings.Contains(string(g.body), `"quantity_received":2`) {
		t.Errorf("update: %d %s", g.status, g.body)
	}
	if g := s.get("/purchase-orders/70002"); g.status != 404 {
		t.Errorf("missing: %d", g.status)
	}
}

func TestADoubledPostIsADoubledOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20})
	for range 2 {
		s.do("POST", "/purchase-orders", aBuyOrder)
	}
	s.do("POST", "/purchase-orders", strings.Replace(aBuyOrder, "KOP1", "KOP2", 1))
	l := decode[LedgerSummary](t, s.get("/_demo/ledger").body)
	if l.PurchaseOrders != 3 || l.References != 2 || encode(t, l.Doubled) != `["KOP1"]` {
		t.Errorf("ledger: %+v", l)
	}
	all := decode[[]OrderedReference](t, s.get("/_demo/ledger?kind=purchase_orders").body)
	if len(all) != 2 || encode(t, all[0].IDs) != "[70001,70002]" || encode(t, all[1].IDs) != "[70003]" || len(all[1].Orders[0].Lines) != 2 {
		t.Errorf("orders: %+v", all)
	}
}

func TestRefusedPurchaseOrders(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10})
	for body, want := range map[string]string{
		`{`:  "rest_invalid_json",
		`{}`: "Invalid parameter(s): lines, reference, supplier_id",
		strings.Replace(aBuyOrder, `"supplier_id":21`, `"supplier_id":99`, 1):      "supplier_id does not exist",
		strings.Replace(aBuyOrder, `"product_id":11`, `"product_id":9999`, 1):      `"lines[0][product_id]":"product_id does not exist"`,
		strings.Replace(aBuyOrder, `"quantity":3`, `"quantity":0`, 1):              "quantity must be greater than or equal to 1",
		strings.Replace(aBuyOrder, `"price":"1.25"`, `"price":"one"`, 1):           "price is not an amount",
		strings.Replace(aBuyOrder, "2026-04-01", "1 April", 1):                     "expected_date is not a date",
		strings.Replace(aBuyOrder, `"status":"placed"`, `"status":"somewhere"`, 1): "status is not one of",
	} {
		if g := s.do("POST", "/purchase-orders", body); g.status != 400 || !strings.Contains(string(g.body), want) {
			t.Errorf("%.60s: %d %s", body, g.status, g.body)
		}
	}
	if l := s.Ledger(); l.PurchaseOrders != 0 {
		t.Errorf("%d orders were created", l.PurchaseOrders)
	}
}

func TestLedgerKeepsNoKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 2})
	s.get("/products?consumer_key=ck_demo&consumer_secret=cs_demo&page=1")
	g := s.get("/_demo/ledger?kind=requests")
	last := decode[[]item](t, g.body)
	if len(last) != 1 || last[0]["query"] != "page=1" || last[0]["path"] != "/products" || strings.Contains(string(g.body), "cs_demo") {
		t.Errorf("%s", g.body)
	}
}
