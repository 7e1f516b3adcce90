package bol

import (
	"strings"
	"testing"
)

func TestStockTakesEffectWithTheProcess(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 3, Orders: -1})
	o := s.Offers()[0]
	path := "/retailer/offers/" + o.ID + "/stock"
	for _, bad := range []string{`{"amount":-1,"managedByRetailer":true}`, `{"amount":1000,"managedByRetailer":true}`, `{"amount":1}`, `{`} {
		if g := s.do("PUT", path, bad); g.status != 400 {
			t.Errorf("%s: %d", bad, g.status)
		}
	}
	if st := s.submit("PUT", path, `{"amount":7,"managedByRetailer":true}`); st.Status != "SUCCESS" || st.Entity != o.ID {
		t.Errorf("%+v", st)
	}
	if s.Offers()[0].Stock != 7 {
		t.Errorf("stock %d", s.Offers()[0].Stock)
	}
	var one struct {
		Stock struct{ Amount int }
	}
	s.get("/retailer/offers/"+o.ID, &one)
	if one.Stock.Amount != 7 {
		t.Errorf("told %d", one.Stock.Amount)
	}
	if err := s.Misbehave(Misbehaviour{Faults: []Fault{{Kind: ProcessFailure, Method: "PUT", Times: 1}, {Kind: ProcessTimeout, Method: "PUT", Times: 1}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FAILURE", "TIMEOUT", "SUCCESS"} {
		if st := s.submit("PUT", path, `{"amount":9,"managedByRetailer":true}`); st.Status != want {
			t.Errorf("%+v, want %s", st, want)
		}
		if got := s.Offers()[0].Stock; got != map[string]int{"SUCCESS": 9}[want]+map[bool]int{true: 7}[want != "SUCCESS"] {
			t.Errorf("%s: stock %d", want, got)
		}
	}
	if n := len(s.Effects()); n != 4 {
		t.Errorf("%d effects", n)
	}
}

func TestBulkStatuses(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 3, Orders: -1})
	o := s.Offers()[0]
	st := s.submit("PUT", "/retailer/offers/"+o.ID+"/stock", `{"amount":7,"managedByRetailer":true}`)
	var many struct {
		Statuses []status `json:"processStatuses"`
	}
	s.do("POST", "/shared/process-status", `{"processStatusQueries":[{"processStatusId":"`+st.ID+`"},{"processStatusId":"1"}]}`).into(t, &many)
	if len(many.Statuses) != 1 || many.Statuses[0].Status != "SUCCESS" {
		t.Errorf("%+v", many)
	}
	s.get("/shared/process-status?entity-id="+o.ID+"&event-type=UPDATE_OFFER_STOCK", &many)
	if len(many.Statuses) != 1 || many.Statuses[0].ID != st.ID {
		t.Errorf("by entity: %+v", many)
	}
	if g := s.do("GET", "/shared/process-status?entity-id=x&event-type=UPDATE_OFFER_STOCK", ""); string(g.body) != "{ }" {
		t.Errorf("none: %s", g.body)
	}
}

func TestReplenishments(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 8, Orders: -1})
	e := s.Offers()[3].EAN
	body := `{"reference":"BO88","deliveryInfo":{"expectedDeliveryDate":"2026-03-07","transporterCode":"POSTNL"},"labelingByBol":false,"numberOfLoadCarriers":1,"lines":[{"ean":"` + e + `","quantity":20}]}`
	for _, bad := range []string{"bo88", "BOO", "BO-8"} {
		if g := s.do("POST", "/retailer/replenishments", strings.Replace(body, "BO88", bad, 1)); g.status != 400 || !strings.Contains(string(g.body), `"name":"reference"`) {
			t.Errorf("%s: %d %s", bad, g.status, g.body)
		}
	}
	st := s.submit("POST", "/retailer/replenishments", body)
	var list struct {
		Replenishments []struct {
			ID    string `json:"replenishmentId"`
			State string `json:"state"`
		} `json:"replenishments"`
	}
	s.get("/retailer/replenishments?reference=BO88&state=ANNOUNCED", &list)
	if len(list.Replenishments) != 1 || list.Replenishments[0].ID != st.Entity {
		t.Fatalf("%+v of %+v", list, st)
	}
	for _, none := range []string{"reference=BO89", "state=DONE", "start-date=2026-03-02", "ean=1"} {
		if g := s.do("GET", "/retailer/replenishments?"+none, ""); string(g.body) != "{ }" {
			t.Errorf("%s: %s", none, g.body)
		}
	}
	if err := s.Apply(Change{Replenishment: "BO88", State: "DONE", Received: 18}); err != nil {
		t.Fatal(err)
	}
	var one struct {
		State string
		Lines []replenishmentLine
	}
	s.get("/retailer/replenishments/"+st.Entity, &one)
	if one.State != "DONE" || one.Lines[0] != (replenishmentLine{e, 20, 18, 0, 0, 18}) {
		t.Errorf("%+v", one)
	}
	if st := s.submit("PUT", "/retailer/replenishments/"+st.Entity, `{"state":"CANCELLED"}`); st.Status != "FAILURE" {
		t.Errorf("cancelled after all: %+v", st)
	}
	s.submit("POST", "/retailer/replenishments", body)
	if d := s.Ledger().Doubled; len(d) != 1 || d[0] != "BO88" {
		t.Errorf("doubled %v", d)
	}
}

func TestInventoryIsWhatBolStores(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{NoLimits: true, Offers: 220, Orders: -1})
	var p struct {
		Inventory []struct {
			EAN     string `json:"ean"`
			Regular *int   `json:"regularStock"`
		} `json:"inventory"`
	}
	s.get("/retailer/inventory?page=2", &p)
	if len(p.Inventory) != 5 || p.Inventory[0].Regular == nil {
		t.Errorf("%d on the second page: %+v", len(p.Inventory), p)
	}
	id := s.Offers()[0].ID
	if err := s.Apply(Change{Offer: id, Delete: true}); err != nil {
		t.Fatal(err)
	}
	if g := s.do("GET", "/retailer/offers/"+id, ""); g.status != 404 {
		t.Errorf("deleted: %d", g.status)
	}
}
