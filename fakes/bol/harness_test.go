package bol

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that tests move.
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

// served is an account behind a real server, with a token of its own.
type served struct {
	*Account
	*clock
	t     *testing.T
	url   string
	token string
}

func serve(t *testing.T, cfg Config) *served {
	t.Helper()
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if cfg.Now == nil {
		cfg.Now = c.now
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(func() { a.Close(); srv.Close() })
	s := &served{a, c, t, srv.URL, ""}
	s.login()
	return s
}

func (s *served) login() {
	s.t.Helper()
	g := s.request("POST", "/token?grant_type=client_credentials", "", func(r *http.Request) {
		r.Header = http.Header{}
		r.SetBasicAuth("client_demo", "secret_demo")
	})
	var said struct {
		Token string `json:"access_token"`
	}
	g.into(s.t, &said)
	if g.status != 200 || said.Token == "" {
		s.t.Fatalf("token: %d %s", g.status, g.body)
	}
	s.token = said.Token
}

// got is an answer with its body read; err is what reading it said.
type got struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (g got) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(g.body, v); err != nil {
		t.Fatalf("%d %s: %v", g.status, g.body, err)
	}
}

func (s *served) request(method, path, body string, change func(*http.Request)) got {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Accept", jsonType)
	if body != "" {
		r.Header.Set("Content-Type", jsonType)
	}
	if change != nil {
		change(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return got{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, b, err}
}

func (s *served) do(method, path, body string) got {
	s.t.Helper()
	return s.request(method, path, body, nil)
}

// get reads what must be there.
func (s *served) get(path string, v any) {
	s.t.Helper()
	g := s.do("GET", path, "")
	if g.status != 200 || g.err != nil {
		s.t.Fatalf("GET %s: %d %s %v", path, g.status, g.body, g.err)
	}
	g.into(s.t, v)
}

// status is a process status as the API tells it.
type status struct {
	ID     string `json:"processStatusId"`
	Status string `json:"status"`
	Entity string `json:"entityId"`
	Error  string `json:"errorMessage"`
}

// submit makes a write and polls until it is over.
func (s *served) submit(method, path, body string) status {
	s.t.Helper()
	g := s.do(method, path, body)
	var st status
	if g.status != http.StatusAccepted {
		s.t.Fatalf("%s %s: %d %s", method, path, g.status, g.body)
	}
	g.into(s.t, &st)
	if st.Status != "PENDING" || st.ID == "" {
		s.t.Fatalf("%s %s: %+v, want a pending one", method, path, st)
	}
	for range 10 {
		s.get("/shared/process-status/"+st.ID, &st)
		if st.Status != "PENDING" {
			return st
		}
	}
	s.t.Fatalf("%s %s stays pending", method, path)
	return st
}

// orderPage is a page of the list of orders.
type orderPage struct {
	Orders []struct {
		ID    string           `json:"orderId"`
		Items []map[string]any `json:"orderItems"`
	} `json:"orders"`
}

// allOrders reads the list with a query to its end.
func (s *served) allOrders(query string) (ids []string, pages int) {
	s.t.Helper()
	for {
		var p orderPage
		pages++
		s.get("/retailer/orders?page="+string(appendInt(nil, pages))+query, &p)
		for _, o := range p.Orders {
			ids = append(ids, o.ID)
		}
		if len(p.Orders) < perPage {
			return ids, pages
		}
	}
}
