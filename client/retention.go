package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/koppel-io/koppel"
)

// Retention is how long a kind of data is kept, and what was deleted of it in
// the whole installation.
type Retention struct {
	Kind    koppel.RetentionKind `json:"kind"`
	Keeps   string               `json:"keeps"`
	Days    int                  `json:"days"`
	Default int                  `json:"default"`
	Least   int                  `json:"least"`
	// Own: the organisation said so itself.
	Own     bool       `json:"own"`
	SweptAt *time.Time `json:"swept_at"`
	// Dropped are whole days, Rows single rows.
	Dropped int64 `json:"dropped"`
	Rows    int64 `json:"rows"`
}

// Retention lists how long data is kept: GET /retention. With "" it is what
// holds for organisations that say nothing of their own.
func (c *Client) Retention(ctx context.Context, organisation string) ([]Retention, error) {
	query := url.Values{}
	if organisation != "" {
		query.Set("organisation", organisation)
	}
	list, err := get[List[Retention]](ctx, c, "/retention", query)
	return list.Data, err
}

// SetRetention says for how many days a kind of data is kept; 0 takes back
// what was set: PUT /retention.
func (c *Client) SetRetention(ctx context.Context, organisation string, kind koppel.RetentionKind, days int) ([]Retention, error) {
	body := map[string]any{"kind": kind, "days": days}
	if organisation != "" {
		body["organisation"] = organisation
	}
	list, err := send[List[Retention]](ctx, c, http.MethodPut, "/retention", body)
	return list.Data, err
}
