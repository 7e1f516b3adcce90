package exact

import (
	"fmt"
	"slices"

	"github.com/koppel-io/koppel/fakes/mischief"
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

// Fault spoils a share of the requests that match: those of a URL path, such as
// /api/oauth2/token, or of a part of one, such as sync/Logistics/Items.
type Fault = mischief.Fault

// FaultKind names a way to misbehave.
type FaultKind = mischief.Kind

// The kinds of faults: those of every fake, and the site's own.
const (
	Latency     = mischief.Latency
	RateLimit   = mischief.RateLimit // of the window Limit names (minute or day), for DelayMS (a second)
	ErrorBefore = mischief.ErrorBefore
	ErrorAfter  = mischief.ErrorAfter
	HangBefore  = mischief.HangBefore
	HangAfter   = mischief.HangAfter
	Truncate    = mischief.Truncate
	Garbage     = mischief.Garbage

	CutScan   FaultKind = "cut_scan"   // a page without the link to the next
	EmptyScan FaultKind = "empty_scan" // a page without rows
	TenthScan FaultKind = "tenth_scan" // every tenth row of a page
	Drift     FaultKind = "drift"      // Changes (one) changes of rows before the page is read
)

var faultKinds = []FaultKind{Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Garbage, CutScan, EmptyScan, TenthScan, Drift}

// spoils tells whether the answer is damaged on its way out.
func spoils(kind FaultKind) bool {
	switch kind {
	case ErrorAfter, HangAfter, Truncate, Garbage:
		return true
	}
	return false
}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for name, v := range map[string]float64{"lost_webhooks": m.LostWebhooks, "doubled_webhooks": m.DoubledWebhooks} {
		if err := mischief.CheckShare(name, v); err != nil {
			return err
		}
	}
	for k, f := range m.Faults {
		if !slices.Contains([]string{"", "minute", "day"}, f.Limit) {
			return fmt.Errorf("misbehaviour: faults[%d].limit %q: give minute or day", k, f.Limit)
		}
	}
	return mischief.Check(m.Faults, faultKinds)
}
