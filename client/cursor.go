package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Cursor is where the next incremental read of a stream starts.
type Cursor struct {
	Stream string `json:"stream"`
	Group  string `json:"group"`
	// By is time, key, or none where the remote tells no changes.
	By string `json:"by"`
	// At and Key are up to where was read; of the two at most one is there.
	At       *time.Time `json:"at,omitempty"`
	Key      string     `json:"key,omitempty"`
	Next     NextRead   `json:"next"`
	LastScan *LastScan  `json:"last_scan,omitempty"`
}

// NextRead is what the next incremental read would ask for.
type NextRead struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// After is the key that it goes on from.
	After  string `json:"after,omitempty"`
	Detail string `json:"detail"`
}

// LastScan is what read a stream last.
type LastScan struct {
	Run       string          `json:"run"`
	Mode      koppel.Mode     `json:"mode"`
	State     koppel.RunState `json:"state"`
	StartedAt time.Time       `json:"started_at"`
}

// CursorSet says where to read from; exactly one of At, Key and None is set.
type CursorSet struct {
	At     *time.Time `json:"at,omitempty"`
	Key    string     `json:"key,omitempty"`
	None   bool       `json:"none,omitempty"`
	DryRun bool       `json:"dry_run,omitempty"`
}

// CursorChange is a cursor before and after it was set; not Changed by a dry run.
type CursorChange struct {
	Before  Cursor `json:"before"`
	After   Cursor `json:"after"`
	Changed bool   `json:"changed"`
}

// Cursors lists the cursors of a coupling's streams: GET /couplings/{id}/cursors.
func (c *Client) Cursors(ctx context.Context, coupling string) (List[Cursor], error) {
	return get[List[Cursor]](ctx, c, at("couplings", coupling, "cursors"), nil)
}

// SetCursor sets where the next incremental read of a stream starts: PUT /couplings/{id}/cursors/{stream}.
func (c *Client) SetCursor(ctx context.Context, coupling, stream string, set CursorSet) (CursorChange, error) {
	return send[CursorChange](ctx, c, http.MethodPut, at("couplings", coupling, "cursors", stream), set)
}
