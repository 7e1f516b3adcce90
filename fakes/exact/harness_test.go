package exact

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is the present of a test's site.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// served is a site behind a real server, with a token of its user.
type served struct {
	*Site
	t       *testing.T
	url     string
	clock   *clock
	refresh string
	access  string
}

func serve(t *testing.T, cfg Config) *served {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	cfg.Now = c.Now
	if cfg.MinuteCalls == 0 {
		cfg.MinuteCalls = -1
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	out := &served{Site: s, t: t, url: srv.URL, clock: c}
	out.refresh, out.access = s.Login()
	return out
}

// got is an answer with its body read; err is what reading it said.
type got struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (s *served) send(method, address, body string, header map[string]string) got {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return got{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, b, err}
}

// do calls a path of the first administration.
func (s *served) do(method, path, body string) got {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.url + "/api/v1/123456/" + encoded(path)
	}
	return s.send(method, path, body, map[string]string{"Authorization": "Bearer " + s.access, "Accept": "application/json", "Content-Type": "application/json", "Prefer": "return=representation"})
}

// encoded writes a query as clients do.
func encoded(path string) string {
	p, query, ok := strings.Cut(path, "?")
	if !ok {
		return p
	}
	return p + "?" + strings.NewReplacer(" ", "%20", "'", "%27").Replace(query)
}

func (s *served) ok(path string) got {
	s.t.Helper()
	g := s.do("GET", path, "")
	if g.err != nil || g.status != http.StatusOK {
		s.t.Fatalf("GET %s: status %d: %s %v", path, g.status, g.body, g.err)
	}
	return g
}

type item map[string]any

// page are the rows of a collection answer, and the link to the next.
func (s *served) page(path string) ([]item, string) {
	s.t.Helper()
	var out struct {
		D struct {
			Results []item `json:"results"`
			Next    string `json:"__next"`
		} `json:"d"`
	}
	g := s.ok(path)
	if err := json.Unmarshal(g.body, &out); err != nil {
		s.t.Fatalf("%v in %.300s", err, g.body)
	}
	return out.D.Results, out.D.Next
}

// all follows the links to the last page.
func (s *served) all(path string) []item {
	s.t.Helper()
	rows, next := s.page(path)
	for next != "" {
		var more []item
		more, next = s.page(next)
		rows = append(rows, more...)
	}
	return rows
}

func (s *served) token(form url.Values) got {
	s.t.Helper()
	if form.Get("client_id") == "" {
		form.Set("client_id", "fake-app")
		form.Set("client_secret", "fake-secret")
	}
	return s.send("POST", s.url+"/api/oauth2/token", form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

func decode[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

func column(rows []item, name string) []any {
	var out []any
	for _, r := range rows {
		out = append(out, r[name])
	}
	return out
}
