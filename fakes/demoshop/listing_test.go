package demoshop

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestPages(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 25, IDGaps: 5})
	for _, c := range []struct{ query, ids, total, pages string }{
		{"per_page=4&orderby=id&order=asc", "11 12 13 14", "25", "7"},
		{"per_page=4&orderby=id&order=asc&page=2", "15 19 20 21", "25", "7"},
		{"per_page=4&orderby=id&order=asc&page=7", "47", "25", "7"},
		{"per_page=4&orderby=id&order=asc&page=8", "", "25", "7"},
		{"per_page=4&page=1", "47 46 45 44", "25", "7"},
		{"per_page=3&orderby=id&order=asc&offset=4", "15 19 20", "25", "9"},
		{"per_page=3&orderby=id&order=asc&offset=99", "", "25", "9"},
		{"include=19,11,15,12345&orderby=include&order=asc", "19 11 15", "3", "1"},
		{"include[]=19&include[]=11&orderby=id&order=asc", "11 19", "2", "1"},
		{"per_page=2&orderby=id&order=asc&exclude=11", "12 13", "24", "12"},
		{"per_page=2&orderby=modified&order=asc", "11 12", "25", "13"},
	} {
		g := s.ok("/products?" + c.query)
		if have := idsOf(decode[[]item](t, g.body)); have != c.ids {
			t.Errorf("%s: ids %q, want %q", c.query, have, c.ids)
		}
		if g.header.Get("X-WP-Total") != c.total || g.header.Get("X-WP-TotalPages") != c.pages {
			t.Errorf("%s: totals %s/%s, want %s/%s", c.query, g.header.Get("X-WP-Total"), g.header.Get("X-WP-TotalPages"), c.total, c.pages)
		}
	}
}

func TestRefusedParameters(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 3})
	for query, want := range map[string]string{
		"page=0":             "page must be greater than or equal to 1",
		"per_page=0":         "per_page must be between 1 (inclusive) and 100 (inclusive)",
		"per_page=x":         "per_page is not of type integer.",
		"order=up":           "order is not one of asc and desc.",
		"orderby=rank":       "orderby is not one of date, id, include, title, slug, and modified.",
		"modified_after=now": "Invalid date.",
	} {
		g := s.get("/products?" + query)
		if g.status != 400 || !strings.Contains(string(g.body), want) {
			t.Errorf("%s: %d %s", query, g.status, g.body)
		}
	}
}

// TestEveryListIsComplete reads each list page by page and compares it with
// the totals and the shop's own counts.
func TestEveryListIsComplete(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 120, VariableEvery: 7, Orders: 33, Suppliers: 4, IDGaps: 9, BigIDs: 20})
	for _, id := range []string{"12", "17", "30"} { // 17 and 30 are variable parents
		if g := s.do("DELETE", "/products/"+id+"?force=true", ""); g.status != 200 {
			t.Fatalf("delete %s: %d %s", id, g.status, g.body)
		}
	}
	c := s.Counts()
	for path, want := range map[string]int{
		"/products": c.Listed, "/variations": c.Variations, "/orders": c.Orders, "/suppliers": c.Suppliers, "/supplier-products": c.SupplierProducts,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := s
			s.t = t
			for _, query := range []string{"?orderby=id&order=asc", "?orderby=modified&order=desc"} {
				seen := map[string]bool{}
				for page := 1; ; page++ {
					rows := s.rows(path + query + "&per_page=7&page=" + strconv.Itoa(page))
					if len(rows) == 0 {
						break
					}
					for _, r := range rows {
						seen[r.id()] = true
						if one := s.get(path + "/" + r.id()); path != "/variations" && (one.status != 200 || !strings.HasPrefix(string(one.body), `{"id":`+r.id()+",")) {
							t.Errorf("%s/%s: %d %.60s", path, r.id(), one.status, one.body)
						}
					}
				}
				if len(seen) != want {
					t.Errorf("%s%s: %d rows, counts say %d", path, query, len(seen), want)
				}
			}
		})
	}
	if c.Products != c.Listed-c.Parents+c.Variations || c.Gone != 3 || c.Parents != 120/7-2 {
		t.Errorf("counts do not fit each other: %+v", c)
	}
}

// TestModifiedAfter holds the bounds: exclusive, of one second, in the shop's
// zone unless dates_are_gmt is sent.
func TestModifiedAfter(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 9, ShopZone: "America/New_York"})
	at := testTime.Add(-time.Hour)
	s.cfg.Now = func() time.Time { return at }
	if g := s.do("PUT", "/products/13", `{"name":"changed"}`); g.status != 200 {
		t.Fatal(g.status)
	}
	utc, local := at, at.Add(-5*time.Hour)
	wall := func(v time.Time) string { return v.Format("2006-01-02T15:04:05") }
	for _, c := range []struct{ query, ids string }{
		{"dates_are_gmt=true&modified_after=" + wall(utc.Add(-time.Second)), "13"},
		{"dates_are_gmt=1&modified_after=" + wall(utc), ""},
		{"dates_are_gmt=true&modified_before=" + wall(utc) + "&modified_after=2025-06-01T00:00:00", ""},
		{"modified_after=" + wall(local.Add(-time.Second)), "13"},
		{"modified_after=" + wall(local), ""},
		// A value with a zone is moved into the shop's zone, whatever the column.
		{"modified_after=" + wall(utc.Add(-time.Second)) + "Z", "13"},
		{"dates_are_gmt=true&modified_after=" + wall(utc.Add(2*time.Hour)) + "Z", "13"},
		{"dates_are_gmt=true&modified_after=" + wall(utc.Add(5*time.Hour)) + "Z", ""},
		// Three products share each second of the start.
		{"dates_are_gmt=true&modified_after=2025-01-01T00:00:00&orderby=id&order=asc", "13 14 15 16 17 18 19"},
		{"dates_are_gmt=true&after=2025-01-01T00:00:01&orderby=id&order=asc", "17 18 19"},
		{"dates_are_gmt=true&before=2025-01-01T00:00:01&orderby=id&order=asc", "11 12 13"},
	} {
		if have := idsOf(s.rows("/products?" + c.query)); have != c.ids {
			t.Errorf("%s: %q, want %q", c.query, have, c.ids)
		}
	}
	one := decode[item](t, s.ok("/products/13").body)
	if one["date_modified_gmt"] != wall(utc) || one["date_modified"] != wall(local) {
		t.Errorf("dates %v and %v", one["date_modified_gmt"], one["date_modified"])
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version           string
		ignoresModified   bool
		hasVariations     bool
		hasGlobalUniqueID bool
	}{{"5.5.0", true, false, false}, {"5.6.0", false, false, false}, {"10.2.9", false, false, true}, {"10.3.0", false, true, true}, {"11.0.1", false, true, true}} {
		t.Run(c.version, func(t *testing.T) {
			t.Parallel()
			s := serve(t, Config{Products: 30, VariableEvery: 10, Version: c.version})
			rows := s.rows("/products?modified_after=2026-02-01T00:00:00&dates_are_gmt=true&per_page=100")
			if ignored := len(rows) == 30; ignored != c.ignoresModified {
				t.Errorf("modified_after ignored: %v", ignored)
			}
			g := s.get("/variations")
			if has := g.status == 200; has != c.hasVariations {
				t.Errorf("GET /variations: %d %.80s", g.status, g.body)
			}
			if !c.hasVariations && !strings.Contains(string(g.body), `"code":"rest_no_route"`) {
				t.Errorf("GET /variations: %s", g.body)
			}
			first := s.rows("/products?orderby=id&order=asc&per_page=1")[0]
			if _, has := first["global_unique_id"]; has != c.hasGlobalUniqueID {
				t.Errorf("global_unique_id present: %v", has)
			}
			if inMeta := strings.Contains(encode(t, first["meta_data"]), `"_ean"`); inMeta == c.hasGlobalUniqueID {
				t.Errorf("EAN in meta_data: %v", inMeta)
			}
			if v := decode[map[string]map[string]string](t, s.ok("/system_status?_fields=environment.version").body)["environment"]["version"]; v != c.version {
				t.Errorf("version %q", v)
			}
		})
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 10, VariableEvery: 10, Orders: 1})
	for path, want := range map[string]string{
		"/products?_fields=id&per_page=3&orderby=id&order=asc": `[{"id":11},{"id":12},{"id":13}]`,
		"/products/11?_fields=type,id,dimensions.width":        `{"id":11,"type":"simple","dimensions":{"width":"20"}}`,
		"/variations?_fields=id,parent_id&per_page=1":          `[{"id":23,"parent_id":20}]`,
		"/orders?_fields=number,status,_links.self":            "",
	} {
		body := string(s.ok(path).body)
		if want != "" && body != want {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
		if want == "" && (!strings.HasPrefix(body, `[{"status":"`) || !strings.HasSuffix(body, `"]}}]}}]`)) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestSKUFilterWidensToVariations(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 20, VariableEvery: 10})
	for query, want := range map[string]string{
		"sku=DEMO-0000010-2":                         "22",
		"sku=DEMO-0000001,DEMO-0000010-1,nothing":    "21 11",
		"sku=demo-0000001":                           "",
		"global_unique_id=8710000000000":             "11",
		"type=variable&orderby=id&order=asc":         "20 33",
		"search=jacket&orderby=id&order=asc&sku=zzz": "",
	} {
		if have := idsOf(s.rows("/products?" + query)); have != want {
			t.Errorf("%s: %q, want %q", query, have, want)
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Products: 500, Orders: 400})
	total := 0
	for _, status := range []string{"publish", "draft", "pending", "private"} {
		n, err := strconv.Atoi(s.ok("/products?status=" + status).header.Get("X-WP-Total"))
		if err != nil || n == 0 {
			t.Errorf("%s: %d products", status, n)
		}
		total += n
	}
	if total != 500 {
		t.Errorf("the states add up to %d", total)
	}
	for status, n := range s.Counts().OrdersByStatus {
		if have := s.ok("/orders?status=" + status).header.Get("X-WP-Total"); have != strconv.Itoa(n) || n == 0 {
			t.Errorf("%s: %s orders, counted %d", status, have, n)
		}
	}
	if n := len(s.Counts().OrdersByStatus); n != 9 {
		t.Errorf("%d order states, want 9", n)
	}
	both := s.Counts().OrdersByStatus["completed"] + s.Counts().OrdersByStatus["processing"]
	if have := s.ok("/orders?status[]=completed&status[]=processing").header.Get("X-WP-Total"); have != strconv.Itoa(both) {
		t.Errorf("two states: %s, want %d", have, both)
	}
}
