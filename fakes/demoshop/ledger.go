package demoshop

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger counts every request and keeps the last ones.
type ledger struct {
	mu     sync.Mutex
	counts map[counted]int64
	faults map[string]int64
	last   []Request // a ring
	next   int
	total  int64
}

// counted is what requests are counted by.
type counted struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"` // 0: no answer was sent
	Effect string `json:"effect,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Request is one request as the ledger keeps it, without its key.
type Request struct {
	At    time.Time `json:"at"`
	Query string    `json:"query,omitempty"`
	URL   string    `json:"url"`
	counted
}

const keptRequests = 5000

func (l *ledger) init() {
	l.counts, l.faults = map[counted]int64{}, map[string]int64{}
}

func (l *ledger) request(r *http.Request, pattern string, status int, effect, fault string, at time.Time) {
	c := counted{r.Method, pattern, status, effect, fault}
	req := Request{At: at.UTC(), URL: r.URL.Path, Query: withoutKey(r.URL.RawQuery), counted: c}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.counts[c]++
	if fault != "" {
		l.faults[fault]++
	}
	if len(l.last) < keptRequests {
		l.last = append(l.last, req)
		return
	}
	l.last[l.next] = req
	l.next = (l.next + 1) % keptRequests
}

// withoutKey takes the key and the signature out of a query.
func withoutKey(raw string) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		if err == nil && n != "" && !strings.HasPrefix(n, "oauth_") && !strings.HasPrefix(n, "consumer_") {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// count is one line of the summary.
type count struct {
	counted
	Count int64 `json:"count"`
}

func (l *ledger) summary() (total int64, counts []count, faults map[string]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	faults = map[string]int64{}
	for k, n := range l.faults {
		faults[k] = n
	}
	counts = make([]count, 0, len(l.counts))
	for k, n := range l.counts {
		counts = append(counts, count{k, n})
	}
	slices.SortFunc(counts, func(a, b count) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Effect, b.Effect), cmp.Compare(a.Fault, b.Fault))
	})
	return l.total, counts, faults
}

// recent are the kept requests, oldest first.
func (l *ledger) recent() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(slices.Clone(l.last[l.next:]), l.last[:l.next]...)
}
