package main

import (
	"strconv"
	"strings"
	"time"
)

// moment reads a day, a time or how long before now; "" is none.
func moment(flag, text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			at = at.UTC()
			return &at, nil
		}
	}
	if ago, ok := span(text); ok {
		at := now.Add(-ago).UTC().Truncate(time.Second)
		return &at, nil
	}
	return nil, usagef("%s %q is neither a day (2026-01-31), nor a time (2026-01-31T08:00:00Z), nor how long ago (36h, 7d)", flag, text)
}

// span reads a positive length of time: a Go duration, or days such as 7d.
func span(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0 && n < 36500
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}
