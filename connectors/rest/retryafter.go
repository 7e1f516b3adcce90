package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter caps absurd values.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After header, RFC 9110 section 10.2.3: whole seconds
// or a date, which is compared with the answer's own Date so that a wrong clock
// on either side does no harm. ok is false when there is none that can be read.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}
