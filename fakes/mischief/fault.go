package mischief

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind names a way to misbehave. A fake adds kinds of its own.
type Kind string

// The kinds that every fake has.
const (
	Latency     Kind = "latency"      // wait DelayMS, then answer well
	RateLimit   Kind = "rate_limit"   // 429, nothing done
	ErrorBefore Kind = "error_before" // Status (500) and nothing done
	ErrorAfter  Kind = "error_after"  // done, then Status (500)
	HangBefore  Kind = "hang_before"  // no answer, nothing done
	HangAfter   Kind = "hang_after"   // done, then no answer
	Truncate    Kind = "truncate"     // done, then a body cut by Cut
)

// The kinds of which a fake has some.
const (
	Unauthorized Kind = "unauthorized"  // 401 as for a key or token that is taken no more
	Challenge    Kind = "challenge"     // an HTML page with Status (403)
	RepeatPage   Kind = "repeat_page"   // page N+1 answers page N
	RowDeleted   Kind = "row_deleted"   // a row is deleted once its page was listed, so that later pages shift
	Garbage      Kind = "broken_record" // one record of the page is no JSON
)

// Fault spoils a share of the requests that match.
type Fault struct {
	Kind Kind `json:"kind"`
	// Share of the matching requests, above 0 to 1. It may be left out where
	// Times is set, and is then all of them.
	Share float64 `json:"share,omitempty"`
	// Method, Path and Suffix limit the fault; "" is any. A path that begins
	// with a slash is the beginning of the request's, any other is part of it;
	// Suffix is its end.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	Suffix string `json:"suffix,omitempty"`
	// Skip lets the first n matching requests pass, Times ends the fault
	// after it struck n times; 0 is never.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
	// Status of errors and challenges; 0 is the kind's own.
	Status int `json:"status,omitempty"`
	// RetryAfter in seconds, for RateLimit and errors where the remote tells
	// it; 0 sends none.
	RetryAfter int `json:"retry_after,omitempty"`
	// DelayMS of Latency, and the longest hang (0 is two minutes).
	DelayMS int `json:"delay_ms,omitempty"`
	// Cut is how Truncate cuts: length (Content-Length says more than comes),
	// chunk (the last chunk is missing) or json (a proxy that ends the body
	// properly but early). "" draws one.
	Cut string `json:"cut,omitempty"`
	// Page, Limit and Changes are of the kinds that name them.
	Page    int    `json:"page,omitempty"`
	Limit   string `json:"limit,omitempty"`
	Changes int    `json:"changes,omitempty"`
}

// Before reports whether nothing is done of what was asked.
func (f *Fault) Before() bool {
	switch f.Kind {
	case RateLimit, ErrorBefore, HangBefore, Unauthorized, Challenge:
		return true
	}
	return false
}

// Hangs reports whether no answer comes.
func (f *Fault) Hangs() bool { return f.Kind == HangBefore || f.Kind == HangAfter }

// Delay is DelayMS, or what it is when left out.
func (f *Fault) Delay(otherwise time.Duration) time.Duration {
	if f.DelayMS == 0 {
		return otherwise
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

func (f *Fault) matches(method, path string) bool {
	at := strings.Contains
	if strings.HasPrefix(f.Path, "/") {
		at = strings.HasPrefix
	}
	return (f.Method == "" || strings.EqualFold(f.Method, method)) && at(path, f.Path) && strings.HasSuffix(path, f.Suffix)
}

// cuts are the ways to cut a body.
var cuts = []string{"length", "chunk", "json"}

// Check says which field of which fault cannot be, given the kinds that there are.
func Check(faults []Fault, kinds []Kind) error {
	for k, f := range faults {
		at := fmt.Sprintf("misbehaviour: faults[%d]", k)
		switch {
		case !slices.Contains(kinds, f.Kind):
			return fmt.Errorf("%s.kind %q: give one of %v", at, f.Kind, kinds)
		case f.Share < 0 || f.Share > 1:
			return fmt.Errorf("%s.share is %v: give 0 to 1", at, f.Share)
		case f.Cut != "" && !slices.Contains(cuts, f.Cut):
			return fmt.Errorf("%s.cut %q: give length, chunk or json", at, f.Cut)
		case f.Status != 0 && http.StatusText(f.Status) == "":
			return fmt.Errorf("%s.status %d: give an HTTP status", at, f.Status)
		case strings.Contains(f.Path, "?"):
			return fmt.Errorf("%s.path %q: give a path without its query", at, f.Path)
		case f.Share == 0 && f.Times == 0:
			return fmt.Errorf("%s has neither share nor times: give a share above 0, 1 for every request", at)
		}
	}
	return nil
}

// CheckShare says that something is no share.
func CheckShare(field string, share float64) error {
	if share < 0 || share > 1 {
		return fmt.Errorf("misbehaviour: %s is %v: give 0 to 1", field, share)
	}
	return nil
}
