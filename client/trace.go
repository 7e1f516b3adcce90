package client

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/koppel-io/koppel"
)

// Trace is everything that is known of what a text names in a webshop.
type Trace struct {
	Webshop string `json:"webshop"`
	Text    string `json:"text"`
	Found   bool   `json:"found"`
	// Answer is how things stand, in sentences; Next what to do, as commands.
	Answer []string `json:"answer"`
	Next   []string `json:"next"`
	// Story is what happened, in order.
	Story     []TraceEvent     `json:"story"`
	Objects   []TracedObject   `json:"objects"`
	Records   []TracedRecord   `json:"records"`
	Parked    []TracedParked   `json:"parked"`
	Pushes    []Write          `json:"pushes"`
	Runs      []Run            `json:"runs"`
	Exchanges []TracedExchange `json:"exchanges"`
	// Waiting are references of other objects that wait for it.
	Waiting []Waiting `json:"waiting"`
}

// TraceEvent is one sentence of the story.
type TraceEvent struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Run  string    `json:"run,omitempty"`
}

// TracedObject is an object with who gives it.
type TracedObject struct {
	ID          string             `json:"id"`
	Object      koppel.Object      `json:"object"`
	Name        string             `json:"name"`
	ChangedAt   time.Time          `json:"changed_at"`
	DeletedAt   *time.Time         `json:"deleted_at,omitempty"`
	StateReason koppel.StateReason `json:"state_reason,omitempty"`
	// Values are there for keys that may read objects.
	Values  map[string]json.RawMessage `json:"values,omitempty"`
	Sources []TracedSource             `json:"sources"`
}

// TracedSource is one coupling's side of an object.
type TracedSource struct {
	Coupling  string    `json:"coupling"`
	Name      string    `json:"name"`
	Connector string    `json:"connector"`
	RemoteID  string    `json:"remote_id"`
	Stream    string    `json:"stream,omitempty"`
	ChangedAt time.Time `json:"changed_at"`
	// SyncedAt is when a read last saw it.
	SyncedAt   time.Time         `json:"synced_at"`
	GoneAt     *time.Time        `json:"gone_at,omitempty"`
	GoneReason koppel.GoneReason `json:"gone_reason,omitempty"`
	Run        string            `json:"run,omitempty"`
}

// TracedRecord is a stored record; Body is there when it was asked for.
type TracedRecord struct {
	Coupling string `json:"coupling"`
	Name     string `json:"name"`
	Stream   string `json:"stream"`
	RemoteID string `json:"remote_id"`
	ParentID string `json:"parent_id,omitempty"`
	// Parent: it is what a traced record belongs to.
	Parent    bool            `json:"parent,omitempty"`
	ChangedAt time.Time       `json:"changed_at"`
	GoneAt    *time.Time      `json:"gone_at,omitempty"`
	Run       string          `json:"run,omitempty"`
	Body      json.RawMessage `json:"body,omitempty"`
}

// TracedParked is a parked record, resolved or not.
type TracedParked struct {
	Parked
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
}

// TracedExchange is a failed request with its answer, redacted.
type TracedExchange struct {
	ID  int64  `json:"id"`
	Run string `json:"run"`
	koppel.Exchange
}

// Trace finds what a SKU, an EAN, a remote id, an order number, a reference, a tracking code or an object's id names;
// raw adds the bodies of records: GET /webshops/{id}/trace.
func (c *Client) Trace(ctx context.Context, webshop, text string, raw bool) (Trace, error) {
	query := url.Values{"text": {text}}
	if raw {
		query.Set("raw", "true")
	}
	return get[Trace](ctx, c, at("webshops", webshop, "trace"), query)
}
