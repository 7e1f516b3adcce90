package demoshop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Misbehaviour is how the shop misbehaves; also the body of POST
// /_demo/misbehave, which replaces the present one as a whole.
type Misbehaviour struct {
	// DelayMS is added to every answer.
	DelayMS int `json:"delay_ms,omitempty"`
	// Faults are tried in order with one draw, so that their shares add up:
	// 0.2 of one and 0.1 of another spoil three in ten.
	Faults []Fault `json:"faults,omitempty"`
	// Mutation is what changes by itself while Run runs, and the mix that
	// Mutate draws from.
	Mutation Mutation `json:"mutation,omitzero"`
}

// Mutation is the mix of changes. What no share names is a new price (half),
// stock (three in eight) or name (one in eight), each with a new date_modified.
type Mutation struct {
	// PerSecond is the fraction of the listed products changed each second.
	PerSecond float64 `json:"per_second,omitempty"`
	// SilentStock is the share of stock changes without a new date_modified.
	SilentStock float64 `json:"silent_stock,omitempty"`
	// Deletes is the share of products deleted for good.
	Deletes float64 `json:"deletes,omitempty"`
	// Creates is the share of products created.
	Creates float64 `json:"creates,omitempty"`
	// Orders is the share of orders placed or moved to another status.
	Orders float64 `json:"orders,omitempty"`
	// Offers is the share of supplier products with a new price.
	Offers float64 `json:"offers,omitempty"`
}

// FaultKind names a way to misbehave.
type FaultKind string

// The kinds of faults.
const (
	Latency      FaultKind = "latency"       // wait DelayMS, then answer well
	RateLimit    FaultKind = "rate_limit"    // 429, with Retry-After when RetryAfter is set
	ErrorBefore  FaultKind = "error_before"  // Status (500) and nothing done
	ErrorAfter   FaultKind = "error_after"   // done, then Status (500)
	HangBefore   FaultKind = "hang_before"   // no answer, nothing done
	HangAfter    FaultKind = "hang_after"    // done, then no answer
	Truncate     FaultKind = "truncate"      // done, then a body cut by Cut
	Unauthorized FaultKind = "unauthorized"  // 401 as for a key that was revoked
	Challenge    FaultKind = "challenge"     // an HTML page with Status (403)
	RepeatPage   FaultKind = "repeat_page"   // page N+1 answers page N
	Notice       FaultKind = "notice"        // a PHP notice before the JSON
	Garbage      FaultKind = "broken_record" // one record of the page is no JSON
	EmptyList    FaultKind = "empty_list"    // a list answers that there is nothing
	TenthList    FaultKind = "tenth_list"    // a list answers as if it had a tenth of its rows
	LowTotal     FaultKind = "low_total"     // a list tells a total that is a few rows too low
	Unfiltered   FaultKind = "unfiltered"    // a list takes no notice of modified_after and modified_before
	RowDeleted   FaultKind = "row_deleted"   // a product is deleted once its page was listed, so that later pages shift
)

// Fault spoils a share of the requests that match.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Share of the matching requests, above 0 to 1. It may be left out where
	// Times is set, and is then all of them.
	Share float64 `json:"share,omitempty"`
	// Method and Path (a prefix below Base) limit the fault; "" is any.
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

var faultKinds = []FaultKind{Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Unauthorized, Challenge, RepeatPage, Notice, Garbage, EmptyList, TenthList, LowTotal, Unfiltered, RowDeleted}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	share := func(name string, v float64) error {
		if v < 0 || v > 1 {
			return fmt.Errorf("misbehaviour: %s is %v: give 0 to 1", name, v)
		}
		return nil
	}
	for name, v := range map[string]float64{
		"mutation.per_second": m.Mutation.PerSecond, "mutation.silent_stock": m.Mutation.SilentStock, "mutation.deletes": m.Mutation.Deletes,
		"mutation.creates": m.Mutation.Creates, "mutation.orders": m.Mutation.Orders, "mutation.offers": m.Mutation.Offers,
		"the sum of deletes, creates, orders and offers": m.Mutation.Deletes + m.Mutation.Creates + m.Mutation.Orders + m.Mutation.Offers,
	} {
		if err := share(name, v); err != nil {
			return err
		}
	}
	for k, f := range m.Faults {
		at := fmt.Sprintf("faults[%d]", k)
		if !slices.Contains(faultKinds, f.Kind) {
			return fmt.Errorf("misbehaviour: %s.kind %q: give one of %v", at, f.Kind, faultKinds)
		}
		if err := share(at+".share", f.Share); err != nil {
			return err
		}
		if !slices.Contains([]string{"", "length", "chunk", "json"}, f.Cut) {
			return fmt.Errorf("misbehaviour: %s.cut %q: give length, chunk or json", at, f.Cut)
		}
		if f.Status != 0 && http.StatusText(f.Status) == "" {
			return fmt.Errorf("misbehaviour: %s.status %d: give an HTTP status", at, f.Status)
		}
		if f.Path != "" && !strings.HasPrefix(f.Path, "/") {
			return fmt.Errorf("misbehaviour: %s.path %q: begin with a slash, as in /products", at, f.Path)
		}
		if f.Share == 0 && f.Times == 0 {
			return fmt.Errorf("misbehaviour: %s has neither share nor times: give a share above 0, 1 for every request", at)
		}
	}
	return nil
}
