package rest

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const countedManifest = head + `
http: { base: "%s" }
streams:
  number:
    get: /rows
    key: id
    page: { number: page, size: { per_page: 10 }, end: { header: X-Pages } }
    total: { header: X-Total }
  guarded_number:
    like: number
    page: { like: number, shift_guard: true }
  total:
    like: number
    page: { number: page, size: { per_page: 10 }, end: { total: true } }
  offset:
    get: /rows
    key: id
    page: { offset: offset, size: { per_page: 10 }, end: { total: true } }
    total: { header: X-Total }
  guarded_offset:
    like: offset
    page: { like: offset, shift_guard: true }
  short:
    get: /rows
    key: id
    page: { number: page, size: { per_page: 10 }, end: { short: true } }
  empty:
    get: /rows
    key: id
    page: { offset: offset, size: { per_page: 10 }, end: { empty: true } }
`

func TestCountedPagesEndByTheirRule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stream, rule string
		rows, asked  int
	}{
		{"number", "page 3 of 3 (X-Pages)", 25, 3},
		{"number", "page 1 of 0 (X-Pages)", 0, 1},
		{"guarded_number", "page 3 of 3 (X-Pages)", 25, 3},
		{"total", "row 25 of 25", 25, 3},
		{"total", "row 20 of 20", 20, 2},
		{"offset", "row 25 of 25", 25, 3},
		{"guarded_offset", "row 25 of 25", 25, 3},
		{"guarded_offset", "row 28 of 28", 28, 3},
		{"guarded_offset", "row 29 of 29", 29, 4},
		{"short", "short page: 5 of 10 rows", 25, 3},
		{"short", "short page: 0 of 10 rows", 20, 3},
		{"empty", "empty page", 25, 4},
	} {
		for _, prefetch := range []int{0, 3} {
			shop := newShop(t, tc.rows)
			c := client(t, manifest(t, countedManifest, shop.server.URL))
			ids, end, err := readAll(t, c, tc.stream, ReadOptions{Prefetch: prefetch})
			if err != nil {
				t.Fatal(tc.stream, err)
			}
			if diff := cmp.Diff(numbers(1, tc.rows), ids); diff != "" {
				t.Errorf("%s: rows (-want +got):\n%s", tc.stream, diff)
			}
			if end.Rule != tc.rule || !end.Complete {
				t.Errorf("%s: ended by %q, complete %v; want %q", tc.stream, end.Rule, end.Complete, tc.rule)
			}
			if prefetch == 0 && len(shop.asked) != tc.asked {
				t.Errorf("%s of %d: %d requests, want %d: %v", tc.stream, tc.rows, len(shop.asked), tc.asked, shop.asked)
			}
		}
	}
}

func TestShiftGuardLosesNothingWhenRowsAreDeleted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, stream string
		change       func(s *shop)
	}{
		{"number, three early rows", "guarded_number", func(s *shop) { s.remove(2, 3, 4) }},
		{"number, a whole page", "guarded_number", func(s *shop) { s.remove(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }},
		{"offset, three early rows", "guarded_offset", func(s *shop) { s.remove(2, 3, 4) }},
		{"offset, the overlapping row", "guarded_offset", func(s *shop) { s.remove(19) }},
		{"offset, everything given", "guarded_offset", func(s *shop) { s.ids = s.ids[20:] }},
		{"offset, masked by as many new rows", "guarded_offset", func(s *shop) { s.remove(5, 6, 7); s.ids = append(s.ids, 901, 902, 903) }},
	} {
		for _, prefetch := range []int{0, 2} {
			shop := newShop(t, 55)
			shop.before = func(n int, _ *http.Request) {
				if n == 3 {
					tc.change(shop)
				}
			}
			c := client(t, manifest(t, countedManifest, shop.server.URL))
			ids, end, err := readAll(t, c, tc.stream, ReadOptions{Prefetch: prefetch})
			if err != nil {
				t.Fatal(tc.name, err)
			}
			seen := map[string]int{}
			for _, id := range ids {
				seen[id]++
			}
			shop.mu.Lock()
			for _, id := range shop.ids {
				if n := seen[numbers(id, id)[0]]; n != 1 {
					t.Errorf("%s, prefetch %d: row %d was given %d times", tc.name, prefetch, id, n)
				}
			}
			shop.mu.Unlock()
			if !end.Complete || end.Rereads == 0 && prefetch == 0 {
				t.Errorf("%s: end %+v", tc.name, end)
			}
		}
	}
}

func TestWithoutGuardDeletionLosesRows(t *testing.T) {
	t.Parallel()
	shop := newShop(t, 55)
	shop.before = func(n int, _ *http.Request) {
		if n == 3 {
			shop.remove(2, 3, 4)
		}
	}
	c := client(t, manifest(t, countedManifest, shop.server.URL))
	ids, _, err := readAll(t, c, "number", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 52 {
		t.Errorf("the fake no longer shows the loss that the guard is for: %d rows", len(ids))
	}
}

func TestResumeGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	for _, stream := range []string{"number", "guarded_number", "offset", "guarded_offset", "empty"} {
		shop := newShop(t, 45)
		c := client(t, manifest(t, countedManifest, shop.server.URL))
		r, err := c.Read(stream, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for {
			page, err := r.Next(t.Context())
			if err != nil {
				break
			}
			for _, record := range page.Records {
				ids = append(ids, record.ID)
			}
			resume := page.Resume
			page.Release()
			if r, err = c.Read(stream, ReadOptions{Resume: resume}); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(numbers(1, 45), ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stream, diff)
		}
		if end := r.End(); !end.Complete || end.Read != 45 {
			t.Errorf("%s: end %+v", stream, end)
		}
	}
}
