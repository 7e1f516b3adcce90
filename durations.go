package koppel

import "time"

// Durations holds every time span that a test or a board may want to shrink.
// Nothing else in the product keeps a duration of its own for these purposes.
type Durations struct {
	// Heartbeat is how long an activity may be silent before Temporal gives it to another worker.
	Heartbeat time.Duration
	// Slice is how long one activity keeps reading batches before it hands back to the workflow.
	Slice time.Duration
	// Glance is how long a small run may take in one go, open to end, before it is read slice by slice.
	Glance time.Duration
	// SliceTimeout is the start-to-close limit of a slice.
	SliceTimeout time.Duration
	// BatchAge is the longest a batch waits for more pages.
	BatchAge time.Duration
	// Request is the limit of one HTTP request, body included.
	Request time.Duration
	// RequestRetries is the window in which one idempotent request may be retried inside the activity.
	RequestRetries time.Duration
	// WaitInside is the longest wait (budget, Retry-After) spent inside an activity; longer ones return to the workflow.
	WaitInside time.Duration
	// RetryFirst and RetryMost bound the workflow's back-off between failing slices.
	RetryFirst, RetryMost time.Duration
	// RetryFor is how long a run keeps retrying a passing error without progress before it fails.
	RetryFor time.Duration
	// Sweep is how often open runs and Temporal are compared.
	Sweep time.Duration
	// Coalesce is how long edits of a placed buy order are gathered before the push.
	Coalesce time.Duration
	// Settle is how long after an attempt with an unknown outcome the remote may still carry it out.
	Settle time.Duration
	// TokenLease is how long one worker may take to renew a token before another may try.
	TokenLease time.Duration
	// Job is the longest a job of the queue may take; one whose worker died is done again after twice that.
	Job time.Duration
	// ShutDown is how long a stopping process lets running work finish.
	ShutDown time.Duration
	// ConnectorCache is how long a worker trusts its list of current connector versions.
	ConnectorCache time.Duration
}

// DefaultDurations are the durations of production.
func DefaultDurations() Durations {
	return Durations{
		Heartbeat:      30 * time.Second,
		Slice:          time.Minute,
		Glance:         2 * time.Second,
		SliceTimeout:   10 * time.Minute,
		BatchAge:       2 * time.Second,
		Request:        60 * time.Second,
		RequestRetries: 5 * time.Second,
		WaitInside:     5 * time.Second,
		RetryFirst:     2 * time.Second,
		RetryMost:      5 * time.Minute,
		RetryFor:       6 * time.Hour,
		Sweep:          time.Minute,
		Coalesce:       5 * time.Second,
		Settle:         90 * time.Second,
		TokenLease:     45 * time.Second,
		Job:            45 * time.Second,
		ShutDown:       20 * time.Second,
		ConnectorCache: 5 * time.Second,
	}
}
