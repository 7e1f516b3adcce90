package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// shown is an object as a client reads it.
type shown struct {
	ID      string                     `json:"id"`
	Webshop string                     `json:"webshop"`
	Object  koppel.Object              `json:"object"`
	Values  map[string]json.RawMessage `json:"values"`
	Sources []source                   `json:"sources"`
}

func TestAnObjectHasEveryFieldInOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"))
	id := s.object(t, s.shop, koppel.Products).UUID
	a := s.ask(t, s.mine, http.MethodGet, v1+"/objects/products/"+id, nil)
	got := want[shown](t, a, http.StatusOK)
	if got.ID != id || got.Webshop != s.shop.UUID || got.Object != koppel.Products {
		t.Errorf("the object is %+v", got)
	}
	last := 0
	for _, f := range koppel.Products.Fields() {
		at := strings.Index(string(a.body), `"`+f.Name+`":`)
		if at < last {
			t.Errorf("field %s is missing or out of order", f.Name)
		}
		last = at
	}
	for name, value := range map[string]string{
		"name": `"Product <1>"`, "price": `"12.5"`, "stock_level": `-3`, "categories": `["Chairs"]`, "article_code": `null`, "assembled": `false`,
	} {
		if text := string(got.Values[name]); text != value {
			t.Errorf("%s is %s, want %s", name, text, value)
		}
	}
	if len(got.Sources) != 1 || got.Sources[0].Coupling != s.coupling.UUID || got.Sources[0].RemoteID != "1" || got.Sources[0].GoneAt != nil {
		t.Errorf("the sources are %+v", got.Sources)
	}
}

func TestASellOrderShowsLinesWithReferences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"))
	i, lines, _ := koppel.SellOrders.Field("lines")
	line := func(product string) koppel.Values {
		v := make(koppel.Values, len(lines.Line))
		for name, value := range map[string]any{"remote_id": "l" + product, "product": product, "quantity": int64(2), "subtotal_value": decimal.RequireFromString("20")} {
			for at, f := range lines.Line {
				if f.Name == name {
					v[at] = value
				}
			}
		}
		return v
	}
	order := record(t, koppel.SellOrders, "o1", map[string]any{"number": "1001", "placed_at": s.coupling.CreatedAt})
	order.Mapped[0].Values[i] = []koppel.Values{line("1"), line("not yet there")}
	s.read(t, s.coupling, koppel.SellOrders, order)
	page := want[pageBody[shown]](t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/sell_orders?number=1001", nil), http.StatusOK)
	if len(page.Data) != 1 {
		t.Fatalf("found %d orders", len(page.Data))
	}
	type shownLine struct {
		Product  reference `json:"product"`
		Quantity int64     `json:"quantity"`
		Subtotal string    `json:"subtotal_value"`
	}
	product := s.object(t, s.shop, koppel.Products).UUID
	got := decode[[]shownLine](t, page.Data[0].Values["lines"])
	slices.SortFunc(got, func(a, b shownLine) int { return strings.Compare(a.Product.Key, b.Product.Key) })
	if diff := cmp.Diff([]shownLine{{reference{&product, "1"}, 2, "20"}, {reference{nil, "not yet there"}, 2, "20"}}, got); diff != "" {
		t.Errorf("the lines differ:\n%s", diff)
	}
}

func TestObjectsAreFoundByWhatPeopleKnow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"), productRecord(t, "2"), productRecord(t, "3"))
	s.read(t, s.their, koppel.Products, productRecord(t, "1"))
	for query, count := range map[string]int{
		"": 3, "sku=SKU-2": 1, "ean=871100000003": 1, "remote_id=1": 1, "sku=SKU-2&remote_id=1": 0, "sku=none": 0, "webshop=" + s.shop.UUID: 3,
	} {
		page := want[pageBody[shown]](t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/products?"+query, nil), http.StatusOK)
		if len(page.Data) != count {
			t.Errorf("?%s finds %d, want %d", query, len(page.Data), count)
		}
	}
	all := want[pageBody[shown]](t, s.ask(t, s.root, http.MethodGet, v1+"/objects/products?remote_id=1", nil), http.StatusOK)
	if shops := each(all.Data, func(o shown) string { return o.Webshop }); !cmp.Equal(shops, []string{s.shop.UUID, s.other.UUID}) {
		t.Errorf("a key of the installation finds it in %v", shops)
	}
	refused(t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/products?webshop="+s.other.UUID, nil), http.StatusNotFound, koppel.KindNotFound)
	p := refused(t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/suppliers?sku=1&number=2", nil), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"query.sku", "query.number"}, places(p)); diff != "" {
		t.Errorf("filters that suppliers do not have:\n%s", diff)
	}
	refused(t, s.ask(t, s.mine, http.MethodGet, v1+"/objects/menus", nil), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
}

// stocked is a site whose webshop has a product and a supplier.
func stocked(t *testing.T) (s *site, supplier, product string) {
	t.Helper()
	s = newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"))
	s.read(t, s.coupling, koppel.Suppliers, supplierRecord(t, "1"))
	return s, s.object(t, s.shop, koppel.Suppliers).UUID, s.object(t, s.shop, koppel.Products).UUID
}

func TestABuyOrderIsDraftedPlacedAndPushedOnce(t *testing.T) {
	t.Parallel()
	s, supplier, product := stocked(t)
	draft := want[shown](t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders", orderBody(s.shop.UUID, supplier, product)), http.StatusCreated)
	for name, value := range map[string]string{"reference": `"KOP1"`, "placed_at": `null`, "total_value": `"25"`} {
		if text := string(draft.Values[name]); text != value {
			t.Errorf("%s of the draft is %s, want %s", name, text, value)
		}
	}
	path := v1 + "/buy-orders/" + draft.ID + "/place"
	first := want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, path, nil), http.StatusOK)
	one := decode[push](t, first["push"])
	if one.State != store.OutboxPending || one.Run == "" || string(first["placed_at"]) == "null" {
		t.Fatalf("placed: %s", first)
	}
	if diff := cmp.Diff([]string{"start push/" + one.Outbox}, s.engine.take()); diff != "" {
		t.Errorf("the engine was asked:\n%s", diff)
	}
	again := want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, path, nil), http.StatusOK)
	if diff := cmp.Diff(one, decode[push](t, again["push"])); diff != "" {
		t.Errorf("placed again, the push differs:\n%s", diff)
	}
	if asked := s.engine.take(); len(asked) > 0 {
		t.Errorf("placed again, the engine was asked %v", asked)
	}
	read := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+one.Run, nil), http.StatusOK)
	if read.Direction != koppel.Push || read.Mode != koppel.ModePush {
		t.Errorf("the push run is %+v", read)
	}
	actions := each(s.audits(t, draft.ID), func(a store.AuditRow) string { return a.Action })
	if diff := cmp.Diff([]string{"buy_order.place", "buy_order.create"}, actions); diff != "" {
		t.Errorf("audit differs:\n%s", diff)
	}
	if a := s.audits(t, draft.ID)[0]; !strings.Contains(a.Actor, "mine") {
		t.Errorf("the audit names %q", a.Actor)
	}
}

func TestAParkedPushGoesAgainWhenPlacedAgain(t *testing.T) {
	t.Parallel()
	s, supplier, product := stocked(t)
	id := s.order(t, s.shop, supplier, product)
	path := v1 + "/buy-orders/" + id + "/place"
	first := decode[push](t, want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, path, nil), http.StatusOK)["push"])
	owner := s.env.Owner(t)
	for _, sql := range []string{`UPDATE outbox SET state = 'parked'`, `UPDATE run SET state = 'failed' WHERE mode = 'push'`} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	s.engine.take()
	second := decode[push](t, want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, path, nil), http.StatusOK)["push"])
	// Its outcome is looked up before it is sent again.
	if second.Outbox != first.Outbox || second.State != store.OutboxUnknown || second.Run == "" || second.Run == first.Run {
		t.Errorf("first %+v, then %+v", first, second)
	}
	if diff := cmp.Diff([]string{"start push/" + first.Outbox}, s.engine.take()); diff != "" {
		t.Errorf("the engine was asked:\n%s", diff)
	}
}

func TestABadBuyOrderNamesEveryFault(t *testing.T) {
	t.Parallel()
	s, supplier, product := stocked(t)
	body := orderBody(s.shop.UUID, product, supplier)
	p := refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders", body), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.supplier", "body.lines[0].product"}, places(p)); diff != "" {
		t.Errorf("references that are not there:\n%s", diff)
	}
	body["expected_delivery_date"] = "soon"
	body["lines"] = []any{map[string]any{"product": "x", "quantity": 0, "subtotal_value": "12,50"}}
	p = refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders", body), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if diff := cmp.Diff([]string{"body.expected_delivery_date", "body.lines[0].product", "body.lines[0].quantity", "body.lines[0].subtotal_value"}, slices.Sorted(slices.Values(places(p)))); diff != "" {
		t.Errorf("values of wrong form:\n%s", diff)
	}
}

func TestABuyOrderGoesToOneCouplingOnly(t *testing.T) {
	t.Parallel()
	s, supplier, product := stocked(t)
	second := s.couple(t, s.shop)
	// Two take buy orders; the supplier comes from the first.
	placed := want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders/"+s.order(t, s.shop, supplier, product)+"/place", nil), http.StatusOK)
	if r := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+decode[push](t, placed["push"]).Run, nil), http.StatusOK); r.Coupling != s.coupling.UUID {
		t.Errorf("the order went to %s, want the supplier's %s", r.Coupling, s.coupling.UUID)
	}
	// Now the supplier comes from both.
	s.read(t, second, koppel.Suppliers, supplierRecord(t, "7"))
	if _, err := s.env.Owner(t).Exec(t.Context(), `UPDATE source SET object_id = (SELECT id FROM supplier WHERE uuid = $1) WHERE object = 'suppliers'`, supplier); err != nil {
		t.Fatal(err)
	}
	id := s.order(t, s.shop, supplier, product)
	p := refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders/"+id+"/place", nil), http.StatusConflict, koppel.KindConflict)
	if !strings.Contains(p.Detail, s.coupling.UUID) || !strings.Contains(p.Detail, second.UUID) {
		t.Errorf("the conflict does not name both: %q", p.Detail)
	}
	want[map[string]json.RawMessage](t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders/"+id+"/place", map[string]any{"coupling": second.UUID}), http.StatusOK)
	// A coupling that is switched off for buy orders takes none.
	want[coupling](t, s.ask(t, s.mine, http.MethodPatch, v1+"/couplings/"+second.UUID+"/settings", map[string]any{"settings": map[string]any{"buy_orders": "off"}}), http.StatusOK)
	id = s.order(t, s.shop, supplier, product)
	refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/buy-orders/"+id+"/place", map[string]any{"coupling": second.UUID}), http.StatusConflict, koppel.KindConflict)
}

func TestParkedRecordsAreListedAndRetried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.coupling, koppel.Products)
	bad := func(id string, kind koppel.Kind) store.Record {
		return store.Record{ID: id, Ticket: 1, Raw: []byte(`{"id":"` + id + `"}`), Parked: []store.Parked{{
			Object: koppel.Products, Kind: kind, Field: "price", Expression: "decimal(record.price)", Input: `"ten"`, Reason: "ten is no decimal"}}}
	}
	s.write(t, r, "products", bad("1", koppel.KindMapping), bad("2", koppel.KindMapping), bad("3", koppel.KindSchemaDrift))
	s.write(t, r, "variations", bad("9", koppel.KindMapping))
	for query, count := range map[string]int{
		"": 4, "kind=mapping": 3, "object=products": 4, "object=suppliers": 0, "search=no+decimal": 4, "search=3": 1, "coupling=" + s.coupling.UUID: 4,
	} {
		page := want[pageBody[parked]](t, s.ask(t, s.mine, http.MethodGet, v1+"/parked?"+query, nil), http.StatusOK)
		if len(page.Data) != count {
			t.Errorf("?%s lists %d, want %d", query, len(page.Data), count)
		}
	}
	one := want[pageBody[parked]](t, s.ask(t, s.mine, http.MethodGet, v1+"/parked?search=3", nil), http.StatusOK).Data[0]
	if one.Reason != "ten is no decimal" || one.Field != "price" || one.Stream != "products" || one.Run != r.UUID || one.Times != 1 {
		t.Errorf("the parked record is %+v", one)
	}
	got := want[retried](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/"+one.ID+"/retry", nil), http.StatusAccepted)
	if got.Records != 1 || len(got.Runs) != 1 {
		t.Fatalf("retried %+v", got)
	}
	single := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+got.Runs[0].Run, nil), http.StatusOK)
	if diff := cmp.Diff(&runKeys{RemoteIDs: []string{"3"}}, single.Keys); diff != "" || single.Mode != koppel.ModeSingle {
		t.Errorf("the run is %s of\n%s", single.Mode, diff)
	}
	got = want[retried](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/retry", map[string]any{"coupling": s.coupling.UUID, "kind": "mapping"}), http.StatusAccepted)
	if got.Records != 3 || len(got.Runs) != 1 {
		t.Fatalf("retried by kind: %+v", got)
	}
	single = want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+got.Runs[0].Run, nil), http.StatusOK)
	slices.Sort(single.Keys.RemoteIDs)
	if diff := cmp.Diff([]string{"1", "2", "9"}, single.Keys.RemoteIDs); diff != "" {
		t.Errorf("the run's keys differ:\n%s", diff)
	}
	none := want[retried](t, s.ask(t, s.mine, http.MethodPost, v1+"/parked/retry", map[string]any{"coupling": s.coupling.UUID, "kind": "auth"}), http.StatusAccepted)
	if none.Records != 0 || len(none.Runs) != 0 {
		t.Errorf("nothing parked, yet %+v", none)
	}
}
