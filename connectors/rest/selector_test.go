package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const envelopeManifest = head + `
http: { base: "%s" }
streams:
  rows:
    get: /rows
    records: [d.results, d]
    key: ID
    page: { next: { body: d.__next } }
    one: { get: "/rows/${id}", records: [d.results, d] }
    find: { sku: { get: /rows, query: { sku: "${value}" } } }
push:
  buy_orders:
    find: { get: "/orders", query: { ref: "${object.reference}" }, records: [d.results, d], id: record.ID }
    create: { post: /orders, id: body.ID }
`

// An OData service answers a list with its own envelope, a function with a
// bare list, one entity alone.
func TestRecordsAreTakenFromTheFirstPlaceThatIsThere(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a list with more around it": `{"d":{"results":[{"ID":"a"}],"__next":%s}}`,
		"a bare list":                `{"d":[{"ID":"a"}]}`,
		"one record":                 `{"d":{"ID":"a"}}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next := "null"
			if r.URL.Path == "/rows" && r.URL.RawQuery == "" {
				next = fmt.Sprintf(`"http://%s/rows?page=2"`, r.Host)
			}
			id := `"a"`
			if r.URL.RawQuery == "page=2" {
				id = `"b"`
			}
			fmt.Fprint(w, strings.NewReplacer("%s", next, `"a"`, id).Replace(body))
		}))
		t.Cleanup(server.Close)
		c := client(t, manifest(t, envelopeManifest, server.URL))
		ids, end, err := readAll(t, c, "rows", ReadOptions{})
		want := []string{"a"}
		if strings.Contains(body, "__next") {
			want = []string{"a", "b"}
		}
		if diff := cmp.Diff(want, ids); diff != "" || err != nil || !end.Complete {
			t.Errorf("%s: pages: %v, complete %v (-want +got):\n%s", name, err, end.Complete, diff)
		}
		if one, err := c.One(t.Context(), "rows", "a", nil); err != nil || one.ID != "a" {
			t.Errorf("%s: one: %+v, %v", name, one, err)
		}
		if found, err := c.Find(t.Context(), "rows", "sku", "A"); err != nil || len(found) != 1 || found[0].ID != "a" {
			t.Errorf("%s: find: %+v, %v", name, found, err)
		}
		pushed, ok, err := c.FindPushed(t.Context(), koppel.BuyOrders, map[string]any{"object": map[string]any{"reference": "KOP1"}})
		if err != nil || !ok || pushed.ID != "a" {
			t.Errorf("%s: pushed: %+v, %v, %v", name, pushed, ok, err)
		}
	}
}
