package api

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// orderOf is a record of a sell order with a body.
func orderOf(t *testing.T, id, customer, raw string) store.Record {
	t.Helper()
	r := record(t, koppel.SellOrders, id, map[string]any{"number": "N" + id, "placed_at": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "customer": customer, "lines": []koppel.Values{}})
	r.Raw, r.Hash = []byte(raw), md5.Sum([]byte(raw))
	return r
}

func counted(b personBody) map[string]int64 {
	places := map[string]int64{}
	for _, p := range b.Places {
		places[p.Place] = p.Found
	}
	return places
}

func TestPersonIsFoundErasedAndNotBroughtBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jan := `{"id":"1","total":"12.50","customer_id":17,"billing":{"first_name":"Jan","last_name":"de Vries","country":"NL","email":"Jan@Example.nl"},"phone":"+31 6 1234 5678"}`
	piet := `{"id":"2","total":"9.00","customer_id":18,"billing":{"first_name":"Piet","last_name":"Smit","email":"piet@example.nl"}}`
	s.read(t, s.coupling, koppel.SellOrders, orderOf(t, "1", "17", jan), orderOf(t, "2", "18", piet))
	known := func(id string) (hash [1][16]byte) {
		t.Helper()
		stream, err := s.env.Engine.StreamID(t.Context(), s.shop.ID, s.coupling.ID, "sell_orders")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.env.Engine.KnownHashes(t.Context(), s.shop.ID, stream, []string{id}, hash[:]); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	body := func(id string) string {
		t.Helper()
		stream, err := s.env.Engine.StreamID(t.Context(), s.shop.ID, s.coupling.ID, "sell_orders")
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.env.Engine.RecordsByID(t.Context(), s.shop.ID, stream, []string{id})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return string(list[0].Raw)
	}
	customers := func() map[string]any {
		t.Helper()
		list := want[pageBody[map[string]any]](t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/sell_orders", nil), http.StatusOK)
		out := map[string]any{}
		for _, o := range list.Data {
			fields, ok := o["values"].(map[string]any)
			if !ok {
				t.Fatalf("an order without values: %v", o)
			}
			out[fmt.Sprint(fields["number"])] = fields["customer"]
		}
		return out
	}
	path := v1 + "/webshops/" + s.shop.UUID + "/people/"
	before := known("1")
	for name, ask := range map[string]map[string]any{
		"email": {"email": " jan@example.NL "}, "phone": {"phone": "06-12345678"}, "name": {"name": "jan  De vries"}, "remote id": {"remote_id": "17"},
	} {
		t.Run(name, func(t *testing.T) {
			found := want[personBody](t, s.ask(t, s.mine, http.MethodPost, path+"find", ask), http.StatusOK)
			if got := counted(found); found.Erased || got["records"] != 1 || got["sell_orders"] != 1 || len(found.Stays) == 0 {
				t.Errorf("found %+v", found)
			}
		})
	}
	if body("1") != jan {
		t.Errorf("finding changed something: %s", body("1"))
	}
	done := want[personBody](t, s.ask(t, s.mine, http.MethodPost, path+"erase", map[string]any{"email": "jan@example.nl"}), http.StatusOK)
	if got := counted(done); !done.Erased || got["records"] != 1 || got["sell_orders"] != 1 {
		t.Errorf("erased %+v", done)
	}
	if got := body("1"); got != `{"id":"1","total":"12.50","customer_id":null,"billing":{"first_name":null,"last_name":null,"country":"NL","email":null},"phone":null}` {
		t.Errorf("the body is %s", got)
	}
	if body("2") != piet {
		t.Errorf("somebody else's body is %s", body("2"))
	}
	if known("1") != before {
		t.Error("the record would count as changed")
	}
	if got := customers(); got["N1"] != nil || got["N2"] != "18" {
		t.Errorf("customers are %v", got)
	}
	rows := s.audits(t, s.shop.UUID)
	if len(rows) != 5 || rows[0].Action != "person.erase" || rows[1].Action != "person.find" || strings.Contains(strings.ToLower(string(rows[0].After)), "jan@") || !strings.Contains(string(rows[0].After), "email") {
		t.Errorf("audited %+v", rows)
	}
	again := want[personBody](t, s.ask(t, s.mine, http.MethodPost, path+"find", map[string]any{"email": "jan@example.nl"}), http.StatusOK)
	for place, n := range counted(again) {
		if n != 0 {
			t.Errorf("%s: %d left", place, n)
		}
	}
	refused(t, s.ask(t, s.theirs, http.MethodPost, path+"find", map[string]any{"email": "jan@example.nl"}), http.StatusNotFound, koppel.KindNotFound)
	refused(t, s.ask(t, s.mine, http.MethodPost, path+"erase", map[string]any{}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	refused(t, s.ask(t, s.mine, http.MethodPost, path+"erase", map[string]any{"email": "jan"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
}
