package picqer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// winter is the present of test accounts: 13:00 in Amsterdam.
var winter = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// served is an account behind a real server.
type served struct {
	*Account
	t     *testing.T
	url   string
	clock *clock
}

func serve(t *testing.T, cfg Config) served {
	t.Helper()
	at := &clock{at: winter}
	cfg.Now = at.now
	cfg.HookRetry = time.Millisecond
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(func() {
		a.Close()
		srv.Close()
	})
	return served{a, t, srv.URL, at}
}

// got is an answer with its body read; err is what making it said.
type got struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (s served) as(key, method, path, body string, edit func(*http.Request)) got {
	s.t.Helper()
	address := s.url + Base + path
	if strings.HasPrefix(path, "/_demo") {
		address = s.url + path
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(key, "")
	if edit != nil {
		edit(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return got{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, b, err}
}

// do makes a request that must get a status.
func (s served) do(want int, method, path, body string) got {
	s.t.Helper()
	g := s.as("picqer_demo", method, path, body, nil)
	if g.err != nil || g.status != want {
		s.t.Fatalf("%s %s: status %d, want %d: %v %.300s", method, path, g.status, want, g.err, g.body)
	}
	return g
}

type item map[string]any

func (i item) id(name string) string { return fmt.Sprint(i[name]) }

func (s served) one(path string) item {
	s.t.Helper()
	return decode[item](s.t, s.do(200, "GET", path, "").body)
}

func (s served) rows(path string) []item {
	s.t.Helper()
	return decode[[]item](s.t, s.do(200, "GET", path, "").body)
}

func decode[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

// code is the error_code of an answer.
func (g got) code(t *testing.T) string { t.Helper(); return decode[item](t, g.body).id("error_code") }

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("waited in vain: " + what)
		case <-tick.C:
		}
	}
}
