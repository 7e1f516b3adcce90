package api

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// priced is a stored product of the demo shop, of which the coupling gives a price.
func priced(t *testing.T, id int, body, given string) store.Record {
	t.Helper()
	r := record(t, koppel.Products, fmt.Sprint(id), map[string]any{"name": "Chair", "status": "enabled", "price": decimal.RequireFromString(given)})
	r.Raw = fmt.Appendf(nil, `{"id":%d,"name":"Chair","type":"simple","status":"publish","price":%q,"sku":"","global_unique_id":null,"tax_status":"taxable","tax_class":"","virtual":false,"downloadable":false,"manage_stock":false,"stock_quantity":null,"date_created_gmt":"2026-01-02T03:04:05","date_modified_gmt":"2026-01-02T03:04:05","categories":[],"meta_data":[],"attributes":[]}`, id, body)
	r.Hash = md5.Sum(r.Raw)
	return r
}

func TestAPreviewCountsWhatWouldChangeAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := v1 + "/couplings/" + s.coupling.UUID + "/mapping/preview"
	ask := func(key string, body map[string]any) (out preview) {
		t.Helper()
		got := s.ask(t, key, http.MethodPost, at, body)
		if err := json.Unmarshal(got.body, &out); err != nil || got.status != http.StatusOK {
			t.Fatalf("preview: status %d: %s", got.status, got.body)
		}
		return out
	}
	if empty := ask(s.root, map[string]any{"source": dearer}); empty.Stored != 0 || len(empty.Objects) != 1 {
		t.Errorf("of nothing stored: %+v", empty)
	}
	unmade := priced(t, 5, "7", "7")
	unmade.Mapped = nil
	s.read(t, s.coupling, koppel.Products, priced(t, 1, "10", "10"), priced(t, 2, "20", "20"), priced(t, 3, "0", "0"), priced(t, 4, "dear", "9"), unmade, priced(t, 6, "1000", "1000"))
	before := s.noted(t)
	const source = `objects:
  products:
    from: products
    where: record.price != "1000"
    name: '"Chair"'
    price: decimal(record.price) * 2
`
	got := ask(s.root, map[string]any{"source": source, "sample": 20})
	if got.LookedAt != 6 || got.Stored != 6 || len(got.Objects) != 1 {
		t.Fatalf("previewed %+v", got)
	}
	n := got.Objects[0]
	if n.Made != 1 || n.Gone != 1 || n.Parked != 1 || n.Changed != 3 || n.Same != 0 || n.Fields["price"] != 2 || n.Fields["name"] != 0 {
		t.Errorf("counts %+v", n)
	}
	byRecord := map[string]foreseenObject{}
	for _, o := range got.Sample {
		byRecord[o.RecordID] = o
	}
	price := func(id string) (out []string) {
		for _, f := range byRecord[id].Fields {
			if f.Field == "price" {
				out = append(out, string(f.Before), string(f.After))
			}
		}
		return out
	}
	if diff := cmp.Diff([][]string{{`"10"`, `"20"`}, {"", `"14"`}, {`"1000"`, ""}}, [][]string{price("1"), price("5"), price("6")}); diff != "" {
		t.Errorf("prices (-want +got):\n%s", diff)
	}
	if parked := byRecord["4"]; parked.Change != koppel.ForeseenParked || !strings.HasPrefix(parked.Reason, "price: ") {
		t.Errorf("the price that is no number: %+v", parked)
	}
	if few := ask(s.root, map[string]any{"source": source, "sample": 2}); len(few.Sample) != 2 || few.Objects[0].Changed != 3 {
		t.Errorf("a sample of 2: %+v", few)
	}
	blind := s.key(t, store.NewKey{Name: "blind", Scopes: []string{"couplings:read"}, Webshop: s.shop.UUID})
	if counted := ask(blind, map[string]any{"source": source}); len(counted.Sample) != 0 || counted.Objects[0].Changed != 3 {
		t.Errorf("a key that may not read objects sees %+v", counted)
	}
	if s.noted(t) != before || len(s.engine.take()) != 0 {
		t.Error("a preview left something")
	}
	refused(t, s.ask(t, s.root, http.MethodPost, at, map[string]any{"source": "objects:\n  products:\n    price: decimal(record.prise)\n"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	refused(t, s.ask(t, s.root, http.MethodPost, at, map[string]any{"source": source, "object": "shipments"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	refused(t, s.ask(t, s.root, http.MethodPost, at, map[string]any{"source": "", "number": 4}), http.StatusNotFound, koppel.KindNotFound)
	s.saveMapping(t, s.coupling, map[string]any{"source": source, "replay": false})
	if back := ask(s.root, map[string]any{"source": "", "number": 0}); back.Objects[0].Fields["price"] != 0 || back.Objects[0].Parked != 1 {
		t.Errorf("taking away what was saved and not replayed: %+v", back)
	}
	if saved := ask(s.root, map[string]any{"source": "", "number": 1, "object": "products"}); saved.Objects[0].Fields["price"] != 2 {
		t.Errorf("the saved version: %+v", saved)
	}
}
