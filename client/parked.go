package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Parked is a record that could not be processed, kept with its reason.
type Parked struct {
	ID       string `json:"id"`
	Coupling string `json:"coupling"`
	Stream   string `json:"stream"`
	RemoteID string `json:"remote_id"`
	// Object is "" when the record itself is damaged.
	Object koppel.Object `json:"object,omitempty"`
	Kind   koppel.Kind   `json:"kind"`
	Reason string        `json:"reason"`
	// Field, Expression and Input say where the mapping failed.
	Field      string `json:"field,omitempty"`
	Expression string `json:"expression,omitempty"`
	Input      string `json:"input,omitempty"`
	// Push is the write that a person must see to; "" for a record.
	Push string `json:"push,omitempty"`
	// Run is the last one that parked it, Times how often that happened.
	Run     string    `json:"run,omitempty"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
	Times   int64     `json:"times"`
	// ResolvedBy took it off the list for Resolution; "" when it was mapped after all.
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
	ResolvedBy string     `json:"resolved_by,omitempty"`
	Resolution string     `json:"resolution,omitempty"`
}

// ParkedFilter narrows a list of parked records; the zero value lists all.
type ParkedFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	Object            koppel.Object
	Kind              koppel.Kind
	Field             string
	// Search is a remote id, or a part of reason, field or input.
	Search string
	// Resolved lists the resolved ones instead of the open ones.
	Resolved bool
}

// ParkedPick says which parked records of a coupling a bulk verb takes.
type ParkedPick struct {
	Coupling string        `json:"coupling"`
	Kind     koppel.Kind   `json:"kind,omitempty"`
	Object   koppel.Object `json:"object,omitempty"`
	Field    string        `json:"field,omitempty"`
	// DryRun only says how many.
	DryRun bool `json:"dry_run,omitempty"`
}

// Retried are the runs that try again.
type Retried struct {
	// Records is how many parked records are tried.
	Records int64 `json:"records"`
	// Runs are one a stream group; none when nothing is parked.
	Runs []Started `json:"runs"`
}

// Parked lists parked records: GET /parked.
func (c *Client) Parked(ctx context.Context, f ParkedFilter) (List[Parked], error) {
	resolved := ""
	if f.Resolved {
		resolved = "true"
	}
	return get[List[Parked]](ctx, c, "/parked", f.query("field", f.Field, "resolved", resolved, "webshop", f.Webshop, "coupling", f.Coupling, "object", string(f.Object), "kind", string(f.Kind), "search", f.Search))
}

// RetryOne tries one again: POST /parked/{id}/retry.
func (c *Client) RetryOne(ctx context.Context, id string) (Retried, error) {
	return send[Retried](ctx, c, http.MethodPost, at("parked", id, "retry"), nil)
}

// Retry tries those of a coupling again: POST /parked/retry.
func (c *Client) Retry(ctx context.Context, r ParkedPick) (Retried, error) {
	return send[Retried](ctx, c, http.MethodPost, "/parked/retry", r)
}
