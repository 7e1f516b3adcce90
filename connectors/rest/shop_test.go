package rest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

// shop is a paged collection on a real server; tests change it while it is read.
type shop struct {
	t      *testing.T
	server *httptest.Server
	mu     sync.Mutex
	ids    []int
	asked  []string
	before func(n int, r *http.Request) // called under mu, before the n-th answer
}

func newShop(t *testing.T, rows int) *shop {
	s := &shop{t: t}
	for i := range rows {
		s.ids = append(s.ids, i+1)
	}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	return s
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.RequestURI())
	if s.before != nil {
		s.before(len(s.asked), r)
	}
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size == 0 {
		size = 10
	}
	start := 0
	if page, err := strconv.Atoi(q.Get("page")); err == nil {
		start = (page - 1) * size
	}
	if offset, err := strconv.Atoi(q.Get("offset")); err == nil {
		start = offset
	}
	rows := []map[string]any{}
	for i := start; i < min(start+size, len(s.ids)); i++ {
		rows = append(rows, map[string]any{"id": s.ids[i], "name": fmt.Sprint("row ", s.ids[i])})
	}
	w.Header().Set("X-Total", strconv.Itoa(len(s.ids)))
	w.Header().Set("X-Pages", strconv.Itoa((len(s.ids)+size-1)/size))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(rows)
}

// remove deletes rows; only under mu.
func (s *shop) remove(ids ...int) {
	s.ids = slices.DeleteFunc(s.ids, func(id int) bool { return slices.Contains(ids, id) })
}

// manifest parses source, in which %s is the server's address.
func manifest(t *testing.T, source, address string) *Manifest {
	t.Helper()
	m, err := Parse("connector.yaml", fmt.Appendf(nil, source, address), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// head is the start of every test manifest.
const head = `
connector: test
version: 1.0.0
name: Test
provider_types: [sync]
`

func transport(t *testing.T) *Transport {
	t.Helper()
	tr, err := NewTransport(TransportConfig{Allow: []string{"127.0.0.0/8"}, MaxBody: 1 << 20, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// quick are durations for tests.
func quick() koppel.Durations {
	d := koppel.DefaultDurations()
	d.RequestRetries = 250 * time.Millisecond
	d.WaitInside = 100 * time.Millisecond
	return d
}

func client(t *testing.T, m *Manifest, change ...func(*ClientConfig)) *Client {
	t.Helper()
	config := ClientConfig{Manifest: m, Transport: transport(t), CredentialKey: "cred-1", Durations: quick()}
	for _, f := range change {
		f(&config)
	}
	c, err := NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// readAll reads a stream to its end and returns the ids in order.
func readAll(t *testing.T, c *Client, stream string, opts ReadOptions) ([]string, End, error) {
	t.Helper()
	r, err := c.Read(stream, opts)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for {
		page, err := r.Next(t.Context())
		if err == io.EOF {
			return ids, r.End(), nil
		}
		if err != nil {
			return ids, r.End(), err
		}
		for _, record := range page.Records {
			if record.Err != nil {
				t.Errorf("record %q: %v", record.Raw, record.Err)
			}
			ids = append(ids, record.ID)
		}
		page.Release()
	}
}

func numbers(from, to int) (ids []string) {
	for i := from; i <= to; i++ {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}
