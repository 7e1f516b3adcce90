package client

import (
	"context"
	"net/http"
	"time"
)

// Hook is a subscription at a remote: by it the remote tells of changes.
type Hook struct {
	ID        string `json:"id"`
	Coupling  string `json:"coupling"`
	Connector string `json:"connector"`
	// Topic as the remote names it; * for all topics by one.
	Topic string `json:"topic"`
	// State is wanted, active, failing, leaving or left.
	State        string     `json:"state"`
	Detail       string     `json:"detail,omitempty"`
	RemoteID     string     `json:"remote_id,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	SubscribedAt *time.Time `json:"subscribed_at"`
	CheckedAt    *time.Time `json:"checked_at"`
	// Received counts calls of the last thirty days, Repeated those that came again.
	Received   int64      `json:"received"`
	Repeated   int64      `json:"repeated"`
	ReceivedAt *time.Time `json:"received_at"`
	// Refused counts calls that were not signed, stale or unreadable.
	Refused    int64      `json:"refused"`
	RefusedAt  *time.Time `json:"refused_at"`
	RefusedFor string     `json:"refused_for,omitempty"`
	// Swept counts changes that no call told and only a scan found.
	Swept   int64      `json:"swept"`
	SweptAt *time.Time `json:"swept_at"`
}

// Hooks lists the subscriptions of a coupling: GET /couplings/{id}/hooks.
func (c *Client) Hooks(ctx context.Context, coupling string) ([]Hook, error) {
	list, err := get[List[Hook]](ctx, c, at("couplings", coupling, "hooks"), nil)
	return list.Data, err
}

// Hook finds one: GET /hooks/{id}.
func (c *Client) Hook(ctx context.Context, id string) (Hook, error) {
	return get[Hook](ctx, c, at("hooks", id), nil)
}

// RotateHook gives a subscription a new address and secret and returns the one
// that takes its place: POST /hooks/{id}/rotate.
func (c *Client) RotateHook(ctx context.Context, id string) (Hook, error) {
	return send[Hook](ctx, c, http.MethodPost, at("hooks", id, "rotate"), nil)
}
