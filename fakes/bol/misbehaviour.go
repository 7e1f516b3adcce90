package bol

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Misbehaviour is how the account misbehaves; also the body of POST
// /_demo/misbehave, which replaces the present one as a whole.
type Misbehaviour struct {
	// DelayMS is added to every answer.
	DelayMS int `json:"delay_ms,omitempty"`
	// Inactive answers everything behind the token with 403.
	Inactive bool `json:"inactive,omitempty"`
	// Faults are tried in order with one draw, so that their shares add up:
	// 0.2 of one and 0.1 of another spoil three in ten.
	Faults []Fault `json:"faults,omitempty"`
}

// FaultKind names a way to misbehave.
type FaultKind string

// The kinds of faults.
const (
	Latency      FaultKind = "latency"      // wait DelayMS, then answer well
	RateLimit    FaultKind = "rate_limit"   // 429, with Retry-After when RetryAfter is set
	ErrorBefore  FaultKind = "error_before" // Status (500) and nothing done
	ErrorAfter   FaultKind = "error_after"  // done, then Status (500)
	HangBefore   FaultKind = "hang_before"  // no answer, nothing done
	HangAfter    FaultKind = "hang_after"   // done, then no answer
	Truncate     FaultKind = "truncate"     // done, then a body cut by Cut
	Unauthorized FaultKind = "unauthorized" // 401 as for an expired token
	Challenge    FaultKind = "challenge"    // an HTML page with Status (403)
	RepeatPage   FaultKind = "repeat_page"  // page N+1 answers page N
	Empty        FaultKind = "empty"        // { }, or a report without rows
	CutPages     FaultKind = "cut_pages"    // from Page on every page is { }
	Tenth        FaultKind = "tenth"        // a tenth of the rows

	ProcessFailure FaultKind = "process_failure" // the write is taken, then FAILURE
	ProcessTimeout FaultKind = "process_timeout" // the write is taken, then TIMEOUT
	ProcessStuck   FaultKind = "process_stuck"   // the write is taken and stays PENDING
)

var faultKinds = []FaultKind{
	Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Unauthorized, Challenge,
	RepeatPage, Empty, CutPages, Tenth, ProcessFailure, ProcessTimeout, ProcessStuck,
}

// Fault spoils a share of the requests that match.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Share of the matching requests, above 0 to 1. It may be left out where
	// Times is set, and is then all of them.
	Share float64 `json:"share,omitempty"`
	// Method and Path (a prefix, as in /retailer/orders) limit the fault; "" is any.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Skip lets the first n matching requests pass, Times ends the fault
	// after it struck n times; 0 is never.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
	// Status of ErrorBefore, ErrorAfter and Challenge.
	Status int `json:"status,omitempty"`
	// RetryAfter in seconds, for RateLimit and errors; 0 sends none.
	RetryAfter int `json:"retry_after,omitempty"`
	// DelayMS of Latency, and the longest hang (0 is two minutes).
	DelayMS int `json:"delay_ms,omitempty"`
	// Page is the first page that CutPages empties; 0 is the first.
	Page int `json:"page,omitempty"`
	// Cut is how Truncate cuts: length (Content-Length says more than comes),
	// chunk (the last chunk is missing) or json (a proxy that ends the body
	// properly but early). "" draws one.
	Cut string `json:"cut,omitempty"`
}

func (f *Fault) before() bool {
	switch f.Kind {
	case RateLimit, ErrorBefore, HangBefore, Unauthorized, Challenge:
		return true
	}
	return false
}

func (f *Fault) hangs() bool { return f.Kind == HangBefore || f.Kind == HangAfter }

// fate reports whether the fault strikes the process and not the answer.
func (f *Fault) fate() bool {
	return f.Kind == ProcessFailure || f.Kind == ProcessTimeout || f.Kind == ProcessStuck
}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for k, f := range m.Faults {
		at := fmt.Sprintf("misbehaviour: faults[%d]", k)
		switch {
		case !slices.Contains(faultKinds, f.Kind):
			return fmt.Errorf("%s.kind %q: give one of %v", at, f.Kind, faultKinds)
		case f.Share < 0 || f.Share > 1:
			return fmt.Errorf("%s.share is %v: give 0 to 1", at, f.Share)
		case !slices.Contains([]string{"", "length", "chunk", "json"}, f.Cut):
			return fmt.Errorf("%s.cut %q: give length, chunk or json", at, f.Cut)
		case f.Status != 0 && http.StatusText(f.Status) == "":
			return fmt.Errorf("%s.status %d: give an HTTP status", at, f.Status)
		case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
			return fmt.Errorf("%s.path %q: begin with a slash, as in /retailer/orders", at, f.Path)
		case f.Share == 0 && f.Times == 0:
			return fmt.Errorf("%s has neither share nor times: give a share above 0, 1 for every request", at)
		}
	}
	return nil
}
