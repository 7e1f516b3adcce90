package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Run is one execution for one coupling.
type Run struct {
	ID        string `json:"id"`
	Webshop   string `json:"webshop"`
	Coupling  string `json:"coupling"`
	Connector string `json:"connector"`
	// ConnectorVersion is the digest that the run pinned; "" before it started.
	ConnectorVersion string `json:"connector_version,omitempty"`
	// Overrides are the mapping overrides that it pinned, such as "coupling 3".
	Overrides []string         `json:"overrides,omitempty"`
	Direction koppel.Direction `json:"direction"`
	// Group is the stream group of a pull, the object of a push.
	Group   string          `json:"group"`
	Mode    koppel.Mode     `json:"mode"`
	Trigger koppel.Trigger  `json:"trigger"`
	AskedBy string          `json:"asked_by,omitempty"`
	State   koppel.RunState `json:"state"`
	// Wait says what a waiting run waits for.
	Wait   *Wait          `json:"wait,omitempty"`
	Window *koppel.Window `json:"window,omitempty"`
	Keys   *RunKeys       `json:"keys,omitempty"`
	Counts koppel.Counts  `json:"counts"`
	// Expected is how many records there are to read; nil when the remote does not tell.
	Expected *int64 `json:"expected"`
	// Streams are left out in lists.
	Streams  []RunStream       `json:"streams,omitempty"`
	Evidence []koppel.Evidence `json:"evidence"`
	Error    *koppel.Advice    `json:"error,omitempty"`
	// WorkflowID finds the run in Temporal.
	WorkflowID string     `json:"workflow_id"`
	QueuedAt   time.Time  `json:"queued_at"`
	StartedAt  *time.Time `json:"started_at"`
	LastPageAt *time.Time `json:"last_page_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// Wait is what a run waits for, and until when where that is known.
type Wait struct {
	Reason string     `json:"reason"`
	Until  *time.Time `json:"until,omitempty"`
	// Advice is there when the run waits out a failure.
	Advice *koppel.Advice `json:"advice,omitempty"`
}

// RunKeys is what a single run reads.
type RunKeys struct {
	RemoteIDs []string `json:"remote_ids,omitempty"`
	SKUs      []string `json:"skus,omitempty"`
	EANs      []string `json:"eans,omitempty"`
	Numbers   []string `json:"numbers,omitempty"`
}

// RunStream is how far a run is with one stream.
type RunStream struct {
	Stream string        `json:"stream"`
	Counts koppel.Counts `json:"counts"`
	// Total is how many records there are; nil when the remote does not tell.
	Total *int64 `json:"total"`
	// EndRule is the end rule that was met; "" while none is.
	EndRule    string     `json:"end_rule"`
	Complete   bool       `json:"complete"`
	StartedAt  time.Time  `json:"started_at"`
	LastPageAt *time.Time `json:"last_page_at"`
}

// RunFilter narrows a list of runs; the zero value lists all, newest first.
type RunFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	State             koppel.RunState
	Mode              koppel.Mode
}

// Event is one entry of a run's timeline.
type Event struct {
	At    time.Time       `json:"at"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// Runs lists runs: GET /runs.
func (c *Client) Runs(ctx context.Context, f RunFilter) (List[Run], error) {
	return get[List[Run]](ctx, c, "/runs", f.query("webshop", f.Webshop, "coupling", f.Coupling, "state", string(f.State), "mode", string(f.Mode)))
}

// Run finds one: GET /runs/{id}.
func (c *Client) Run(ctx context.Context, id string) (Run, error) {
	return get[Run](ctx, c, at("runs", id), nil)
}

// Timeline lists what happened in a run, in order: GET /runs/{id}/timeline.
func (c *Client) Timeline(ctx context.Context, id string, page Page) (List[Event], error) {
	return get[List[Event]](ctx, c, at("runs", id, "timeline"), page.query())
}

// Cancel asks a run to end: POST /runs/{id}/cancel.
func (c *Client) Cancel(ctx context.Context, id string) (Run, error) {
	return send[Run](ctx, c, http.MethodPost, at("runs", id, "cancel"), nil)
}

// AcceptRun makes a suspect run green on a person's word: POST /runs/{id}/accept.
func (c *Client) AcceptRun(ctx context.Context, id string) (Run, error) {
	return send[Run](ctx, c, http.MethodPost, at("runs", id, "accept"), nil)
}

// RejectRun notes that a suspect run is not taken: POST /runs/{id}/reject.
func (c *Client) RejectRun(ctx context.Context, id string) (Run, error) {
	return send[Run](ctx, c, http.MethodPost, at("runs", id, "reject"), nil)
}
