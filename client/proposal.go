package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Proposal is a set of deletes beyond the delete budget, for a person to decide on.
type Proposal struct {
	ID           string               `json:"id"`
	Coupling     string               `json:"coupling"`
	CouplingName string               `json:"coupling_name"`
	Group        string               `json:"group"`
	Run          string               `json:"run,omitempty"`
	State        koppel.ProposalState `json:"state"`
	// Reason is what of the delete budget it exceeds.
	Reason string `json:"reason"`
	// Waiting, Applied, Left and Undone count its records; left are those that came back by themselves.
	Waiting   int64      `json:"waiting"`
	Applied   int64      `json:"applied"`
	Left      int64      `json:"left"`
	Undone    int64      `json:"undone"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	DecidedAt *time.Time `json:"decided_at"`
	DecidedBy string     `json:"decided_by,omitempty"`
	// Started is the run that carries the decision out, in the answer to one.
	Started string `json:"started,omitempty"`
}

// ProposalItem is one record of a proposal with the object that it carries.
type ProposalItem struct {
	Stream   string            `json:"stream"`
	RemoteID string            `json:"remote_id"`
	Reason   koppel.GoneReason `json:"reason"`
	// State is proposed, applied, left or undone.
	State    string `json:"state"`
	Object   string `json:"object,omitempty"`
	ObjectID string `json:"object_id,omitempty"`
	Name     string `json:"name,omitempty"`
}

// ProposalFilter narrows a list of proposals; the zero value lists all, newest first.
type ProposalFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	State             koppel.ProposalState
}

// Proposals lists proposals: GET /proposals.
func (c *Client) Proposals(ctx context.Context, f ProposalFilter) (List[Proposal], error) {
	return get[List[Proposal]](ctx, c, "/proposals", f.query("webshop", f.Webshop, "coupling", f.Coupling, "state", string(f.State)))
}

// Proposal finds one: GET /proposals/{id}.
func (c *Client) Proposal(ctx context.Context, id string) (Proposal, error) {
	return get[Proposal](ctx, c, at("proposals", id), nil)
}

// ProposalItems lists the records of a proposal: GET /proposals/{id}/records.
func (c *Client) ProposalItems(ctx context.Context, id string, page Page) (List[ProposalItem], error) {
	return get[List[ProposalItem]](ctx, c, at("proposals", id, "records"), page.query())
}

// ApproveProposal lets its records go: POST /proposals/{id}/approve.
func (c *Client) ApproveProposal(ctx context.Context, id string) (Proposal, error) {
	return send[Proposal](ctx, c, http.MethodPost, at("proposals", id, "approve"), nil)
}

// RejectProposal keeps its records: POST /proposals/{id}/reject.
func (c *Client) RejectProposal(ctx context.Context, id string) (Proposal, error) {
	return send[Proposal](ctx, c, http.MethodPost, at("proposals", id, "reject"), nil)
}

// UndoProposal brings its records back: POST /proposals/{id}/undo.
func (c *Client) UndoProposal(ctx context.Context, id string) (Proposal, error) {
	return send[Proposal](ctx, c, http.MethodPost, at("proposals", id, "undo"), nil)
}
