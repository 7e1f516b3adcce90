package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// leaser is a Leaser in memory, shared by the budgets of a test.
type leaser struct {
	mu      sync.Mutex
	leases  []int
	every   time.Duration
	next    time.Time
	blocked time.Time
	reason  string
	held    int
	most    int
	taken   int
	empty   bool
	err     error
}

func (l *leaser) LeaseSlots(_ context.Context, _ string, _ []koppel.Bucket, n int) (koppel.Slots, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leases = append(l.leases, n)
	first := time.Now()
	if l.next.After(first) {
		first = l.next
	}
	if l.blocked.After(first) {
		first = l.blocked
	}
	if l.empty {
		return koppel.Slots{First: first.Add(time.Hour), Bucket: "day"}, l.err
	}
	l.next = first.Add(time.Duration(n) * l.every)
	return koppel.Slots{Count: n, First: first, Every: l.every, Bucket: "minute"}, l.err
}

func (l *leaser) BlockBudget(_ context.Context, _ string, until time.Time, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked, l.reason = until, reason
	return nil
}

func (l *leaser) AcquireConcurrency(_ context.Context, _, _ string, limit int, _ time.Duration) (func(), bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held >= limit {
		return nil, false, nil
	}
	l.held++
	l.taken++
	l.most = max(l.most, l.held)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held--
	}, true, nil
}

// places tells how many are held and were taken, at most at once.
func (l *leaser) places() (held, taken, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, l.taken, l.most
}

func bucketed(limit int, per time.Duration, name string) []koppel.Bucket {
	return []koppel.Bucket{{Name: name, Limit: limit, Per: per}}
}

func TestLocalBudgetPaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("k", 0, bucketed(60, time.Minute, "minute"), nil, 5*time.Second, time.Now)
		began := time.Now()
		for range 4 {
			done, err := b.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done()
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("four requests at one a second took %s", took)
		}
	})
}

func TestLongWaitsAreNotSatThrough(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		kind koppel.Kind
		wait time.Duration
		make func() *budget
	}{
		{"local minute", koppel.KindRateLimited, 30 * time.Second, func() *budget {
			return newBudget("k", 0, bucketed(2, time.Minute, "minute"), nil, 5*time.Second, time.Now)
		}},
		{"local day", koppel.KindQuota, 12 * time.Hour, func() *budget {
			return newBudget("k", 0, bucketed(2, 24*time.Hour, "day"), nil, 5*time.Second, time.Now)
		}},
		{"leased", koppel.KindRateLimited, 10 * time.Second, func() *budget {
			return newBudget("k", 0, bucketed(6, time.Minute, "minute"), &leaser{every: 10 * time.Second}, 5*time.Second, time.Now)
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := tc.make()
			done, err := b.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done()
			began := time.Now()
			_, err = b.take(t.Context())
			var e *koppel.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || e.RetryAfter != tc.wait || time.Since(began) != 0 {
				t.Errorf("%s: %v after %s", tc.name, err, time.Since(began))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("k", 0, bucketed(5000, 24*time.Hour, "day"), &leaser{empty: true}, 5*time.Second, time.Now)
		_, err := b.take(t.Context())
		var e *koppel.Error
		if !errors.As(err, &e) || e.Kind != koppel.KindQuota || e.RetryAfter != time.Hour {
			t.Errorf("no slots left: %v", err)
		}
	})
}

func TestMoreSlotsAreLeasedTheMoreAreUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leaser{every: 200 * time.Millisecond}
		b := newBudget("k", 0, bucketed(5, time.Second, "second"), l, 5*time.Second, time.Now)
		began := time.Now()
		for range 10 {
			if _, err := b.take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 1800*time.Millisecond {
			t.Errorf("ten requests at five a second took %s", took)
		}
		if diff := cmp.Diff([]int{1, 2, 4, 5}, l.leases); diff != "" {
			t.Error(diff)
		}
		if _, err := b.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute) // the one slot left is stale by now
		if _, err := b.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{1, 2, 4, 5, 1}, l.leases); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBlockStopsEveryWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leaser{}
		one := newBudget("k", 0, nil, l, 5*time.Second, time.Now)
		other := newBudget("k", 0, nil, l, 5*time.Second, time.Now)
		if _, err := one.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := one.block(t.Context(), time.Now().Add(3*time.Second), "the remote asks to wait"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, b := range []*budget{one, other} {
			if _, err := b.take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("both went on after %s", took)
		}
	})
}

func TestPlacesAreSharedKeptAndGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leaser{}
		one := newBudget("k", 2, nil, l, time.Second, time.Now)
		other := newBudget("k", 2, nil, l, time.Second, time.Now)
		for range 10 {
			done, err := one.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done()
		}
		if held, taken, _ := l.places(); taken != 1 || held != 1 {
			t.Errorf("a busy client took %d places and holds %d", taken, held)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if held, _, _ := l.places(); held != 0 {
			t.Errorf("an idle client still holds %d places", held)
		}
		first, _ := one.take(t.Context())
		second, _ := other.take(t.Context())
		if _, err := other.take(t.Context()); koppel.KindOf(err) != koppel.KindRateLimited {
			t.Errorf("a third at once: %v", err)
		}
		first()
		second()
		one.permits.close()
		other.permits.close()
		if held, _, most := l.places(); held != 0 || most != 2 {
			t.Errorf("%d held after closing, %d at most", held, most)
		}
	})
}

func TestRetryAfterBlocksTheBudgetForAll(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	l := &leaser{}
	m := manifest(t, head+"http: { base: \"%s\", budget: { key: credential + \"-x\" }, check: { get: /x } }\n", server.URL)
	with := func(config *ClientConfig) { config.Leaser = l }
	if err := client(t, m, with).Check(t.Context()); koppel.KindOf(err) != koppel.KindRateLimited {
		t.Fatal(err)
	}
	err := client(t, m, with).Check(t.Context())
	var e *koppel.Error
	if !errors.As(err, &e) || e.Kind != koppel.KindRateLimited || e.RetryAfter < 25*time.Second || asked != 1 {
		t.Errorf("another worker asked %d times: %v", asked, err)
	}
	if !strings.Contains(koppel.DetailOf(err), "test/cred-1-x") {
		t.Errorf("the budget is not named: %v", err)
	}
}

func TestShortRetryAfterIsWaitedForInside(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	m := manifest(t, head+"http: { base: \"%s\", check: { get: /x } }\n", server.URL)
	c := client(t, m, func(config *ClientConfig) { config.Durations.WaitInside = 3 * time.Second })
	began := time.Now()
	if err := c.Check(t.Context()); err != nil || asked != 2 || time.Since(began) < 900*time.Millisecond {
		t.Errorf("asked %d times in %s: %v", asked, time.Since(began), err)
	}
}
