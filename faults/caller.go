package main

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// caller sends a teller's calls as remotes do: one that was not answered 2xx
// is sent again until it is, to whichever server is next.
type caller struct {
	servers *servers
	client  *http.Client
	// slots bound the requests under way; all of them are on this machine.
	slots chan struct{}
	under sync.WaitGroup

	mu sync.Mutex
	callCounts
	took, settled []time.Duration
}

// callCounts are what became of requests.
type callCounts struct {
	// answered were answered 2xx, repeats are requests beyond a call's first.
	answered, repeats int64
	// refused were answered 4xx, turnedAway 503, failed 5xx otherwise; of
	// unanswered nothing came.
	refused, turnedAway, failed, unanswered int64
}

const (
	// callPatience is how long a request waits for its answer; hastyPatience
	// is that of callers who mostly leave before it comes.
	callPatience  = 3 * time.Second
	hastyPatience = 4 * time.Millisecond
	// hastyOneIn is how rare such callers are.
	hastyOneIn = 100
	// callsUnderWay bounds requests at once.
	callsUnderWay = 320
	// againMost is the longest pause before a call is sent again.
	againMost = 2 * time.Second
)

func newCaller(servers *servers) *caller {
	return &caller{servers: servers, slots: make(chan struct{}, callsUnderWay), client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: callsUnderWay, MaxConnsPerHost: callsUnderWay},
	}}
}

// send sends a call until it is answered; wait waits for all of them.
func (c *caller) send(ctx context.Context, one *call, server int) {
	c.under.Go(func() {
		due := time.Now()
		again := 100 * time.Millisecond
		for n := 0; ; n++ {
			patience := callPatience
			if n == 0 && rand.IntN(hastyOneIn) == 0 {
				patience = hastyPatience
			}
			if c.try(ctx, one, (server+n)%serverCount, n > 0, patience, due) || !pause(ctx, again/2+rand.N(again)) {
				return
			}
			again = min(2*again, againMost)
		}
	})
}

func (c *caller) wait() { c.under.Wait() }

// try sends a call once and reports whether that was the last time.
func (c *caller) try(ctx context.Context, one *call, server int, repeat bool, patience time.Duration, due time.Time) bool {
	c.slots <- struct{}{}
	defer func() { <-c.slots }()
	began := time.Now()
	status := c.post(ctx, c.servers.address(server), one, patience)
	took := time.Since(began)
	c.mu.Lock()
	defer c.mu.Unlock()
	if repeat {
		c.repeats++
	}
	switch {
	case status/100 == 2:
		c.answered++
		c.took, c.settled = append(c.took, took), append(c.settled, time.Since(due))
		return true
	case status/100 == 4 && status != http.StatusTooManyRequests:
		c.refused++
		return true
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		c.turnedAway++
	case status == 0:
		c.unanswered++
	default:
		c.failed++
	}
	return false
}

// post is one request to a server, as a load balancer passes it on; 0 when no answer came.
func (c *caller) post(ctx context.Context, server string, one *call, patience time.Duration) int {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	address, err := url.Parse(one.address)
	if err != nil {
		return 0
	}
	address.Host = server
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(one.body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Teller-Signature", one.signature)
	res, err := c.client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// quantile is that of some durations in milliseconds.
func quantile(of []time.Duration, q float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[int(float64(len(sorted)-1)*q)].Microseconds()) / 1000
}
