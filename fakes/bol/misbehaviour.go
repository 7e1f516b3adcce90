package bol

import "github.com/koppel-io/koppel/fakes/mischief"

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

// Fault spoils a share of the requests that match.
type Fault = mischief.Fault

// FaultKind names a way to misbehave.
type FaultKind = mischief.Kind

// The kinds of faults: those of every fake, and the account's own.
const (
	Latency      = mischief.Latency
	RateLimit    = mischief.RateLimit // with Retry-After, a second unless RetryAfter is set
	ErrorBefore  = mischief.ErrorBefore
	ErrorAfter   = mischief.ErrorAfter
	HangBefore   = mischief.HangBefore
	HangAfter    = mischief.HangAfter
	Truncate     = mischief.Truncate
	Unauthorized = mischief.Unauthorized // as for an expired token
	Challenge    = mischief.Challenge
	RepeatPage   = mischief.RepeatPage

	Empty    FaultKind = "empty"     // { }, or a report without rows
	CutPages FaultKind = "cut_pages" // from Page (the first) on every page is { }
	Tenth    FaultKind = "tenth"     // a tenth of the rows

	ProcessFailure FaultKind = "process_failure" // the write is taken, then FAILURE
	ProcessTimeout FaultKind = "process_timeout" // the write is taken, then TIMEOUT
	ProcessStuck   FaultKind = "process_stuck"   // the write is taken and stays PENDING
)

var faultKinds = []FaultKind{
	Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Unauthorized, Challenge,
	RepeatPage, Empty, CutPages, Tenth, ProcessFailure, ProcessTimeout, ProcessStuck,
}

// fate reports whether a fault strikes the process and not the answer.
func fate(kind FaultKind) bool {
	return kind == ProcessFailure || kind == ProcessTimeout || kind == ProcessStuck
}

func (m Misbehaviour) check() error { return mischief.Check(m.Faults, faultKinds) }
