package demoshop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// node is a JSON value that remembers the order of its members.
type node struct {
	kind string // object, array, string, number, bool, null
	keys []string
	vals []node
}

func parseNode(t *testing.T, b []byte) node {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var value func() node
	value = func() node {
		tok, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %.200s", err, b)
		}
		switch v := tok.(type) {
		case json.Delim:
			n := node{kind: map[json.Delim]string{'{': "object", '[': "array"}[v]}
			for d.More() {
				if n.kind == "object" {
					key, err := d.Token()
					if err != nil {
						t.Fatal(err)
					}
					n.keys = append(n.keys, key.(string))
				}
				n.vals = append(n.vals, value())
			}
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
			return n
		case string:
			return node{kind: "string"}
		case json.Number:
			return node{kind: "number"}
		case bool:
			return node{kind: "bool"}
		default:
			return node{kind: "null"}
		}
	}
	return value()
}

// sameShape compares members, their order and the kinds of values. null fits
// everything, an empty array says nothing about its items.
func sameShape(at string, want, have node) []string {
	if want.kind == "null" || have.kind == "null" {
		return nil
	}
	if want.kind != have.kind {
		return []string{fmt.Sprintf("%s is %s, recorded %s", at, have.kind, want.kind)}
	}
	var wrong []string
	switch want.kind {
	case "object":
		if diff := cmp.Diff(want.keys, have.keys); diff != "" {
			return []string{at + " (-recorded +have):\n" + diff}
		}
		for k := range want.keys {
			wrong = append(wrong, sameShape(at+"."+want.keys[k], want.vals[k], have.vals[k])...)
		}
	case "array":
		if len(want.vals) > 0 && len(have.vals) > 0 {
			wrong = sameShape(at+"[]", want.vals[0], have.vals[0])
		}
	}
	return wrong
}

// TestBodiesHaveTheRecordedShape compares members, order and kinds of whole
// bodies with those of a real shop.
func TestBodiesHaveTheRecordedShape(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 400, VariableEvery: 10, Orders: 40})
	parent := s.layout.id(ref{9, -1})
	for _, c := range []struct{ recording, path string }{
		{"products-page1", "/products?per_page=5&orderby=id&order=asc"},
		{"product-variable", "/products/" + strconv.FormatInt(parent, 10)},
		{"variations", "/products/" + strconv.FormatInt(parent, 10) + "/variations"},
		{"variations-all", "/variations?per_page=2"},
		{"orders", "/orders?per_page=40&orderby=id&order=asc"},
		{"orders-completed", "/orders?per_page=40&status=completed"},
	} {
		t.Run(c.recording, func(t *testing.T) {
			t.Parallel()
			want, have := parseNode(t, recording(t, c.recording).body), parseNode(t, s.ok(c.path).body)
			if want.kind == "object" {
				want, have = node{kind: "array", vals: []node{want}}, node{kind: "array", vals: []node{have}}
			}
			if len(have.vals) == 0 {
				t.Fatal("nothing rendered")
			}
			for k, h := range have.vals {
				for _, w := range sameShape(fmt.Sprintf("%s #%d", c.recording, k), want.vals[0], h) {
					t.Error(w)
				}
			}
		})
	}
}

// TestAnswersAreTheRecordedBytes replays requests whose whole answer is known.
func TestAnswersAreTheRecordedBytes(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 253, Orders: 40})
	for _, name := range []string{"per-page-too-large", "product-missing", "products-past-end", "system-status"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := recording(t, name)
			g := s.do(rec.method, rec.path, "")
			if diff := cmp.Diff(string(rec.body), string(g.body)); diff != "" {
				t.Errorf("body (-recorded +have):\n%s", diff)
			}
			if strconv.Itoa(g.status) != rec.status {
				t.Errorf("status %d, recorded %s", g.status, rec.status)
			}
			for key, want := range rec.header {
				have := strings.ReplaceAll(g.header.Get(key), s.url, "https://127.0.0.1:8095")
				if have != want {
					t.Errorf("%s: %q, recorded %q", key, have, want)
				}
			}
		})
	}
}

// TestLinksAreTheRecordedOnes renders the Link header of each recorded list.
func TestLinksAreTheRecordedOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"products-page1", "products-modified", "products-page-last", "products-past-end", "orders", "orders-completed", "variations", "variations-all"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, Config{})
			rec := recording(t, name)
			path, raw, _ := strings.Cut(rec.path, "?")
			q, err := url.ParseQuery(raw)
			if err != nil {
				t.Fatal(err)
			}
			l, errs := s.parseListing(q)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			total, err := strconv.Atoi(rec.header["X-WP-Total"])
			if err != nil {
				t.Fatal(err)
			}
			if pages := strconv.Itoa(pagesOf(total, l.per)); pages != rec.header["X-WP-TotalPages"] {
				t.Errorf("%s pages, recorded %s", pages, rec.header["X-WP-TotalPages"])
			}
			var extra []string
			if path == "/orders" {
				extra = orderLinkParams(l)
			}
			if diff := cmp.Diff(rec.header["Link"], pageLink("https://127.0.0.1:8095"+Base+path, raw, l, total, extra)); diff != "" {
				t.Errorf("Link (-recorded +have):\n%s", diff)
			}
		})
	}
}

func TestHeaderNamesOnTheWire(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 3})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET "+Base+"/products?consumer_key=ck_demo&consumer_secret=cs_demo HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\r\nX-WP-Total: 3\r\n", "\r\nX-WP-TotalPages: 1\r\n"} {
		if !bytes.Contains(all, []byte(want)) {
			t.Errorf("no %q in\n%.600s", want, all)
		}
	}
}

func TestDuplicateSKU(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10})
	// A SKU used by a variation is taken too.
	taken := s.rows("/products/" + s.rows("/products?type=variable")[0].id() + "/variations?orderby=id&order=asc")[0]
	rec := recording(t, "duplicate-sku")
	g := s.do("POST", "/products", `{"name":"Dup","sku":"`+taken["sku"].(string)+`"}`)
	want := strings.ReplaceAll(strings.ReplaceAll(string(rec.body), "TENT-2P", taken["sku"].(string)), `"resource_id":302`, `"resource_id":`+taken.id())
	if g.status != 400 || string(g.body) != want {
		t.Errorf("%d %s\nwant %s", g.status, g.body, want)
	}
}

func TestBatchAnswersErrorsInPlace(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10})
	parent := s.rows("/products?type=variable")[0].id()
	g := s.do("POST", "/products/batch", `{"update":[{"id":99999999,"name":"x"},{"id":`+parent+`,"name":"Trail tent 2P"}],"create":[{"name":"New","sku":"N-1"}],"delete":[12]}`)
	if g.status != 200 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	rec := recording(t, "batch-partial")
	failed := `{"id":99999999,"error":{"code":"woocommerce_rest_product_invalid_id","message":"Invalid ID.","data":{"status":400}}}`
	if !bytes.Contains(rec.body, []byte(failed)) || !bytes.Contains(g.body, []byte(`"update":[`+failed)) {
		t.Errorf("the failed item is not in its place: %.300s", g.body)
	}
	answer := decode[map[string][]json.RawMessage](t, g.body)
	want := decode[map[string][]json.RawMessage](t, rec.body)
	for _, w := range sameShape("update[1]", parseNode(t, want["update"][1]), parseNode(t, answer["update"][1])) {
		t.Error(w)
	}
	if now := s.ok("/products?sku=N-1"); !bytes.Contains(now.body, []byte(`"name":"New"`)) {
		t.Errorf("not created: %s", now.body)
	}
	if g := s.get("/products/12"); g.status != 404 {
		t.Errorf("deleted product answers %d", g.status)
	}
	if g := s.do("POST", "/products/batch", `{"delete":[`+strings.Repeat("1,", 100)+`1]}`); g.status != 413 {
		t.Errorf("101 items: status %d", g.status)
	}
}
