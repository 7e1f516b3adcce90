package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var people = []scenario{
	{"an erased person stays away when the remote shows them again", anErasedPersonStaysAway},
}

// setOrder gives an order of the shop a status.
func (s *site) setOrder(t *testing.T, id, status string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/wp-json/wc/v3/orders/"+id, strings.NewReader(`{"status":"`+status+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(shopKey, shopSecret)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the shop answers %s", res.Status)
	}
}

func anErasedPersonStaysAway(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 20, BasicOverHTTP: true})
	s.activate(t)
	before := s.objects(t, koppel.SellOrders)
	ids := make([]string, 0, len(before))
	for id, o := range before {
		if string(o.Values["customer"]) != "null" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Fatal("no order has a customer")
	}
	id := slices.Min(ids)
	customer := strings.Trim(string(before[id].Values["customer"]), `"`)
	var same []string
	for _, other := range ids {
		if string(before[other].Values["customer"]) == string(before[id].Values["customer"]) {
			same = append(same, other)
		}
	}
	asked := client.AskedPerson{RemoteID: customer}
	count := func(p client.Person) map[string]int64 {
		places := map[string]int64{}
		for _, place := range p.Places {
			places[place.Place] = place.Found
		}
		return places
	}
	found, err := l.api.FindPerson(t.Context(), s.webshop.ID, asked)
	if err != nil {
		t.Fatal(err)
	}
	if got := count(found); found.Erased || got["records"] != int64(len(same)) || got["sell_orders"] != int64(len(same)) {
		t.Errorf("customer %s of %d orders is found as %+v", customer, len(same), found)
	}
	if _, err := l.api.ErasePerson(t.Context(), s.webshop.ID, asked); err != nil {
		t.Fatal(err)
	}
	want := func(when string) {
		t.Helper()
		after := s.objects(t, koppel.SellOrders)
		for other, o := range after {
			was, is := string(before[other].Values["customer"]), string(o.Values["customer"])
			if slices.Contains(same, other) {
				was = "null"
			}
			if is != was {
				t.Errorf("%s: customer of order %s is %s, want %s", when, other, is, was)
			}
			for _, field := range []string{"placed_at", "total_value", "lines"} {
				if string(o.Values[field]) != string(before[other].Values[field]) {
					t.Errorf("%s: %s of order %s changed to %s", when, field, other, o.Values[field])
				}
			}
		}
		if len(after) != len(before) {
			t.Errorf("%s: %d orders, want %d", when, len(after), len(before))
		}
	}
	want("after erasing")
	if run := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeFull}); run.Counts.Changed != 0 || run.Counts.Unchanged == 0 {
		t.Errorf("what is unchanged in the remote was read as %+v", run.Counts)
	}
	want("after a full read")
	if run := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeReplay}); run.Counts.Parked != 0 {
		t.Errorf("a replay parked: %+v", run.Counts)
	}
	want("after a replay")
	status := "processing"
	if string(before[id].Values["status_remote"]) == `"processing"` {
		status = "on-hold"
	}
	s.setOrder(t, id, status)
	if run := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeFull}); run.Counts.Changed != 1 {
		t.Errorf("one order changed in the remote, and %+v was read", run.Counts)
	}
	if got := s.objects(t, koppel.SellOrders)[id].Values["status_remote"]; string(got) != `"`+status+`"` {
		t.Errorf("the order is %s, want %s", got, status)
	}
	want("after the remote showed the person again")
	if run := s.sync(t, client.Sync{Object: koppel.SellOrders, Mode: koppel.ModeSingle, RemoteIDs: []string{id}}); run.Counts.Parked != 0 {
		t.Errorf("a single read parked: %+v", run.Counts)
	}
	want("after a single read")
	left, err := l.api.FindPerson(t.Context(), s.webshop.ID, asked)
	if err != nil {
		t.Fatal(err)
	}
	for place, n := range count(left) {
		if n != 0 {
			t.Errorf("%d of %s name the person still", n, place)
		}
	}
}
