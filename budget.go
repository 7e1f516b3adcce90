package koppel

import "time"

// Bucket is one limit of a budget: so many requests per span of time, or so
// many at once when Per is zero.
type Bucket struct {
	// Name tells the buckets of one budget apart: "minute", "day", "concurrency".
	Name string
	// Limit is how many requests fit in Per, or run at once.
	Limit int
	// Per is the span; zero makes it a limit of concurrency.
	Per time.Duration
	// Burst is how many may go at once after a rest; 1 when zero.
	Burst int
}

// Slots are request slots leased to one worker out of a budget that all
// workers share: Count requests, the first at First, each Every after the one before.
type Slots struct {
	Count int
	First time.Time
	Every time.Duration
	// Bucket names the bucket that decided First, for the wait's reason.
	Bucket string
}

// Exchange is a captured request and its response, secrets redacted and bodies cut.
type Exchange struct {
	At             time.Time         `json:"at"`
	Method         string            `json:"method"`
	URL            string            `json:"url"`
	RequestHeader  map[string]string `json:"request_header"`
	RequestBody    string            `json:"request_body,omitempty"`
	Status         int               `json:"status"`
	ResponseHeader map[string]string `json:"response_header,omitempty"`
	ResponseBody   string            `json:"response_body,omitempty"`
	Error          string            `json:"error,omitempty"`
	Took           time.Duration     `json:"took_ns"`
}
