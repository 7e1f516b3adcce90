package client

import (
	"context"
	"net/http"
	"time"
)

// ParkedBody is the body of a parked record.
type ParkedBody struct {
	ID       string `json:"id"`
	Coupling string `json:"coupling"`
	Stream   string `json:"stream"`
	RemoteID string `json:"remote_id"`
	Body     string `json:"body"`
	// Hash is of the stored body; an edit names the one that it was made from.
	Hash string `json:"hash"`
	// Correction says who wrote this body; nil where it is the remote's.
	Correction *Correction `json:"correction,omitempty"`
}

// Correction is who corrected a record, and when.
type Correction struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// ParkedEdit is a corrected body.
type ParkedEdit struct {
	Body   string `json:"body"`
	Hash   string `json:"hash,omitempty"`
	DryRun bool   `json:"dry_run,omitempty"`
}

// ParkedEdited is what a corrected body gives. One that does not fit was not kept.
type ParkedEdited struct {
	Fits    bool              `json:"fits"`
	Objects []PreviewedObject `json:"objects"`
	// Run takes it; "" in a dry run and when it does not fit.
	Run string `json:"run,omitempty"`
}

// ParkedBody shows the body of a parked record: GET /parked/{id}/body.
func (c *Client) ParkedBody(ctx context.Context, id string) (ParkedBody, error) {
	return get[ParkedBody](ctx, c, at("parked", id, "body"), nil)
}

// EditParked corrects it: POST /parked/{id}/edit.
func (c *Client) EditParked(ctx context.Context, id string, edit ParkedEdit) (ParkedEdited, error) {
	return send[ParkedEdited](ctx, c, http.MethodPost, at("parked", id, "edit"), edit)
}
