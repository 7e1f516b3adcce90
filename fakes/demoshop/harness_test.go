package demoshop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// testTime is the present of test shops.
var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// served is a shop behind a real server, read with Basic over plain HTTP.
type served struct {
	*Shop
	t   *testing.T
	url string
}

func serve(t *testing.T, cfg Config) served {
	t.Helper()
	cfg.BasicOverHTTP = true
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return testTime }
	}
	s := newShop(t, cfg)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return served{s, t, srv.URL}
}

func newShop(t *testing.T, cfg Config) *Shop {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// got is an answer with its body read; err is what reading it said.
type got struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (s served) do(method, path, body string) got {
	s.t.Helper()
	address := s.url + path
	if !strings.HasPrefix(path, "/_demo") {
		address = s.url + Base + path
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth("ck_demo", "cs_demo")
	return send(http.DefaultClient, req)
}

func send(c *http.Client, req *http.Request) got {
	res, err := c.Do(req)
	if err != nil {
		return got{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, b, err}
}

func (s served) get(path string) got {
	s.t.Helper()
	g := s.do("GET", path, "")
	if g.err != nil {
		s.t.Fatalf("GET %s: %v", path, g.err)
	}
	return g
}

// ok is get that must answer 200.
func (s served) ok(path string) got {
	s.t.Helper()
	g := s.get(path)
	if g.status != http.StatusOK {
		s.t.Fatalf("GET %s: status %d: %s", path, g.status, g.body)
	}
	return g
}

// rows are the items of a list answer.
func (s served) rows(path string) []item {
	s.t.Helper()
	return decode[[]item](s.t, s.ok(path).body)
}

// item is one body, numbers kept exact.
type item map[string]any

func (i item) id() string { return fmt.Sprint(i["id"]) }

func idsOf(items []item) string {
	var ids []string
	for _, i := range items {
		ids = append(ids, i.id())
	}
	return strings.Join(ids, " ")
}

func decode[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	if err := decodeJSON(b, &v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// recorded is one exchange of a real shop.
type recorded struct {
	method, path string
	status       string
	header       map[string]string
	body         []byte
}

func recording(t *testing.T, name string) recorded {
	t.Helper()
	all, err := os.ReadFile("testdata/" + name + ".http")
	if err != nil {
		t.Fatal(err)
	}
	if k := bytes.Index(all, []byte("\n\n\n\n# ")); k >= 0 {
		all = all[:k]
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(all), "\r", ""), "\n\n")
	r := recorded{header: map[string]string{}, body: []byte(strings.TrimSpace(body))}
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "# body"):
		case strings.HasPrefix(line, "# "):
			f := strings.Fields(line)
			r.method, r.path = f[1], f[2]
		case strings.HasPrefix(line, "HTTP/"):
			r.status = strings.Fields(line)[1]
		default:
			r.header[name] = value
		}
	}
	return r
}
