package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Sync asks for a run. Object and Mode are required.
type Sync struct {
	Object koppel.Object `json:"object"`
	// Mode is full, since, window, history, single or replay.
	Mode koppel.Mode `json:"mode"`
	// From and To are the ends of a window run.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// By is what the window compares with; change when it is empty.
	By koppel.WindowBy `json:"by,omitempty"`
	// What a single run reads, by any of these.
	RemoteIDs []string `json:"remote_ids,omitempty"`
	SKUs      []string `json:"skus,omitempty"`
	EANs      []string `json:"eans,omitempty"`
	Numbers   []string `json:"numbers,omitempty"`
}

// Started is a run that was asked for.
type Started struct {
	Run string `json:"run"`
	// QueuedBehind is the run that has to end first; "" when none has.
	QueuedBehind string `json:"queued_behind,omitempty"`
	// TookOver: the run was queued already, and reads what was asked for.
	TookOver bool `json:"took_over,omitempty"`
}

// Sync starts a run: POST /couplings/{id}/sync.
func (c *Client) Sync(ctx context.Context, coupling string, s Sync) (Started, error) {
	return send[Started](ctx, c, http.MethodPost, at("couplings", coupling, "sync"), s)
}
