package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

const learnManifest = head + `
settings: { pace: { type: int, default: 600 } }
http:
  base: "%s"
  budget:
    learn: { remaining: X-Left, reset: X-Reset }
    operations:
      rows: { buckets: [{ name: rows, limit: "${settings.pace}", per: 1m, burst: 100 }] }
      other:
streams:
  rows: { get: /rows, key: id, budget: rows }
  other: { get: /other, key: id, budget: other }
  free: { get: /free, key: id }
`

// stating answers every path with what is left of it.
func stating(t *testing.T, header map[string]string, status int) (*Client, func() int) {
	t.Helper()
	var mu sync.Mutex
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/rows" {
			for name, value := range header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte("[]"))
	}))
	t.Cleanup(server.Close)
	return client(t, manifest(t, learnManifest, server.URL)), func() int { mu.Lock(); defer mu.Unlock(); return asked }
}

func TestBudgetLearnsThatNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header map[string]string
		status int
		first  koppel.Kind // of the request that is told
		wait   time.Duration
	}{
		"seconds":              {map[string]string{"X-Left": "0", "X-Reset": "40"}, 200, "", 40 * time.Second},
		"a time":               {map[string]string{"X-Left": "0", "X-Reset": timestamp(40)}, 200, "", 40 * time.Second},
		"a time in ms":         {map[string]string{"X-Left": "0", "X-Reset": timestamp(40) + "000"}, 200, "", 40 * time.Second},
		"something is left":    {map[string]string{"X-Left": "1", "X-Reset": "40"}, 200, "", 0},
		"refused, and told":    {map[string]string{"Retry-After": "30"}, 429, koppel.KindRateLimited, 30 * time.Second},
		"refused, by headers":  {map[string]string{"X-Left": "0", "X-Reset": "40"}, 429, koppel.KindRateLimited, 40 * time.Second},
		"refused without word": {nil, 429, koppel.KindRateLimited, 0},
	} {
		c, asked := stating(t, tc.header, tc.status)
		_, _, err := readAll(t, c, "rows", ReadOptions{})
		if koppel.KindOf(err) != tc.first && err != nil || (err == nil) != (tc.first == "") {
			t.Errorf("%s: first %v", name, err)
		}
		_, _, err = readAll(t, c, "rows", ReadOptions{})
		held := time.Duration(0)
		if own := (*koppel.Error)(nil); errors.As(err, &own) {
			held = own.RetryAfter
		}
		if tc.wait > 0 && (held > tc.wait || held < tc.wait-5*time.Second || asked() != 1) || tc.wait == 0 && held != 0 {
			t.Errorf("%s: held %s after %d requests, want %s: %v", name, held, asked(), tc.wait, err)
		}
		for _, stream := range []string{"other", "free"} {
			if _, _, err := readAll(t, c, stream, ReadOptions{}); err != nil {
				t.Errorf("%s: %s is held up too: %v", name, stream, err)
			}
		}
	}
}

func timestamp(in int) string {
	return textOf(time.Now().Add(time.Duration(in) * time.Second).Unix())
}

func TestOperationHasThePaceOfTheSettings(t *testing.T) {
	t.Parallel()
	m := manifest(t, learnManifest, "https://x.example")
	c := client(t, m, func(config *ClientConfig) { config.Settings = map[string]any{"pace": int64(7)} })
	if b := c.operations["rows"].buckets[0]; b.Limit != 7 || b.Name != "rows" {
		t.Errorf("%+v", b)
	}
	of := call{operation: "rows"}
	if _, err := c.take(context.Background(), of); err != nil {
		t.Fatal(err)
	}
	if c.budgetOf(call{operation: "other"}) == c.budget || c.budgetOf(call{}) != c.budget {
		t.Error("budgets are mixed up")
	}
	_, err := NewClient(ClientConfig{Manifest: m, Transport: transport(t), Settings: map[string]any{"pace": int64(0)}})
	if koppel.KindOf(err) != koppel.KindInvalidRequest || !strings.Contains(err.Error(), "no number above zero") {
		t.Errorf("pace 0: %v", err)
	}
	_, err = Parse("c.yaml", []byte(strings.Replace(learnManifest, "budget: other }", "budget: othr }", 1)), tinyCompile)
	if err == nil || !strings.Contains(err.Error(), "has no othr; did you mean other?") {
		t.Errorf("a wrong name: %v", err)
	}
}
