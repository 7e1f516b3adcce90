package picqer

import (
	"fmt"

	"github.com/koppel-io/koppel/fakes/mischief"
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

// Fault spoils a share of the requests that match; paths are those below Base.
type Fault = mischief.Fault

// FaultKind names a way to misbehave.
type FaultKind = mischief.Kind

// The kinds of faults: those of every fake, and the account's own, which spoil
// lists only.
const (
	Latency      = mischief.Latency
	RateLimit    = mischief.RateLimit // without Retry-After
	Unauthorized = mischief.Unauthorized
	ErrorBefore  = mischief.ErrorBefore
	ErrorAfter   = mischief.ErrorAfter
	HangBefore   = mischief.HangBefore
	HangAfter    = mischief.HangAfter
	Truncate     = mischief.Truncate
	RowDeleted   = mischief.RowDeleted

	Emptied FaultKind = "emptied" // a list without rows
	CutAt   FaultKind = "cut_at"  // the list ends in the middle of page Page
	Tenth   FaultKind = "tenth"   // the list has its first tenth only
)

var faultKinds = []FaultKind{Latency, RateLimit, Unauthorized, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, RowDeleted, Emptied, CutAt, Tenth}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for name, v := range map[string]float64{"hooks.lost": m.Hooks.Lost, "hooks.doubled": m.Hooks.Doubled, "hooks.forged": m.Hooks.Forged} {
		if err := mischief.CheckShare(name, v); err != nil {
			return err
		}
	}
	for k, f := range m.Faults {
		if f.Kind == CutAt && f.Page < 1 {
			return fmt.Errorf("misbehaviour: faults[%d].page is %d: give the page that is cut, 1 or more", k, f.Page)
		}
	}
	return mischief.Check(m.Faults, faultKinds)
}

// Misbehave replaces how the account misbehaves, or says which field cannot be.
func (a *Account) Misbehave(m Misbehaviour) error {
	if err := m.check(); err != nil {
		return err
	}
	a.faults.Replace(m, m.DelayMS, m.Faults)
	return nil
}
