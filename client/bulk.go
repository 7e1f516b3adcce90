package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Bulk names couplings: all of a connector, of a webshop, or those of a connector in a webshop.
type Bulk struct {
	Connector string `json:"connector,omitempty"`
	// Webshop is an id.
	Webshop string `json:"webshop,omitempty"`
	// Reason is needed to pause.
	Reason string `json:"reason,omitempty"`
	// Mode, From and To are of a resync: since when empty, from and to with window.
	Mode koppel.Mode `json:"mode,omitempty"`
	From *time.Time  `json:"from,omitempty"`
	To   *time.Time  `json:"to,omitempty"`
	// Version is what an upgrade pins; "" follows the connector's current version again.
	Version string `json:"version,omitempty"`
	// DryRun only says what would be done.
	DryRun bool   `json:"dry_run,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

// BulkResult is what became of one coupling: done, would (a dry run) or skipped.
type BulkResult struct {
	Coupling  string               `json:"coupling"`
	Name      string               `json:"name"`
	Webshop   string               `json:"webshop"`
	Connector string               `json:"connector"`
	State     koppel.CouplingState `json:"state"`
	Outcome   string               `json:"outcome"`
	Detail    string               `json:"detail,omitempty"`
	Runs      []Started            `json:"runs,omitempty"`
}

// Bulk does a verb (pause, resume, resync or upgrade) to a page of couplings: POST /bulk/{verb}.
func (c *Client) Bulk(ctx context.Context, verb string, b Bulk) (List[BulkResult], error) {
	return send[List[BulkResult]](ctx, c, http.MethodPost, at("bulk", verb), b)
}
