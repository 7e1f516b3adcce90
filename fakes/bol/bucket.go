package bol

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limit is how many requests a route takes in a span: a bucket that holds
// Requests and fills evenly within Per.
type Limit struct {
	Requests int           `json:"requests"`
	Per      time.Duration `json:"per"`
}

// usualLimits are small on purpose. The vendor says that its numbers change
// and that clients must steer by the headers.
var usualLimits = map[string]Limit{
	"POST " + token:                          {20, time.Minute},
	"GET " + retailer + "/orders":            {25, time.Minute},
	"GET " + retailer + "/orders/{id}":       {60, time.Minute},
	"GET " + retailer + "/shipments":         {25, time.Minute},
	"GET " + retailer + "/shipments/{id}":    {60, time.Minute},
	"POST " + retailer + "/offers/export":    {9, time.Hour},
	"GET " + retailer + "/offers/{id}":       {50, time.Second},
	"PUT " + retailer + "/offers/{id}/stock": {50, time.Second},
	"GET " + retailer + "/inventory":         {20, time.Minute},
	"GET " + retailer + "/replenishments":    {10, time.Minute},
	"POST " + retailer + "/replenishments":   {10, time.Minute},
	"GET " + shared + "/process-status/{id}": {100, time.Second},
}

// buckets hold what is left of each route's limit.
type buckets struct {
	mu     sync.Mutex
	cfg    Config
	limits map[string]Limit
	level  map[string]*bucket
	late   int // refusals so far
}

type bucket struct {
	tokens float64
	at     time.Time
}

func (b *buckets) init(cfg Config) {
	b.cfg, b.limits, b.level = cfg, map[string]Limit{}, map[string]*bucket{}
	if cfg.NoLimits {
		return
	}
	for route, l := range usualLimits {
		b.limits[route] = l
	}
	for route, l := range cfg.Limits {
		for _, name := range []string{route, withPlace(route)} {
			if l.Requests == 0 {
				delete(b.limits, name)
			} else {
				b.limits[name] = l
			}
		}
	}
}

// withPlace lets a limit of the retailer's part be written without it.
func withPlace(route string) string {
	for k := range route {
		if route[k] == ' ' {
			return route[:k+1] + retailer + route[k+1:]
		}
	}
	return route
}

// take takes one request out of a route's bucket. head goes with the answer;
// late is the refusal when the bucket is empty.
func (b *buckets) take(route string, now time.Time) (head http.Header, late *answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, limited := b.limits[route]
	if !limited {
		return nil, nil
	}
	level := b.level[route]
	if level == nil {
		level = &bucket{float64(l.Requests), now}
		b.level[route] = level
	}
	perSecond := float64(l.Requests) / l.Per.Seconds()
	level.tokens = min(float64(l.Requests), level.tokens+now.Sub(level.at).Seconds()*perSecond)
	level.at = now
	enough := level.tokens >= 1
	if enough {
		level.tokens--
	}
	wait := 0
	if level.tokens < 1 {
		wait = int(math.Ceil((1 - level.tokens) / perSecond))
	}
	reset := int64(wait)
	if b.cfg.EpochReset {
		reset += now.Unix()
	}
	// The vendor's spelling, not Go's canonical one.
	head = http.Header{
		"X-RateLimit-Limit":     {strconv.Itoa(l.Requests)},
		"X-RateLimit-Remaining": {strconv.Itoa(int(level.tokens))},
		"X-RateLimit-Reset":     {strconv.FormatInt(reset, 10)},
	}
	if enough {
		return head, nil
	}
	b.late++
	refused := tooMany(wait)
	refused.header = head
	if b.cfg.RetryAfter == "always" || b.cfg.RetryAfter == "sometimes" && b.late%2 == 1 {
		refused.header.Set("Retry-After", strconv.Itoa(wait))
	}
	return nil, &refused
}

func tooMany(seconds int) answer {
	return problem(http.StatusTooManyRequests, "Too Many Requests", "Too many requests, retry in "+strconv.Itoa(seconds)+" seconds.")
}
