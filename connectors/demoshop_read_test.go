package connectors

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// A shop with everything odd: variable products, ids with gaps and beyond 2^53.
func oddShop(version string) demoshop.Config {
	return demoshop.Config{Products: 97, VariableEvery: 6, Orders: 60, Suppliers: 4, IDGaps: 9, BigIDs: 5, Version: version}
}

// Every version and both transports give exactly what the shop has.
func TestReadsTheWholeShop(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.5.0", "9.0.0", "11.0.1"} {
		for _, kind := range []transportKind{plainHTTP, overTLS} {
			t.Run(fmt.Sprint(version, " by ", kind), func(t *testing.T) {
				t.Parallel()
				r := newRemote(t, "woocommerce", kind, oddShop(version), map[string]any{
					"per_page": 10, "prices_include_vat": false, "ean_meta_key": "_ean", "all_orders": true,
				}, nil)
				if r.version != version {
					t.Errorf("detected version %q", r.version)
				}
				for _, stream := range []string{"products", "variations", "orders"} {
					r.read(stream, rest.ReadOptions{})
				}
				r.checkProducts()
				r.checkOrders(func(status string) bool {
					return status != "cancelled" && status != "refunded" && status != "failed" && status != "pending" && status != "checkout-draft"
				})
			})
		}
	}
}

func TestTakesCompletedOrdersOnly(t *testing.T) {
	t.Parallel()
	r := newRemote(t, "demo", plainHTTP, oddShop(""), nil, nil)
	r.read("orders", rest.ReadOptions{})
	r.checkOrders(func(status string) bool { return status == "completed" })
}

// Prices with VAT come out without it, for orders as for products.
func TestTakesVATOut(t *testing.T) {
	t.Parallel()
	cfg := oddShop("")
	cfg.PricesIncludeTax = true
	r := newRemote(t, "woocommerce", overTLS, cfg, map[string]any{"vat_rates": []any{"standard=25", "reduced-rate=6"}}, nil)
	r.read("products", rest.ReadOptions{})
	type shown struct{ Price, Rate string }
	rates := map[string]int{}
	for id, p := range truth(r, "products", productID) {
		values, ok := r.objects[koppel.Products][id]
		if !ok || p.Price == "" {
			continue
		}
		var record struct {
			Class string `json:"tax_class"`
		}
		if err := json.Unmarshal(r.raw[[2]string{"products", id}], &record); err != nil {
			t.Fatal(err)
		}
		rate := map[string]string{"": "25", "reduced-rate": "6"}[record.Class]
		price := decimalOf(t, p.Price).Mul(decimalOf(t, "100")).DivRound(decimalOf(t, "100").Add(decimalOf(t, rate)), 6)
		got := shown{r.value(koppel.Products, values, "price"), r.value(koppel.Products, values, "tax_rate")}
		if diff := cmp.Diff(shown{price.String(), rate}, got); diff != "" {
			t.Errorf("product %s (-want +got):\n%s", id, diff)
		}
		rates[rate]++
	}
	if rates["25"] == 0 || rates["6"] == 0 {
		t.Errorf("not every rate was seen: %v", rates)
	}
}

func TestReadsSuppliersAndTheirProducts(t *testing.T) {
	t.Parallel()
	type row struct {
		ID         json.Number `json:"id"`
		Name       string      `json:"name"`
		SupplierID json.Number `json:"supplier_id"`
		ProductID  json.Number `json:"product_id"`
		SKU        string      `json:"sku"`
		Price      string      `json:"price"`
		MOQ        int64       `json:"minimum_purchase_quantity"`
		Lot        int64       `json:"lot_size"`
		Days       *int64      `json:"delivery_time"`
		Preferred  bool        `json:"preferred"`
	}
	id := func(r row) string { return r.ID.String() }
	r := newRemote(t, "demo", plainHTTP, oddShop(""), map[string]any{"per_page": 7}, nil)
	for _, stream := range []string{"suppliers", "products", "variations", "supplier_products"} {
		r.read(stream, rest.ReadOptions{})
	}
	for id, want := range truth(r, "suppliers", id) {
		values, ok := r.objects[koppel.Suppliers][id]
		if !ok {
			t.Fatalf("supplier %s was not read", id)
		}
		if got := r.value(koppel.Suppliers, values, "name"); got != want.Name {
			t.Errorf("supplier %s: %q, want %q", id, got, want.Name)
		}
	}
	offers := truth(r, "supplier-products", id)
	for id, o := range offers {
		values, ok := r.objects[koppel.SupplierProducts][id]
		if !ok {
			t.Fatalf("supplier product %s was not read", id)
		}
		want := map[string]string{
			"supplier": o.SupplierID.String(), "product": o.ProductID.String(), "name": o.Name, "sku_code": o.SKU, "price": "", "status": "enabled",
			"minimum_purchase_quantity": fmt.Sprint(o.MOQ), "lot_size": fmt.Sprint(o.Lot), "delivery_time": "", "preferred": fmt.Sprint(o.Preferred),
		}
		if o.Price != "" {
			want["price"] = decimalOf(t, o.Price).String()
		}
		if o.Days != nil {
			want["delivery_time"] = fmt.Sprint(*o.Days)
		}
		got := map[string]string{}
		for name := range want {
			got[name] = r.value(koppel.SupplierProducts, values, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("supplier product %s (-want +got):\n%s", id, diff)
		}
		if r.objects[koppel.Products][o.ProductID.String()] == nil || r.objects[koppel.Suppliers][o.SupplierID.String()] == nil {
			t.Errorf("supplier product %s refers to what was not read", id)
		}
	}
	counts := r.shop.Counts()
	if len(r.objects[koppel.Suppliers]) != counts.Suppliers || len(r.objects[koppel.SupplierProducts]) != counts.SupplierProducts {
		t.Errorf("%d suppliers and %d supplier products, the shop counts %d and %d",
			len(r.objects[koppel.Suppliers]), len(r.objects[koppel.SupplierProducts]), counts.Suppliers, counts.SupplierProducts)
	}
}

// Rows deleted before the place of the read hide no others.
func TestDeletionsWhileReadingLoseNothing(t *testing.T) {
	t.Parallel()
	var one sync.Mutex // a page, then the deletions after it
	asked, deleted := 0, 0
	cfg := demoshop.Config{Products: 120, Orders: -1, BasicOverHTTP: true}
	r := newRemote(t, "woocommerce", plainHTTP, cfg, map[string]any{"per_page": 10, "prices_include_vat": false}, func(_ *demoshop.Shop, shop http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			one.Lock()
			defer one.Unlock()
			shop.ServeHTTP(w, q)
			if q.URL.Query().Get("offset") == "" {
				return
			}
			// The first rows, read already: those after them move up.
			asked++
			for range 1 + asked%3 {
				gone := httptest.NewRequestWithContext(q.Context(), http.MethodDelete, fmt.Sprintf("%s/products/%d?force=true", demoshop.Base, 11+deleted), nil)
				gone.SetBasicAuth("ck_demo", "cs_demo")
				answer := httptest.NewRecorder()
				if shop.ServeHTTP(answer, gone); answer.Code == http.StatusOK {
					deleted++
				}
			}
		})
	})
	r.read("products", rest.ReadOptions{})
	one.Lock()
	defer one.Unlock()
	if deleted < 10 {
		t.Fatalf("only %d products were deleted meanwhile", deleted)
	}
	left := truth(r, "products", productID)
	for id := range left {
		if r.objects[koppel.Products][id] == nil {
			t.Errorf("product %s was lost", id)
		}
	}
	if len(left) != 120-deleted {
		t.Errorf("the shop has %d products after %d deletions", len(left), deleted)
	}
}

// What changed since a time is read, in every way that a shop offers.
func TestReadsChanges(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.5.0", "9.0.0", "11.0.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			cfg := oddShop(version)
			now := time.Now
			cfg.Now = now
			// The shop's products are of 2025: an old shop needs to look back as far.
			r := newRemote(t, "woocommerce", overTLS, cfg, map[string]any{
				"per_page": 10, "prices_include_vat": false, "ean_meta_key": "_ean", "look_back_days": 3650, "all_orders": true,
			}, nil)
			r.read("products", rest.ReadOptions{})
			r.read("variations", rest.ReadOptions{})
			began := now()
			r.shop.Mutate(25)
			r.shop.PlaceOrders(3)
			before := r.objects[koppel.Products]
			r.objects = map[koppel.Object]map[string]koppel.Values{}
			parents := r.raw
			r.raw = map[[2]string][]byte{}
			r.read("products", rest.ReadOptions{Since: began})
			for key, raw := range parents {
				if _, ok := r.raw[key]; !ok && key[0] == "products" {
					r.raw[key] = raw
				}
			}
			since := rest.ReadOptions{Since: began}
			if s, err := r.client.Stream("variations"); err == nil && s.Since == nil {
				since = rest.ReadOptions{}
			}
			r.read("variations", since)
			r.read("orders", rest.ReadOptions{Since: began.AddDate(-2, 0, 0)})
			changed := r.objects[koppel.Products]
			if len(changed) == 0 {
				t.Fatal("no change was read")
			}
			for id, values := range before {
				if changed[id] == nil {
					changed[id] = values
				}
			}
			r.checkProducts()
			placed := 0
			for id := range truth(r, "orders", func(o orderTruth) string { return o.ID.String() }) {
				if r.objects[koppel.SellOrders][id] != nil {
					placed++
				}
			}
			if placed < 3 {
				t.Errorf("%d orders were read, 3 were placed", placed)
			}
		})
	}
}

// Whatever a shop does wrong has its kind, and the detail names the host.
func TestShopInTrouble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault string
		want  koppel.Kind
	}{
		{"challenge", koppel.KindBlocked}, {"unauthorized", koppel.KindAuth}, {"notice", koppel.KindSchemaDrift},
		{"truncate", koppel.KindNetwork}, {"rate_limit", koppel.KindRateLimited}, {"error_before", koppel.KindRemoteUnavailable},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			r := newRemote(t, "demo", plainHTTP, demoshop.Config{Products: 40}, nil, nil)
			if err := r.shop.Misbehave(demoshop.Misbehaviour{Faults: []demoshop.Fault{{Kind: demoshop.FaultKind(c.fault), Share: 1, RetryAfter: 3600}}}); err != nil {
				t.Fatal(err)
			}
			reader, err := r.client.Read("products", rest.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			_, err = reader.Next(t.Context())
			if got := koppel.KindOf(err); got != c.want {
				t.Errorf("kind %s, want %s: %v", got, c.want, err)
			}
			if detail := koppel.DetailOf(err); detail == "" {
				t.Error("no detail")
			}
		})
	}
}

func TestReadsOrdersByWhenTheyWereMade(t *testing.T) {
	t.Parallel()
	r := newRemote(t, "woocommerce", overTLS, oddShop("11.0.1"), map[string]any{"per_page": 10, "all_orders": true}, nil)
	r.read("orders", rest.ReadOptions{})
	at, _, _ := koppel.SellOrders.Field("placed_at")
	all := r.objects[koppel.SellOrders]
	var moments []time.Time
	for _, order := range all {
		moments = append(moments, order[at].(time.Time))
	}
	slices.SortFunc(moments, time.Time.Compare)
	from, until := moments[len(moments)/4], moments[len(moments)*3/4]
	r.objects, r.raw = map[koppel.Object]map[string]koppel.Values{}, map[[2]string][]byte{}
	r.read("orders", rest.ReadOptions{Created: true, Since: from, Until: until})
	for id, order := range all {
		placed := order[at].(time.Time)
		_, read := r.objects[koppel.SellOrders][id]
		if want := !placed.Before(from) && !placed.After(until); read != want && !placed.Equal(until) {
			t.Errorf("order %s of %s is read: %v, between %s and %s", id, placed, read, from, until)
		}
	}
}
