package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/koppel-io/koppel"
)

// ParkedCause is how many open parked records have the same cause.
type ParkedCause struct {
	Coupling string `json:"coupling"`
	// Object is "" when the records themselves are damaged.
	Object     koppel.Object `json:"object,omitempty"`
	Kind       koppel.Kind   `json:"kind"`
	Field      string        `json:"field,omitempty"`
	Expression string        `json:"expression,omitempty"`
	// Reason is that of one of them.
	Reason  string    `json:"reason"`
	Records int64     `json:"records"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
}

// Picked is how many parked records a bulk verb took, or would take.
type Picked struct {
	Records int64 `json:"records"`
}

// ParkedCauses counts parked records by cause; coupling may be "": GET /parked/causes.
func (c *Client) ParkedCauses(ctx context.Context, coupling string) (List[ParkedCause], error) {
	query := url.Values{}
	if coupling != "" {
		query.Set("coupling", coupling)
	}
	return get[List[ParkedCause]](ctx, c, "/parked/causes", query)
}

// ResolveParked takes one off the list without mapping it: POST /parked/{id}/resolve.
func (c *Client) ResolveParked(ctx context.Context, id, reason string) (Parked, error) {
	return send[Parked](ctx, c, http.MethodPost, at("parked", id, "resolve"), map[string]string{"reason": reason})
}

// UnresolveParked puts one back on the list: POST /parked/{id}/unresolve.
func (c *Client) UnresolveParked(ctx context.Context, id string) (Parked, error) {
	return send[Parked](ctx, c, http.MethodPost, at("parked", id, "unresolve"), nil)
}

// ResolveAllParked takes those of a coupling off the list: POST /parked/resolve.
func (c *Client) ResolveAllParked(ctx context.Context, k ParkedPick, reason string) (Picked, error) {
	return send[Picked](ctx, c, http.MethodPost, "/parked/resolve", struct {
		ParkedPick
		Reason string `json:"reason"`
	}{k, reason})
}

// UnresolveAllParked puts those of a coupling back on the list: POST /parked/unresolve.
func (c *Client) UnresolveAllParked(ctx context.Context, k ParkedPick) (Picked, error) {
	return send[Picked](ctx, c, http.MethodPost, "/parked/unresolve", k)
}
