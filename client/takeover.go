package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Shadow says that a coupling writes nothing to its remote yet.
type Shadow struct {
	Since time.Time `json:"since"`
	// Webhooks: it subscribes to them all the same.
	Webhooks bool `json:"webhooks"`
}

// TakeoverReport is what another platform has of a coupling beside ours.
type TakeoverReport struct {
	koppel.TakeoverReport
	// Shadow is nil when the coupling is not in shadow.
	Shadow *Shadow `json:"shadow,omitempty"`
	// Held are writes that were asked for and are not done.
	Held int64 `json:"held"`
}

// SetShadow puts a coupling into shadow, where it writes nothing and subscribes
// to webhooks only if asked to, or takes it out: POST /couplings/{id}/shadow.
func (c *Client) SetShadow(ctx context.Context, id string, on, webhooks bool) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "shadow"), map[string]any{"on": on, "webhooks": webhooks})
}

// CutOver ends a shadow: POST /couplings/{id}/cutover.
func (c *Client) CutOver(ctx context.Context, id string) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "cutover"), nil)
}

// TakeoverMost is how many rows one ImportTakeover takes.
const TakeoverMost = 5000

// ImportTakeover keeps rows of another platform's mapping, up to TakeoverMost:
// POST /couplings/{id}/takeover.
func (c *Client) ImportTakeover(ctx context.Context, id string, rows []koppel.TakeoverRow) error {
	_, err := send[struct{}](ctx, c, http.MethodPost, at("couplings", id, "takeover"), map[string]any{"rows": rows})
	return err
}

// ClearTakeover forgets what was imported: DELETE /couplings/{id}/takeover.
func (c *Client) ClearTakeover(ctx context.Context, id string) error {
	_, err := send[struct{}](ctx, c, http.MethodDelete, at("couplings", id, "takeover"), nil)
	return err
}

// Takeover reports: GET /couplings/{id}/takeover.
func (c *Client) Takeover(ctx context.Context, id string) (TakeoverReport, error) {
	return get[TakeoverReport](ctx, c, at("couplings", id, "takeover"), nil)
}
