package picqer

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
	// Faults are tried in order with one draw, so that their shares add up:
	// 0.2 of one and 0.1 of another spoil three in ten.
	Faults []Fault `json:"faults,omitempty"`
	// Hooks is how deliveries of hooks misbehave.
	Hooks HookFaults `json:"hooks,omitzero"`
}

// HookFaults are shares, 0 to 1, of the hooks' deliveries.
type HookFaults struct {
	// Lost deliveries are never made.
	Lost float64 `json:"lost,omitempty"`
	// Doubled ones are made twice.
	Doubled float64 `json:"doubled,omitempty"`
	// Forged ones carry a wrong signature.
	Forged float64 `json:"forged,omitempty"`
}

// FaultKind names a way to misbehave.
type FaultKind string

// The kinds of faults. Those from Emptied on spoil lists only.
const (
	Latency      FaultKind = "latency"      // wait DelayMS, then answer well
	RateLimit    FaultKind = "rate_limit"   // 429 without Retry-After, nothing done
	Unauthorized FaultKind = "unauthorized" // 401 as for a key that was revoked
	ErrorBefore  FaultKind = "error_before" // Status (500) and nothing done
	ErrorAfter   FaultKind = "error_after"  // done, then Status (500)
	HangBefore   FaultKind = "hang_before"  // no answer, nothing done
	HangAfter    FaultKind = "hang_after"   // done, then no answer
	Truncate     FaultKind = "truncate"     // done, then half the body
	Emptied      FaultKind = "emptied"      // a list without rows
	CutAt        FaultKind = "cut_at"       // the list ends in the middle of page Page
	Tenth        FaultKind = "tenth"        // the list has its first tenth only
	RowDeleted   FaultKind = "row_deleted"  // a row of the first page is deleted before the next one is read
)

var (
	faultKinds = []FaultKind{Latency, RateLimit, Unauthorized, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Emptied, CutAt, Tenth, RowDeleted}
	beforehand = []FaultKind{RateLimit, Unauthorized, ErrorBefore, HangBefore}
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
	// Suffix limits the fault to paths with this end, such as /mark-as-purchased.
	Suffix string `json:"suffix,omitempty"`
	// Skip lets the first n matching requests pass, Times ends the fault
	// after it struck n times; 0 is never.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
	// Status of ErrorBefore and ErrorAfter.
	Status int `json:"status,omitempty"`
	// DelayMS of Latency, and the longest hang (0 is two minutes).
	DelayMS int `json:"delay_ms,omitempty"`
	// Page of CutAt: 1 cuts the first page.
	Page int `json:"page,omitempty"`
}

func (f *Fault) before() bool { return slices.Contains(beforehand, f.Kind) }

// matches says whether a fault is meant for a path below Base.
func (f *Fault) matches(method, path string) bool {
	return (f.Method == "" || strings.EqualFold(f.Method, method)) && strings.HasPrefix(path, f.Path) && strings.HasSuffix(path, f.Suffix)
}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for name, v := range map[string]float64{"hooks.lost": m.Hooks.Lost, "hooks.doubled": m.Hooks.Doubled, "hooks.forged": m.Hooks.Forged} {
		if v < 0 || v > 1 {
			return fmt.Errorf("misbehaviour: %s is %v: give 0 to 1", name, v)
		}
	}
	for k, f := range m.Faults {
		at := fmt.Sprintf("misbehaviour: faults[%d]", k)
		switch {
		case !slices.Contains(faultKinds, f.Kind):
			return fmt.Errorf("%s.kind %q: give one of %v", at, f.Kind, faultKinds)
		case f.Share < 0 || f.Share > 1:
			return fmt.Errorf("%s.share is %v: give 0 to 1", at, f.Share)
		case f.Share == 0 && f.Times == 0:
			return fmt.Errorf("%s has neither share nor times: give a share above 0, 1 for every request", at)
		case f.Status != 0 && http.StatusText(f.Status) == "":
			return fmt.Errorf("%s.status %d: give an HTTP status", at, f.Status)
		case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
			return fmt.Errorf("%s.path %q: begin with a slash, as in /products", at, f.Path)
		case f.Kind == CutAt && f.Page < 1:
			return fmt.Errorf("%s.page is %d: give the page that is cut, 1 or more", at, f.Page)
		}
	}
	return nil
}

// Misbehave replaces how the account misbehaves, or says which field cannot be.
func (a *Account) Misbehave(m Misbehaviour) error {
	if err := m.check(); err != nil {
		return err
	}
	a.faults.replace(m)
	return nil
}
