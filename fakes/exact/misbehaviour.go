package exact

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Misbehaviour is how the site misbehaves; also the body of POST
// /_fake/misbehave, which replaces the present one as a whole.
type Misbehaviour struct {
	// DelayMS is added to every answer.
	DelayMS int `json:"delay_ms,omitempty"`
	// Faults are tried in order with one draw, so that their shares add up:
	// 0.2 of one and 0.1 of another spoil three in ten.
	Faults []Fault `json:"faults,omitempty"`
	// DenyConsent makes the user refuse at the login page.
	DenyConsent bool `json:"deny_consent,omitempty"`
	// LostWebhooks and DoubledWebhooks are shares of the webhooks that are
	// never sent, and sent twice.
	LostWebhooks    float64 `json:"lost_webhooks,omitempty"`
	DoubledWebhooks float64 `json:"doubled_webhooks,omitempty"`
}

// FaultKind names a way to misbehave.
type FaultKind string

// The kinds of faults.
const (
	Latency     FaultKind = "latency"      // wait DelayMS, then answer well
	RateLimit   FaultKind = "rate_limit"   // 429 of the window Limit names, for DelayMS
	ErrorBefore FaultKind = "error_before" // Status (500) and nothing done
	ErrorAfter  FaultKind = "error_after"  // done, then Status (500)
	HangBefore  FaultKind = "hang_before"  // no answer, nothing done
	HangAfter   FaultKind = "hang_after"   // done, then no answer
	Truncate    FaultKind = "truncate"     // done, then a body cut by Cut
	CutScan     FaultKind = "cut_scan"     // a page without the link to the next
	EmptyScan   FaultKind = "empty_scan"   // a page without rows
	TenthScan   FaultKind = "tenth_scan"   // every tenth row of a page
	Drift       FaultKind = "drift"        // Changes changes of rows before the page is read
	Garbage     FaultKind = "broken_record"
)

// Fault spoils a share of the requests that match.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Share of the matching requests, above 0 to 1. It may be left out where
	// Times is set, and is then all of them.
	Share float64 `json:"share,omitempty"`
	// Method and Path limit the fault; "" is any. Path is part of the URL's
	// path: /api/oauth2/token, sync/Logistics/Items.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Skip lets the first n matching requests pass, Times ends the fault
	// after it struck n times; 0 is never.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
	// Status of ErrorBefore and ErrorAfter; 503 is a page for people.
	Status int `json:"status,omitempty"`
	// DelayMS of Latency, the longest hang (0 is two minutes), and how long
	// RateLimit asks to wait (0 is a second).
	DelayMS int `json:"delay_ms,omitempty"`
	// Limit of RateLimit: minute ("") or day.
	Limit string `json:"limit,omitempty"`
	// Cut is how Truncate cuts: length (Content-Length says more than comes)
	// or json (a proxy that ends the body properly but early; "").
	Cut string `json:"cut,omitempty"`
	// Changes of Drift; 0 is one.
	Changes int `json:"changes,omitempty"`
}

func (f *Fault) before() bool {
	return f.Kind == RateLimit || f.Kind == ErrorBefore || f.Kind == HangBefore
}

// spoils tells whether the answer is damaged on its way out.
func (f *Fault) spoils() bool {
	switch f.Kind {
	case ErrorAfter, HangAfter, Truncate, Garbage:
		return true
	}
	return false
}

func (f *Fault) delay() time.Duration {
	if f.DelayMS == 0 {
		return time.Second
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

var faultKinds = []FaultKind{Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, CutScan, EmptyScan, TenthScan, Drift, Garbage}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for name, v := range map[string]float64{"lost_webhooks": m.LostWebhooks, "doubled_webhooks": m.DoubledWebhooks} {
		if v < 0 || v > 1 {
			return fmt.Errorf("misbehaviour: %s is %v: give 0 to 1", name, v)
		}
	}
	for k, f := range m.Faults {
		at := fmt.Sprintf("faults[%d]", k)
		switch {
		case !slices.Contains(faultKinds, f.Kind):
			return fmt.Errorf("misbehaviour: %s.kind %q: give one of %v", at, f.Kind, faultKinds)
		case f.Share < 0 || f.Share > 1:
			return fmt.Errorf("misbehaviour: %s.share is %v: give 0 to 1", at, f.Share)
		case f.Share == 0 && f.Times == 0:
			return fmt.Errorf("misbehaviour: %s has neither share nor times: give a share above 0, 1 for every request", at)
		case !slices.Contains([]string{"", "length", "json"}, f.Cut):
			return fmt.Errorf("misbehaviour: %s.cut %q: give length or json", at, f.Cut)
		case !slices.Contains([]string{"", "minute", "day"}, f.Limit):
			return fmt.Errorf("misbehaviour: %s.limit %q: give minute or day", at, f.Limit)
		case f.Status != 0 && http.StatusText(f.Status) == "":
			return fmt.Errorf("misbehaviour: %s.status %d: give an HTTP status", at, f.Status)
		case strings.Contains(f.Path, "?"):
			return fmt.Errorf("misbehaviour: %s.path %q: give a path without its query", at, f.Path)
		}
	}
	return nil
}
