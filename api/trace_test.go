package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func (s *site) trace(t *testing.T, key string, shop store.Webshop, text, more string) trace {
	t.Helper()
	return want[trace](t, s.ask(t, key, http.MethodGet, v1+"/webshops/"+shop.UUID+"/trace?text="+url.QueryEscape(text)+more, nil), http.StatusOK)
}

// tells reports whether one of the texts holds every part.
func tells(texts []string, parts ...string) bool {
	for _, text := range texts {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(text, part)
		}
		if all {
			return true
		}
	}
	return false
}

func storyOf(tr trace) []string {
	return each(tr.Story, func(e traceEvent) string { return e.Text })
}

func TestTraceTellsAProductAcrossCouplings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	second := s.couple(t, s.shop)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"))
	run := s.read(t, second, koppel.Products, record(t, koppel.Products, "ERP-9", map[string]any{"name": "Chair", "sku_code": "SKU-1", "status": "enabled", "stock_level": int64(7)}))
	s.read(t, s.their, koppel.Products, productRecord(t, "1"))
	id := s.object(t, s.other, koppel.Products).UUID
	for _, text := range []string{"sku-1", "00871100000001", "1"} {
		got := s.trace(t, s.mine, s.shop, text, "")
		if !got.Found || len(got.Objects) == 0 || len(got.Records) == 0 || len(got.Runs) == 0 {
			t.Fatalf("trace of %s: %+v", text, got)
		}
		for _, o := range got.Objects {
			if o.ID == id {
				t.Errorf("trace of %s shows another webshop's product", text)
			}
		}
		if !tells(got.Answer, "The product", "price 12.5", "stock level") || !tells(got.Answer, "It is in demo of one as 1") {
			t.Errorf("trace of %s answers %q", text, got.Answer)
		}
		if !tells(storyOf(got), "was created") || !tells(storyOf(got), "gave record 1 of products") || !tells(got.Next, "koppel explain products") {
			t.Errorf("trace of %s tells %q, next %q", text, storyOf(got), got.Next)
		}
	}
	erp := s.trace(t, s.mine, s.shop, "ERP-9", "&raw=true")
	if len(erp.Records) != 1 || string(erp.Records[0].Body) == "" || erp.Records[0].Run != run.UUID {
		t.Errorf("trace of ERP-9: %+v", erp.Records)
	}
	narrow := s.key(t, store.NewKey{Name: "narrow", Scopes: []string{couplingsRead}, Webshop: s.shop.UUID})
	blind := s.trace(t, narrow, s.shop, "ERP-9", "&raw=true")
	if len(blind.Objects) == 0 || blind.Objects[0].Values != nil || blind.Records[0].Body != nil || tells(blind.Answer, "price") {
		t.Errorf("a key that may not read objects sees %+v", blind)
	}
	if theirs := s.trace(t, s.root, s.other, "ERP-9", ""); theirs.Found {
		t.Errorf("another webshop knows %+v", theirs)
	}
}

func TestTraceFindsWhatCouldNotBeProcessed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := s.run(t, s.coupling, koppel.SellOrders)
	s.write(t, run, "orders", store.Record{ID: "99120", Ticket: 1, Raw: []byte(`{"id":99120,"number":"4711","total":"x"}`),
		Parked: []store.Parked{{Kind: koppel.KindMapping, Field: "total_gross", Expression: "decimal(record.total)", Input: "x", Reason: `"x" is no decimal`, Object: koppel.SellOrders}}})
	s.finish(t, run, store.Finish{State: koppel.RunSucceededWithParked})
	got := s.trace(t, s.mine, s.shop, "4711", "")
	if !got.Found || len(got.Parked) != 1 || !tells(got.Answer, "Record 99120", `"x" is no decimal`, "total_gross") || !tells(got.Next, "koppel parked retry "+got.Parked[0].ID) {
		t.Errorf("trace of a parked order: %+v", got)
	}
	if got := s.trace(t, s.mine, s.shop, "471", ""); got.Found {
		t.Errorf("a part of the number finds %+v", got)
	}
	unknown := s.trace(t, s.mine, s.shop, "4712", "")
	if unknown.Found || !tells(unknown.Answer, "Nothing of this webshop has") || !tells(unknown.Answer, "demo of one read sell_orders last at") ||
		!tells(unknown.Next, "koppel sync "+s.coupling.UUID+" products --sku 4712 --wait") {
		t.Errorf("trace of what nothing has: %q, next %q", unknown.Answer, unknown.Next)
	}
}

func TestExplainSaysWhatWasDifferentInTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"), productRecord(t, "2"))
	set := s.ask(t, s.mine, http.MethodPatch, v1+"/couplings/"+s.coupling.UUID+"/settings", map[string]any{"settings": map[string]any{"prices_include_vat": true}})
	want[coupling](t, set, http.StatusOK)
	doubled := func(id, price string) store.Record {
		r := record(t, koppel.Products, id, map[string]any{"name": "Product <" + id + ">", "sku_code": "SKU-" + id, "status": "enabled", "price": decimal.RequireFromString(price), "stock_level": int64(-3)})
		r.Ticket, r.Hash = 2, [16]byte{9}
		return r
	}
	run := s.read(t, s.coupling, koppel.Products, doubled("1", "25"), doubled("2", "25"))
	page := want[pageBody[found]](t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/products?sku=SKU-1", nil), http.StatusOK)
	e := want[explanation](t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/products/"+page.Data[0].ID+"/explain", nil), http.StatusOK)
	if len(e.Causes) == 0 || e.Causes[0].Run != run.UUID || e.Causes[0].Changed["price"] != 2 {
		t.Fatalf("causes = %+v", e.Causes)
	}
	if why := e.Causes[0].Why; !strings.Contains(why, "the setting prices_include_vat was true, and at its default in the run before (set by key mine") {
		t.Errorf("why = %q", why)
	}
	if setting := e.Causes[0].Settings["prices_include_vat"]; string(setting.After) != "true" || setting.Before != nil {
		t.Errorf("settings = %+v", e.Causes[0].Settings)
	}
}

// found is as much of an object as a test reads back.
type found struct {
	ID string `json:"id"`
}
