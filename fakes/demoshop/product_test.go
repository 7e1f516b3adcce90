package demoshop

import (
	"fmt"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestQuirksOccur reads a whole shop and wants each documented quirk in it.
func TestQuirksOccur(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 3000, VariableEvery: 10, BigIDs: 5, Orders: 600})
	seen := map[string]int{}
	note := func(quirk string, is bool) {
		if is {
			seen[quirk]++
		} else {
			seen[quirk] += 0
		}
	}
	parents := map[string]item{}
	for page := 1; page <= 30; page++ {
		body := s.ok(fmt.Sprintf("/products?per_page=100&orderby=id&order=asc&page=%d", page)).body
		note("unicode escaped", strings.Contains(string(body), `Caf\u00e9`) && strings.Contains(string(body), `\ud83c\udfd5`))
		note("slash escaped", strings.Contains(string(body), `24\/7`) && !strings.Contains(string(body), `":"https:/`))
		for _, p := range decode[[]item](t, body) {
			if p["type"] == "variable" {
				parents[p.id()] = p
				note("parent keeps the stock", p["manage_stock"] == true)
				note("parent has no regular price", p["regular_price"] == "")
				continue
			}
			note("price is empty", p["price"] == "")
			note("stock is null", p["stock_quantity"] == nil && p["manage_stock"] == false)
			note("stock is negative", strings.HasPrefix(fmt.Sprint(p["stock_quantity"]), "-"))
			note("empty map as list", strings.Contains(encode(t, p["meta_data"]), `"value":[]`))
			note("map in meta data", strings.Contains(encode(t, p["meta_data"]), `"value":{`))
			note("big number in meta data", strings.Contains(encode(t, p["meta_data"]), `9007199254740993`))
			note("id beyond 2^53", len(p.id()) == 16)
			note("no SKU", p["sku"] == "")
			note("no EAN", p["global_unique_id"] == "")
			note("virtual", p["virtual"] == true)
			note("downloadable", p["downloadable"] == true)
			note("draft", p["status"] == "draft")
			note("on sale", p["on_sale"] == true && p["sale_price"] == p["price"])
		}
	}
	for page := 1; page <= 9; page++ {
		for _, v := range s.rows(fmt.Sprintf("/variations?per_page=100&page=%d", page)) {
			p := parents[fmt.Sprint(v["parent_id"])]
			if p == nil {
				t.Fatalf("variation %s: no parent %v", v.id(), v["parent_id"])
			}
			note("stock on the parent", v["manage_stock"] == "parent" && v["stock_quantity"] == nil && p["manage_stock"] == true)
			note("variation shows the SKU of its parent", v["sku"] == p["sku"])
			note("variation is private", v["status"] == "private")
		}
	}
	for page := 1; page <= 6; page++ {
		for _, o := range s.rows(fmt.Sprintf("/orders?per_page=100&page=%d", page)) {
			note("refunded", encode(t, o["refunds"]) != "[]")
			note("coupon", encode(t, o["coupon_lines"]) != "[]")
			note("no tax", encode(t, o["tax_lines"]) == "[]")
			products := map[string]int{}
			for _, l := range o["line_items"].([]any) {
				l := l.(map[string]any)
				note("line of a deleted product", fmt.Sprint(l["product_id"]) == "0" && l["sku"] == nil)
				note("line of a variation", fmt.Sprint(l["variation_id"]) != "0")
				products[fmt.Sprint(l["product_id"], l["variation_id"])]++
			}
			twice := false
			for _, n := range products {
				twice = twice || n > 1
			}
			note("a product twice on an order", twice)
		}
	}
	for quirk, n := range seen {
		if n == 0 {
			t.Errorf("never seen: %s", quirk)
		}
	}
}

// TestEANs checks the check digits.
func TestEANs(t *testing.T) {
	t.Parallel()
	if have := string(appendEAN(nil, 0)); have != "8710000000000" {
		t.Errorf("key 0: %s", have)
	}
	valid := func(key uint32) bool {
		e := appendEAN(nil, key)
		sum := 0
		for k, c := range e {
			sum += int(c-'0') * (1 + 2*(k%2))
		}
		return len(e) == 13 && sum%10 == 0
	}
	if err := quick.Check(valid, nil); err != nil {
		t.Error(err)
	}
}

// TestLayout goes from refs to ids and back, in every shape of shop.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, l := range []layout{{products: 50}, {products: 50, gapEvery: 4}, {products: 50, every: 7, per: 3}, {products: 53, every: 5, per: 2, gapEvery: 6, big: 11}, {products: 10, every: 1, per: 1}} {
		last, n := int64(0), 0
		for i := range l.products {
			refs := []ref{{int32(i), -1}}
			if l.variable(i) {
				for v := range l.per {
					refs = append(refs, ref{int32(i), int16(v)})
				}
			}
			for _, r := range refs {
				id := l.id(r)
				if id <= last {
					t.Fatalf("%+v: id %d after %d", l, id, last)
				}
				for between := max(last+1, id-5); between < id; between++ {
					if r, ok := l.find(between, l.products); ok {
						t.Fatalf("%+v: %d found as %v", l, between, r)
					}
				}
				last = id
				if have, ok := l.find(id, l.products); !ok || have != r {
					t.Fatalf("%+v: %d is %v, want %v", l, id, have, r)
				}
				if k, ok := l.sellableIndex(r); ok {
					if k != n || l.sellable(k) != r {
						t.Fatalf("%+v: %v is sellable %d, want %d", l, r, k, n)
					}
					n++
				}
			}
		}
		if n != l.sellables() {
			t.Errorf("%+v: %d sellables, counted %d", l, l.sellables(), n)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	same := func(sec uint32) bool {
		return string(appendTime(nil, int64(sec))) == time.Unix(int64(sec), 0).UTC().Format(`"2006-01-02T15:04:05"`)
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

// TestSameSeedSameShop compares whole pages of two shops but for the field
// that a shop shuffles.
func TestSameSeedSameShop(t *testing.T) {
	t.Parallel()
	read := func(seed uint64) []item {
		rows := serve(t, Config{Products: 100, VariableEvery: 9, Seed: seed}).rows("/products?per_page=100")
		for _, r := range rows {
			delete(r, "related_ids")
		}
		return rows
	}
	one, two, other := read(7), read(7), read(8)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(one, other) {
		t.Error("another seed makes the same shop")
	}
}

func TestSlimBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 1000, Slim: true})
	body := s.ok("/products?per_page=100&orderby=id&order=asc").body
	if n := len(body) / 100; n < 820 || n > 880 {
		t.Errorf("%d bytes a product, want about 850", n)
	}
	if n := len(decode[[]item](t, body)); n != 100 {
		t.Errorf("%d products", n)
	}
}

func TestRelatedIDsAreShuffled(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 100})
	one, two := decode[item](t, s.ok("/products/11").body), decode[item](t, s.ok("/products/11").body)
	if cmp.Equal(one["related_ids"], two["related_ids"]) {
		t.Error("related_ids are the same at each reading")
	}
}

func BenchmarkPage(b *testing.B) {
	for _, slim := range []bool{true, false} {
		b.Run(fmt.Sprintf("slim=%v", slim), func(b *testing.B) {
			s, err := New(Config{Products: 1_000_000, Slim: slim})
			if err != nil {
				b.Fatal(err)
			}
			l := &listing{page: 5000, per: 100, offset: -1, orderby: "id"}
			b.ReportAllocs()
			for b.Loop() {
				_, refs := s.selectProducts(l)
				renderPage(l, refs, s, func(b []byte, r ref) []byte { return s.appendProduct(b, r, false) })
			}
		})
	}
}
