package bol

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOrdersList(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Orders: 120})
	ids, pages := s.allOrders("&fulfilment-method=ALL&status=ALL")
	if len(ids) != 120 || pages != 3 {
		t.Fatalf("%d orders on %d pages", len(ids), pages)
	}
	if g := s.do("GET", "/retailer/orders?fulfilment-method=ALL&status=ALL&page=4", ""); string(g.body) != "{ }" {
		t.Errorf("an empty page: %s", g.body)
	}
	plain, _ := s.allOrders("")
	open, _ := s.allOrders("&fulfilment-method=FBR&status=OPEN")
	if len(plain) == 0 || len(plain) != len(open) || len(plain) == len(ids) {
		t.Errorf("without filters %d, FBR and OPEN %d of %d", len(plain), len(open), len(ids))
	}
	var p orderPage
	s.get("/retailer/orders?fulfilment-method=ALL&status=ALL", &p)
	it := p.Orders[0].Items[0]
	if it["ean"] == nil || it["fulfilmentStatus"] != "OPEN" || it["unitPrice"] != nil || it["offer"] != nil {
		t.Errorf("item %v", it)
	}
	var detail struct {
		Items []struct {
			Price    float64           `json:"unitPrice"`
			Total    float64           `json:"totalPrice"`
			Quantity float64           `json:"quantity"`
			Offer    map[string]string `json:"offer"`
		} `json:"orderItems"`
	}
	s.get("/retailer/orders/"+p.Orders[0].ID, &detail)
	if d := detail.Items[0]; d.Price <= 0 || d.Offer["offerId"] == "" || d.Total < d.Price {
		t.Errorf("detail %+v", d)
	}
	for _, bad := range []string{"page=0", "status=NEW", "fulfilment-method=X", "change-interval-minute=61", "latest-change-date=2025-11-30", "latest-change-date=x"} {
		if g := s.do("GET", "/retailer/orders?"+bad, ""); g.status != 400 || !strings.Contains(string(g.body), "violations") {
			t.Errorf("%s: %d %s", bad, g.status, g.body)
		}
	}
	if g := s.do("GET", "/retailer/orders/NONE", ""); g.status != 404 {
		t.Errorf("unknown: %d", g.status)
	}
}

func TestOrdersByDayAreAllOrders(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Orders: 150})
	seen := map[string]bool{}
	for d := range 90 {
		day := s.now().AddDate(0, 0, -d).Format(time.DateOnly)
		ids, _ := s.allOrders("&fulfilment-method=ALL&status=ALL&latest-change-date=" + day)
		for _, id := range ids {
			seen[id] = true
		}
	}
	if len(seen) != 150 {
		t.Errorf("%d orders by day, want 150", len(seen))
	}
}

func TestChangeInterval(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Orders: -1})
	id, err := s.PlaceOrder(NewOrder{Items: []NewItem{{EAN: s.Offers()[0].EAN, Quantity: 2}, {EAN: "8710000000001"}}})
	if err != nil {
		t.Fatal(err)
	}
	const recent = "&fulfilment-method=ALL&status=ALL&change-interval-minute=60"
	s.move(61 * time.Minute)
	s.login()
	if ids, _ := s.allOrders(recent); len(ids) != 0 {
		t.Fatalf("an hour later: %v", ids)
	}
	if err := s.Apply(Change{Order: id, Cancel: true}); err != nil {
		t.Fatal(err)
	}
	ids, _ := s.allOrders(recent)
	if len(ids) != 1 || s.Orders()[0].Items[0].Cancelled != 2 {
		t.Errorf("after the cancellation: %v %+v", ids, s.Orders()[0])
	}
	s.move(100 * 24 * time.Hour)
	s.login()
	if g := s.do("GET", "/retailer/orders/"+id, ""); g.status != 404 {
		t.Errorf("after three months: %d", g.status)
	}
}

func TestShipments(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Orders: 100})
	var list struct {
		Shipments []struct {
			ID string `json:"shipmentId"`
			At string `json:"shipmentDateTime"`
		} `json:"shipments"`
	}
	s.get("/retailer/shipments?fulfilment-method=FBB", &list)
	if len(list.Shipments) < 5 || list.Shipments[0].At < list.Shipments[1].At {
		t.Fatalf("%+v", list)
	}
	var one struct {
		Order struct {
			ID string `json:"orderId"`
		} `json:"order"`
		Items []map[string]any `json:"shipmentItems"`
	}
	s.get("/retailer/shipments/"+list.Shipments[0].ID, &one)
	if one.Order.ID == "" || one.Items[0]["unitPrice"] == nil || one.Items[0]["fulfilment"].(map[string]any)["method"] != "FBB" {
		t.Errorf("%+v", one)
	}
	id, err := s.PlaceOrder(NewOrder{Items: []NewItem{{EAN: s.Offers()[0].EAN, Quantity: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	itemID := s.Orders()[100].Items[0].ID
	body := `{"orderItems":[{"orderItemId":"` + itemID + `","quantity":2}],"shipmentReference":"S1","transport":{"transporterCode":"POSTNL","trackAndTrace":"3S1"}}`
	if st := s.submit("POST", "/retailer/shipments", body); st.Status != "SUCCESS" || st.Entity == "" {
		t.Errorf("%+v", st)
	}
	if st := s.submit("POST", "/retailer/shipments", body); st.Status != "FAILURE" || st.Error == "" {
		t.Errorf("again: %+v", st)
	}
	s.get("/retailer/shipments?order-id="+id, &list)
	if len(list.Shipments) != 1 {
		t.Errorf("by order: %+v", list)
	}
}

func TestExportJob(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 30, ProcessPolls: 2, ProcessTime: time.Minute})
	g := s.do("POST", "/retailer/offers/export", `{"format":"CSV"}`)
	var st status
	g.into(t, &st)
	s.get("/shared/process-status/"+st.ID, &st)
	if st.Status != "PENDING" {
		t.Fatalf("before its time: %+v", st)
	}
	s.move(time.Minute)
	for range 3 {
		s.get("/shared/process-status/"+st.ID, &st)
	}
	if st.Status != "SUCCESS" || st.Entity == "" {
		t.Fatalf("%+v", st)
	}
	report := s.request("GET", "/retailer/offers/export/"+st.Entity, "", func(r *http.Request) { r.Header.Set("Accept", csvType) })
	rows, err := csv.NewReader(strings.NewReader(string(report.body))).ReadAll()
	if err != nil || len(rows) != 31 || rows[0][0] != "offerId" || rows[0][12] != "correctedStock" {
		t.Errorf("%d rows, %v: %v", len(rows), rows[0], err)
	}
	if report.header.Get("Content-Type") != csvType+";charset=UTF-8" {
		t.Errorf("content type %s", report.header.Get("Content-Type"))
	}
	s.move(49 * time.Hour)
	s.login()
	if g := s.do("GET", "/shared/process-status/"+st.ID, ""); g.status != 404 {
		t.Errorf("an old status: %d", g.status)
	}
}
