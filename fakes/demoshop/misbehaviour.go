package demoshop

import "github.com/koppel-io/koppel/fakes/mischief"

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

// Fault spoils a share of the requests that match; paths are those below Base.
type Fault = mischief.Fault

// FaultKind names a way to misbehave.
type FaultKind = mischief.Kind

// The kinds of faults: those of every fake, and the shop's own.
const (
	Latency      = mischief.Latency
	RateLimit    = mischief.RateLimit // with Retry-After when RetryAfter is set
	ErrorBefore  = mischief.ErrorBefore
	ErrorAfter   = mischief.ErrorAfter
	HangBefore   = mischief.HangBefore
	HangAfter    = mischief.HangAfter
	Truncate     = mischief.Truncate
	Unauthorized = mischief.Unauthorized
	Challenge    = mischief.Challenge
	RepeatPage   = mischief.RepeatPage
	Garbage      = mischief.Garbage
	RowDeleted   = mischief.RowDeleted // a product; GET /products only

	Notice     FaultKind = "notice"     // a PHP notice before the JSON
	EmptyList  FaultKind = "empty_list" // a list answers that there is nothing
	TenthList  FaultKind = "tenth_list" // a list answers as if it had a tenth of its rows
	LowTotal   FaultKind = "low_total"  // a list tells a total that is a few rows too low
	Unfiltered FaultKind = "unfiltered" // a list takes no notice of modified_after and modified_before
)

var faultKinds = []FaultKind{
	Latency, RateLimit, ErrorBefore, ErrorAfter, HangBefore, HangAfter, Truncate, Unauthorized, Challenge, RepeatPage, Garbage, RowDeleted,
	Notice, EmptyList, TenthList, LowTotal, Unfiltered,
}

// check says which field cannot be.
func (m Misbehaviour) check() error {
	for name, v := range map[string]float64{
		"mutation.per_second": m.Mutation.PerSecond, "mutation.silent_stock": m.Mutation.SilentStock, "mutation.deletes": m.Mutation.Deletes,
		"mutation.creates": m.Mutation.Creates, "mutation.orders": m.Mutation.Orders, "mutation.offers": m.Mutation.Offers,
		"the sum of deletes, creates, orders and offers": m.Mutation.Deletes + m.Mutation.Creates + m.Mutation.Orders + m.Mutation.Offers,
	} {
		if err := mischief.CheckShare(name, v); err != nil {
			return err
		}
	}
	return mischief.Check(m.Faults, faultKinds)
}
