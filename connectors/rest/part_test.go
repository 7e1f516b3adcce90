package rest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sales is a remote that lists what was changed on one day, or in the last
// minutes, of one method.
type sales struct {
	mu    sync.Mutex
	rows  []sale
	asked []string
	now   time.Time
	// before is called under mu, before the n-th answer.
	before func(n int)
}

type sale struct {
	id, method string
	changed    time.Time
}

func (s *sales) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.RawQuery)
	if s.before != nil {
		s.before(len(s.asked))
	}
	q := r.URL.Query()
	var minutes, page int
	_, _ = fmt.Sscan(q.Get("minutes"), &minutes)
	if _, err := fmt.Sscan(q.Get("page"), &page); err != nil {
		page = 1
	}
	var found []any
	for _, row := range s.rows {
		day := row.changed.In(time.FixedZone("", 3600)).Format(time.DateOnly)
		if q.Get("day") != "" && q.Get("day") != day || q.Get("method") != "" && q.Get("method") != row.method ||
			minutes > 0 && row.changed.Before(s.now.Add(-time.Duration(minutes)*time.Minute)) {
			continue
		}
		found = append(found, map[string]any{"id": row.id})
	}
	from := min(2*(page-1), len(found))
	_ = json.NewEncoder(w).Encode(map[string]any{"rows": found[from:min(from+2, len(found))]})
}

const salesManifest = head + `
settings: { method: { type: string, default: ALL } }
http: { base: "%s" }
streams:
  sales:
    get: /sales
    query: { method: "${partition.method}" }
    records: rows
    key: id
    page: { number: page, full: 2, end: { short: true } }
    partitions:
      - { set: { method: FBR }, when: 'settings.method != "FBB"' }
      - { set: { method: FBB }, when: 'settings.method != "FBR"' }
    since:
      layout: "2006-01-02"
      zone: Europe/Amsterdam
      overlap: 5m
      retention: 72h
      windows: { every: 24h, most: 5, query: { day: "${window.from}" } }
      recent: { most: 60m, query: { minutes: "${window.minutes}" } }
  steady:
    get: /sales
    records: rows
    key: id
    page: { number: page, full: 2, end: { short: true }, steady: true }
  forgetful:
    get: /sales
    records: rows
    key: id
    page: { number: page, full: 2, end: { short: true } }
    since: { query: { after: "${since}" }, retention: 48h }
`

func newSales(t *testing.T, settings map[string]any) (*sales, *Client) {
	t.Helper()
	s := &sales{now: time.Date(2026, 3, 30, 9, 30, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	return s, client(t, manifest(t, salesManifest, server.URL), func(c *ClientConfig) {
		c.Settings = settings
		c.Now = func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }
	})
}

// ago is a sale that was changed so long before now.
func (s *sales) ago(id, method string, d time.Duration) {
	s.rows = append(s.rows, sale{id, method, s.now.Add(-d)})
}

func TestReadIsCutIntoPartitionsAndWindows(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, nil)
	for k := range 4 {
		s.ago(fmt.Sprint("r", k), "FBR", time.Duration(k)*24*time.Hour)
		s.ago(fmt.Sprint("b", k), "FBB", time.Duration(k)*24*time.Hour)
	}
	s.ago("old", "FBR", 100*24*time.Hour)
	ids, end, err := readAll(t, c, "sales", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"r3", "r2", "r1", "r0", "b3", "b2", "b1", "b0"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if want := "8 parts, each to its end; the last: short page: 1 of 2 rows"; end.Rule != want || !end.Complete || end.Total != -1 {
		t.Errorf("%+v, want %s", end, want)
	}
	// The night of 29 March has 23 hours in Amsterdam.
	if diff := cmp.Diff([]string{"method=FBR&day=2026-03-27&page=1", "method=FBR&day=2026-03-28&page=1", "method=FBR&day=2026-03-29&page=1", "method=FBR&day=2026-03-30&page=1"}, s.asked[:4]); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestSettingsChoosePartitions(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, map[string]any{"method": "FBB"})
	s.ago("r", "FBR", 0)
	s.ago("b", "FBB", 0)
	ids, _, err := readAll(t, c, "sales", ReadOptions{Since: s.now.Add(-24 * time.Hour)})
	if err != nil || len(ids) != 1 || ids[0] != "b" || len(s.asked) != 2 {
		t.Errorf("%v of %v, %v", ids, s.asked, err)
	}
	_, c = newSales(t, map[string]any{"method": "FBR"})
	r, err := c.Read("sales", ReadOptions{Until: s.now.Add(-24 * time.Hour), Since: s.now.Add(-48 * time.Hour)})
	if err != nil || len(r.parts) != 2 {
		t.Errorf("a window read has %d parts, %v", len(r.parts), err)
	}
}

func TestRecentTakesTheMinutesSinceTheCursor(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, map[string]any{"method": "FBR"})
	s.ago("new", "FBR", 30*time.Minute)
	s.ago("old", "FBR", 50*time.Minute)
	read := func(back time.Duration, want ...string) {
		t.Helper()
		s.asked = nil
		if _, _, err := readAll(t, c, "sales", ReadOptions{Since: s.now.Add(-back)}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.asked); diff != "" {
			t.Errorf("%s back (-want +got):\n%s", back, diff)
		}
	}
	read(35*time.Minute, "method=FBR&minutes=40&page=1")
	read(52*time.Minute, "method=FBR&minutes=57&page=1", "method=FBR&minutes=57&page=2")
	read(53*time.Minute, "method=FBR&day=2026-03-30&page=1", "method=FBR&day=2026-03-30&page=2")
}

// TestRecentBecomesWindowsAfterALongWait: what the remote asked to wait may
// make the span too old for the minutes it takes.
func TestRecentBecomesWindowsAfterALongWait(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, map[string]any{"method": "FBR"})
	for k := range 3 {
		s.ago(fmt.Sprint(k), "FBR", 10*time.Minute)
	}
	opts := ReadOptions{Since: s.now.Add(-20 * time.Minute)}
	r, err := c.Read("sales", opts)
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	opts.Resume = page.Resume
	page.Release()
	s.mu.Lock()
	s.now = s.now.Add(40 * time.Minute)
	s.asked = nil
	s.mu.Unlock()
	ids, _, err := readAll(t, c, "sales", opts)
	if err != nil || len(ids) != 3 || !strings.Contains(s.asked[0], "day=2026-03-30&page=1") {
		t.Errorf("%v of %v, %v", ids, s.asked, err)
	}
}

func TestResumedReadGoesOnInItsPart(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, nil)
	for k := range 4 {
		for n := range 3 {
			s.ago(fmt.Sprintf("r%d%d", k, n), "FBR", time.Duration(k)*24*time.Hour)
		}
	}
	var ids []string
	opts := ReadOptions{}
	for {
		r, err := c.Read("sales", opts)
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.Next(t.Context())
		r.Close()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page.Records {
			ids = append(ids, record.ID)
		}
		opts.Resume = page.Resume
		page.Release()
		s.mu.Lock()
		s.now = s.now.Add(3 * time.Hour) // a new day begins; the windows stay
		s.mu.Unlock()
	}
	if len(ids) != 12 || ids[0] != "r30" || ids[11] != "r02" {
		t.Errorf("%v", ids)
	}
}

func TestCursorOlderThanTheRemotesMemory(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, nil)
	for _, stream := range []string{"sales", "forgetful"} {
		_, end, err := readAll(t, c, stream, ReadOptions{Since: s.now.Add(-80 * time.Hour)})
		if err != nil || !strings.Contains(end.Rule, "2026-03-27T01:30:00Z is longer ago, so everything was read") || !end.Complete {
			t.Errorf("%s: %+v %v", stream, end, err)
		}
	}
	if last := s.asked[len(s.asked)-1]; strings.Contains(last, "after") {
		t.Errorf("asked %s", last)
	}
	if _, end, err := readAll(t, c, "forgetful", ReadOptions{Since: s.now.Add(-time.Hour)}); err != nil || strings.Contains(end.Rule, "longer ago") {
		t.Errorf("%+v %v", end, err)
	}
}

// TestSteadyFindsRowsThatMoved: a row leaves while the second page is asked
// for, so the one behind it is on no page.
func TestSteadyFindsRowsThatMoved(t *testing.T) {
	t.Parallel()
	s, c := newSales(t, nil)
	for k := range 5 {
		s.ago(fmt.Sprint(k), "FBR", 0)
	}
	s.before = func(n int) {
		if n == 2 {
			s.rows = s.rows[1:]
		}
	}
	ids, end, err := readAll(t, c, "steady", ReadOptions{Prefetch: 2})
	if err != nil || !strings.Contains(strings.Join(ids, " "), "2") || !end.Complete {
		t.Errorf("%v %+v %v", ids, end, err)
	}
	if want := "short page: 0 of 2 rows; the same rows in passes 2 and 3"; end.Rule != want {
		t.Errorf("ended by %q, want %q", end.Rule, want)
	}
	s.before = func(n int) { s.rows = append(s.rows, sale{id: fmt.Sprint("n", n)}) }
	if _, end, err = readAll(t, c, "steady", ReadOptions{}); err != nil || end.Complete || !strings.Contains(end.Rule, "other rows in each of 5 passes") {
		t.Errorf("%+v %v", end, err)
	}
	s.before, s.rows = nil, s.rows[:1]
	if _, end, err = readAll(t, c, "steady", ReadOptions{}); err != nil || end.Rule != "short page: 1 of 2 rows" {
		t.Errorf("%+v %v", end, err)
	}
}

func TestWindowsAreChecked(t *testing.T) {
	t.Parallel()
	for since, want := range map[string]string{
		"{ windows: { every: 24h, query: { d: x } } }":                                                    "need retention",
		"{ retention: 72h, windows: { every: 24h, most: 3, query: { d: x } } }":                           "more than 3 windows",
		"{ retention: 72h, windows: { every: 24h, query: { d: x } }, query: { a: b } }":                   "take the place",
		"{ recent: { most: 1h, query: { a: b } }, query: { a: b } }":                                      "recent needs windows",
		"{ retention: 72h, windows: { every: 0s, query: { d: x } } }":                                     "above zero",
		"{ retention: 72h, windows: { every: 24h, query: { d: '${since}' } } }":                           "since",
		"{ query: { a: b } }, page: { number: p, full: 2, end: { short: true }, steady: true }, total: x": "expected a mapping",
	} {
		_, err := Parse("c.yaml", []byte(head+"http: { base: https://x.example }\nstreams: { r: { get: /r, key: id, since: "+since+" } }\n"), tinyCompile)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", since, err, want)
		}
	}
}
