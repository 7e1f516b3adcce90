package picqer

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// authorise wants a User-Agent and Basic with the key as user name; the
// password does not matter. The lock is held.
func (a *Account) authorise(c *call) (key string, problem *answer) {
	if strings.TrimSpace(c.UserAgent()) == "" {
		no := refuse(http.StatusBadRequest, 2, "Please send a User-Agent header with the name of your application and a way to contact you")
		return "", &no
	}
	key, _, ok := c.BasicAuth()
	if !ok || key != a.cfg.Key && key != a.cfg.ScopedKey {
		no := refuse(http.StatusUnauthorized, 1, "Invalid API key")
		return "", &no
	}
	c.scoped = key == a.cfg.ScopedKey
	return key, nil
}

// window is what a key has used since start.
type window struct {
	start time.Time
	used  int
}

// spend counts a request against its key's rate limit and gives the headers
// that tell what is left. What is refused is not done. The lock is held.
func (a *Account) spend(key string) (http.Header, *answer) {
	if a.cfg.RateLimit < 0 {
		return nil, nil
	}
	now := a.cfg.Now()
	w := a.windows[key]
	if now.Sub(w.start) >= a.cfg.RateWindow {
		w = window{start: now}
	}
	w.used++
	a.windows[key] = w
	limits := http.Header{
		"X-Ratelimit-Limit":     {strconv.Itoa(a.cfg.RateLimit)},
		"X-Ratelimit-Remaining": {strconv.Itoa(max(a.cfg.RateLimit-w.used, 0))},
	}
	if w.used > a.cfg.RateLimit {
		no := tooMany()
		no.header = limits
		return nil, &no
	}
	return limits, nil
}

// tooMany says neither how long to wait nor when the window ends.
func tooMany() answer { return refuse(http.StatusTooManyRequests, 3, "Rate limit exceeded") }

// forbidden is what an account or key gets that lacks a feature or a right.
func forbidden() answer {
	return refuse(http.StatusForbidden, 31, "This feature is not available for this account or API key")
}
