package demoshop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProductWrites(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10})
	for _, c := range []struct{ path, body, want string }{
		{"/products/11", `{"manage_stock":true,"stock_quantity":7}`, `"stock_quantity":7,`},
		{"/products/11", `{"inventory_delta":-9}`, `"stock_quantity":-2,`},
		{"/products/11", `{"manage_stock":false}`, `"manage_stock":false,"stock_quantity":null`},
		{"/products/11", `{"regular_price":"12.5","name":"A \u00e9/b"}`, `"name":"A \u00e9\/b"`},
		{"/products/11", `{"regular_price":""}`, `"price":"","regular_price":""`},
		{"/products/11", `{"status":"draft"}`, `"status":"draft"`},
		{"/products/11", `{"sku":"MINE"}`, `"sku":"MINE"`},
		{"/products/20/variations/21", `{"manage_stock":true,"stock_quantity":5}`, `"manage_stock":true,"stock_quantity":5`},
		{"/products/20/variations/21", `{"manage_stock":"parent"}`, `"manage_stock":"parent","stock_quantity":null`},
	} {
		g := s.do("PUT", c.path, c.body)
		if g.status != 200 || !strings.Contains(string(g.body), c.want) || !strings.Contains(string(g.body), `"date_modified_gmt":"2026-03-01T12:00:00"`) {
			t.Errorf("%s: %d %s", c.body, g.status, g.body)
		}
		if now := s.ok(c.path); !strings.Contains(string(now.body), c.want) {
			t.Errorf("%s is not kept: %s", c.body, now.body)
		}
	}
	for _, c := range []struct {
		path, body, want string
	}{
		{"/products/11", `{"stock_quantity":1.5}`, "stock_quantity is not of type integer."},
		{"/products/11", `{"regular_price":"cheap"}`, "regular_price is not of type string."},
		{"/products/11", `{"sku":"DEMO-0000002"}`, "product_invalid_sku"},
		{"/products/99", `{"name":"x"}`, badProductID},
		{"/products/21", `{"name":"a variation"}`, badProductID},
		{"/products/20/variations/11", `{"regular_price":"1"}`, badVariationID},
	} {
		if g := s.do("PUT", c.path, c.body); g.status != 400 || !strings.Contains(string(g.body), c.want) {
			t.Errorf("%s %s: %d %s", c.path, c.body, g.status, g.body)
		}
	}
}

func TestTrashAndForce(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10, Orders: 5})
	before := s.Counts()
	if g := s.do("DELETE", "/products/20", ""); g.status != 200 || !strings.Contains(string(g.body), `"status":"trash"`) {
		t.Fatalf("%d %s", g.status, g.body)
	}
	if g := s.get("/products?include=20"); string(g.body) != "[]" {
		t.Errorf("trashed is listed: %s", g.body)
	}
	if have := idsOf(s.rows("/products?include_status=trash&include=20")); have != "20" {
		t.Errorf("trash: %q", have)
	}
	if have := s.ok("/variations").header.Get("X-WP-Total"); have != "3" {
		t.Errorf("%s variations, want the three of the other parent", have)
	}
	if g := s.do("PUT", "/products/20", `{"status":"publish"}`); g.status != 200 {
		t.Fatal(g.status)
	}
	if diff := cmp.Diff(before, s.Counts()); diff != "" {
		t.Errorf("back from the trash:\n%s", diff)
	}
	s.do("DELETE", "/products/20?force=true", "")
	if g := s.get("/products/20"); g.status != 404 {
		t.Errorf("gone answers %d", g.status)
	}
	if have := string(s.get("/_demo/truth/gone").body); strings.Count(have, `"status":"gone"`) != 1 || strings.Count(have, "\n") != 4 {
		t.Errorf("gone: %s", have)
	}
	order := s.rows("/orders")[0].id()
	s.do("DELETE", "/orders/"+order, "")
	if have := idsOf(s.rows("/orders?status=trash")); have != order {
		t.Errorf("trashed orders: %q", have)
	}
	if n := len(s.rows("/orders")); n != 4 {
		t.Errorf("%d orders", n)
	}
}

func TestOrderStatus(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Orders: 5})
	id := s.rows("/orders")[0].id()
	for _, status := range []string{"pending", "completed"} {
		o := decode[item](t, s.do("PUT", "/orders/"+id, `{"status":"`+status+`"}`).body)
		if o["status"] != status || o["date_modified_gmt"] != "2026-03-01T12:00:00" || (o["date_completed_gmt"] != nil) != (status == "completed") {
			t.Errorf("%s: %v %v %v", status, o["status"], o["date_modified_gmt"], o["date_completed_gmt"])
		}
	}
	if g := s.do("PUT", "/orders/"+id, `{"status":"lost"}`); g.status != 400 {
		t.Errorf("unknown status: %d", g.status)
	}
}

// TestSilentStock changes a stock that no incremental read can see.
func TestSilentStock(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 5})
	if g := s.do("POST", "/_demo/mutate", `{"id":12,"stock":4321}`); g.status != 200 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	p := decode[item](t, s.ok("/products/12").body)
	if fmt.Sprint(p["stock_quantity"]) != "4321" || p["date_modified_gmt"] != "2025-01-01T00:00:00" {
		t.Errorf("%v at %v", p["stock_quantity"], p["date_modified_gmt"])
	}
	if rows := s.rows("/products?modified_after=2025-12-01T00:00:00"); len(rows) != 0 {
		t.Errorf("seen by an incremental read: %v", idsOf(rows))
	}
	if g := s.do("POST", "/_demo/mutate", `{"id":99,"stock":1}`); g.status != 404 {
		t.Errorf("missing: %d", g.status)
	}
}

// TestMutationWhileReading changes, deletes and creates between the pages.
func TestMutationWhileReading(t *testing.T) {
	t.Parallel()
	mix := Mutation{SilentStock: 0.3, Deletes: 0.1, Creates: 0.1, Orders: 0.1, Offers: 0.1}
	s := serve(t, Config{Products: 300, VariableEvery: 10, Orders: 20, Misbehaviour: Misbehaviour{Mutation: mix}})
	before := s.Counts()
	missed := map[string]bool{}
	for _, r := range s.rows("/products?per_page=100&orderby=id&order=asc&page=3") {
		missed[r.id()] = true
	}
	for page := 1; page <= 3; page++ {
		for _, r := range s.rows("/products?per_page=100&orderby=id&order=asc&page=" + strconv.Itoa(page)) {
			delete(missed, r.id())
		}
		s.Mutate(150)
	}
	after := s.Counts()
	if after.Gone == 0 || after.Created == 0 || after.Orders == before.Orders {
		t.Errorf("nothing deleted, created or ordered: %+v", after)
	}
	if len(missed) == 0 {
		t.Error("deletions moved nothing across a page boundary")
	}
	silent, changed := 0, 0
	for line := range strings.Lines(string(s.get("/_demo/truth/products").body)) {
		p := decode[item](t, []byte(line))
		if p["modified"] == "2026-03-01T12:00:00Z" {
			changed++
		} else if p["silent_change"] == true {
			silent++
		}
	}
	if silent == 0 || changed == 0 {
		t.Errorf("%d silent changes, %d others", silent, changed)
	}
	if s.ok("/supplier-products?modified_after=2026-01-01T00:00:00").header.Get("X-WP-Total") == "0" {
		t.Error("no supplier product changed")
	}
}

// TestRowDeletedOnceListed deletes a row of the first page, so that the second begins one row later.
func TestRowDeletedOnceListed(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 30, Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: RowDeleted, Times: 1, Path: "/products"}}}})
	list := func(page int) []item {
		return s.rows("/products?per_page=10&orderby=id&order=asc&page=" + strconv.Itoa(page))
	}
	first := list(1)
	if s.Counts().Gone != 1 || s.get("/products/"+first[5].id()).status != 404 {
		t.Errorf("counts %+v: the middle of what was listed is still there", s.Counts())
	}
	now, second := list(1), list(2)
	if len(first) != 10 || now[9].id() == first[9].id() || second[0].id() == now[9].id() {
		t.Errorf("the page after %s begins with %s; the first page now ends with %s", first[9].id(), second[0].id(), now[9].id())
	}
}

// TestRecentChanges compares the short way to find recent changes with the
// shop's own list.
func TestRecentChanges(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 90, VariableEvery: 7, IDGaps: 4, BigIDs: 30, Misbehaviour: Misbehaviour{Mutation: Mutation{SilentStock: 0.5, Deletes: 0.1, Creates: 0.1}}})
	s.Mutate(60)
	var want []string
	for line := range strings.Lines(string(s.get("/_demo/truth/products").body)) {
		if p := decode[item](t, []byte(line)); p["type"] != "variation" && p["modified"] == "2026-03-01T12:00:00Z" {
			want = append(want, p.id())
		}
	}
	have := idsOf(s.rows("/products?modified_after=2026-03-01T11:59:59&dates_are_gmt=true&orderby=id&order=asc&per_page=100"))
	if diff := cmp.Diff(strings.Join(want, " "), have); diff != "" || len(want) < 20 {
		t.Errorf("%d changes (-truth +API):\n%s", len(want), diff)
	}
}

// TestTruthIsWhatTheAPISays compares two ways of telling, after changes.
func TestTruthIsWhatTheAPISays(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 150, VariableEvery: 6, Orders: 60, BigIDs: 9, Misbehaviour: Misbehaviour{Mutation: Mutation{Deletes: 0.05, Creates: 0.05, Orders: 0.1}}})
	s.Mutate(300)
	said := map[string]item{}
	for _, path := range []string{"/products", "/variations"} {
		for page := 1; page <= 3; page++ {
			for _, r := range s.rows(path + "?per_page=100&orderby=id&order=asc&page=" + strconv.Itoa(page)) {
				said[r.id()] = r
			}
		}
	}
	var told []string
	for from := "0"; ; {
		chunk := string(s.get("/_demo/truth/products?limit=40&from=" + from).body)
		if chunk == "" {
			break
		}
		for line := range strings.Lines(chunk) {
			p := decode[item](t, []byte(line))
			told = append(told, line)
			a := said[p.id()]
			n, err := strconv.ParseInt(p.id(), 10, 64)
			if err != nil || a == nil {
				t.Fatalf("%s is not in the lists: %v", line, err)
			}
			from = strconv.FormatInt(n+1, 10)
			for truth, api := range map[string]string{"sku": "sku", "name": "name", "price": "price", "stock": "stock_quantity", "ean": "global_unique_id", "status": "status", "manage_stock": "manage_stock", "type": "type"} {
				if fmt.Sprint(p[truth]) != fmt.Sprint(a[api]) {
					t.Errorf("%s: %s is %v, the API says %v", p.id(), truth, p[truth], a[api])
				}
			}
			if strings.TrimSuffix(p["modified"].(string), "Z") != a["date_modified_gmt"] {
				t.Errorf("%s: modified %v, the API says %v", p.id(), p["modified"], a["date_modified_gmt"])
			}
		}
	}
	if whole := string(s.get("/_demo/truth/products").body); whole != strings.Join(told, "") || len(told) != len(said) {
		t.Errorf("%d lines in parts, %d rows in the lists; in one stream: %v", len(told), len(said), whole == strings.Join(told, ""))
	}
	orders := map[string]item{}
	for line := range strings.Lines(string(s.get("/_demo/truth/orders").body)) {
		o := decode[item](t, []byte(line))
		orders[o.id()] = o
	}
	for _, o := range s.rows("/orders?per_page=100") {
		told := orders[o.id()]
		if told == nil || told["status"] != o["status"] || told["total"] != o["total"] || len(told["lines"].([]any)) != len(o["line_items"].([]any)) {
			t.Errorf("order %s: %v", o.id(), told)
		}
		sum := 0.0
		for _, part := range []string{"shipping_total", "total_tax"} {
			sum += number(t, o[part])
		}
		for _, l := range o["line_items"].([]any) {
			sum += number(t, l.(map[string]any)["total"])
		}
		if d := sum - number(t, o["total"]); d > 0.001 || d < -0.001 {
			t.Errorf("order %s: parts add up to %.2f, total %v", o.id(), sum, o["total"])
		}
	}
	if len(orders) != s.Counts().Orders {
		t.Errorf("%d orders told, %d counted", len(orders), s.Counts().Orders)
	}
}

func number(t *testing.T, v any) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestJournal starts a shop again from what another one did, cut off within
// its last line as a kill leaves it.
func TestJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	cfg := Config{Products: 100, VariableEvery: 6, Orders: 20, Journal: path, Misbehaviour: Misbehaviour{Mutation: Mutation{Deletes: 0.05, Creates: 0.05, Orders: 0.1, Offers: 0.1, SilentStock: 0.2}}}
	one := serve(t, cfg)
	one.Mutate(400)
	one.do("POST", "/purchase-orders", strings.NewReplacer(":11", ":14", ":12", ":15").Replace(aBuyOrder))
	one.do("PUT", "/purchase-orders/70001", `{"status":"received"}`)
	one.do("PUT", "/products/13", `{"name":"kept"}`)
	one.do("DELETE", "/products/20", "")
	want := tell(one)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"op":"product.up`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	two := serve(t, cfg)
	if diff := cmp.Diff(want, tell(two)); diff != "" {
		t.Errorf("after the restart (-before +after):\n%s", diff)
	}
	two.do("PUT", "/products/13", `{"name":"again"}`)
	want = tell(two)
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tell(serve(t, cfg))); diff != "" {
		t.Errorf("after the second restart:\n%s", diff)
	}
	cfg.Seed = 3
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "written with another size, seed") {
		t.Errorf("another seed: %v", err)
	}
}

// tell is everything that a shop says about itself.
func tell(s served) map[string]string {
	all := map[string]string{}
	for _, path := range []string{"truth/products", "truth/gone", "truth/orders", "truth/supplier-products", "counts", "ledger?kind=purchase_orders"} {
		all[path] = string(s.get("/_demo/" + path).body)
	}
	return all
}

// TestReadersAndMutatorsTogether is for the race detector, and wants every
// page to be whole whatever happens meanwhile.
func TestReadersAndMutatorsTogether(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 400, VariableEvery: 10, Orders: 50, CachePages: true, Misbehaviour: Misbehaviour{Mutation: Mutation{Deletes: 0.02, Creates: 0.02, Orders: 0.1, Offers: 0.1}}})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				s.Mutate(20)
			}
		}
	}()
	var readers sync.WaitGroup
	for _, path := range []string{"/products?", "/products?modified_after=2026-01-01T00:00:00&", "/variations?", "/orders?", "/supplier-products?"} {
		readers.Go(func() {
			for page := 1; page <= 4; page++ {
				req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+Base+path+"per_page=100&consumer_key=ck_demo&consumer_secret=cs_demo&page="+strconv.Itoa(page), nil)
				if err != nil {
					t.Error(err)
					return
				}
				if g := send(http.DefaultClient, req); g.err != nil || g.status != 200 || !json.Valid(g.body) {
					t.Errorf("%s page %d: %d %v %.100s", path, page, g.status, g.err, g.body)
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	<-done
}

// TestCachedPages wants a cached page to be let go when the shop changes.
func TestCachedPages(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 5, Slim: true, CachePages: true})
	one := s.ok("/products").body
	if again := s.ok("/products").body; !bytes.Equal(one, again) {
		t.Error("two readings differ")
	}
	s.do("PUT", "/products/11", `{"name":"changed"}`)
	if now := s.ok("/products").body; !strings.Contains(string(now), `"name":"changed"`) {
		t.Errorf("a change is not seen: %s", now)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 30, Gzip: true})
	// The transport of Go asks for gzip and unpacks it.
	if g := s.ok("/products?per_page=30"); len(decode[[]item](t, g.body)) != 30 {
		t.Errorf("%s", g.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+Base+"/products?consumer_key=ck_demo&consumer_secret=cs_demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	if g := send(http.DefaultClient, req); g.header.Get("Content-Encoding") != "gzip" || !bytes.HasPrefix(g.body, []byte{0x1f, 0x8b}) {
		t.Errorf("%v %.20q", g.header, g.body)
	}
}

// BenchmarkChangedPage reads a page of recent changes right after the shop
// changed, when nothing selected before can be used again.
func BenchmarkChangedPage(b *testing.B) {
	s, err := New(Config{Products: 200_000, Slim: true, Now: func() time.Time { return testTime }})
	if err != nil {
		b.Fatal(err)
	}
	s.Mutate(100_000)
	l := &listing{page: 2, per: 100, offset: -1, orderby: "id", gmt: true, modified: bounds{after: testTime.Unix() - 60}}
	for b.Loop() {
		s.Mutate(1)
		if n, _ := s.selectProducts(l); n < 10_000 {
			b.Fatal(n)
		}
	}
}
