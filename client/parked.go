package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Parked is a record that could not be processed, kept with its reason.
type Parked struct {
	ID       string        `json:"id"`
	Webshop  string        `json:"webshop"`
	Coupling string        `json:"coupling"`
	Object   koppel.Object `json:"object,omitempty"`
	Stream   string        `json:"stream,omitempty"`
	RemoteID string        `json:"remote_id"`
	Kind     koppel.Kind   `json:"kind"`
	Reason   string        `json:"reason"`
	// Field, Expression and Input say where the mapping failed.
	Field      string    `json:"field,omitempty"`
	Expression string    `json:"expression,omitempty"`
	Input      string    `json:"input,omitempty"`
	Run        string    `json:"run,omitempty"`
	ParkedAt   time.Time `json:"parked_at"`
}

// ParkedFilter narrows a list of parked records; the zero value lists all.
type ParkedFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	Object            koppel.Object
	Kind              koppel.Kind
}

// Retry says which parked records of a coupling are to be tried again.
type Retry struct {
	Coupling string        `json:"coupling"`
	Kind     koppel.Kind   `json:"kind,omitempty"`
	Object   koppel.Object `json:"object,omitempty"`
}

// Retried are the runs that try again.
type Retried struct {
	// Records is how many parked records are tried.
	Records int64    `json:"records"`
	Runs    []string `json:"runs"`
}

// Parked lists parked records: GET /parked.
func (c *Client) Parked(ctx context.Context, f ParkedFilter) (List[Parked], error) {
	return get[List[Parked]](ctx, c, "/parked", f.query("webshop", f.Webshop, "coupling", f.Coupling, "object", string(f.Object), "kind", string(f.Kind)))
}

// RetryOne tries one again: POST /parked/{id}/retry.
func (c *Client) RetryOne(ctx context.Context, id string) (Retried, error) {
	return send[Retried](ctx, c, http.MethodPost, at("parked", id, "retry"), nil)
}

// Retry tries those of a coupling again: POST /parked/retry.
func (c *Client) Retry(ctx context.Context, r Retry) (Retried, error) {
	return send[Retried](ctx, c, http.MethodPost, "/parked/retry", r)
}
