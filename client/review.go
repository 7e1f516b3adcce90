package client

import (
	"context"
	"net/http"

	"github.com/koppel-io/koppel"
)

// Review is a record that a person has to link.
type Review struct {
	Parked
	// Candidates are the objects that it could be.
	Candidates []Candidate `json:"candidates"`
}

// Candidate is an object that a record could be.
type Candidate struct {
	Object string `json:"object"`
	Name   string `json:"name"`
	Why    string `json:"why"`
	// Couplings are the names of those that know it.
	Couplings []string `json:"couplings"`
}

// Decided is what became of a decision: the run that maps the record again, if one can.
type Decided struct {
	Run string `json:"run,omitempty"`
}

// Reviews lists what waits for a person: GET /reviews. Webshop and coupling are ids, or "" for all.
func (c *Client) Reviews(ctx context.Context, webshop, coupling string, page Page) (List[Review], error) {
	f := struct{ Page }{page}
	return get[List[Review]](ctx, c, "/reviews", f.query("webshop", webshop, "coupling", coupling))
}

// Decide says what a record is: POST /reviews/{id}/decide. object is the id of a link.
func (c *Client) Decide(ctx context.Context, id string, action koppel.Decision, object string) (Decided, error) {
	body := map[string]string{"action": string(action)}
	if object != "" {
		body["object"] = object
	}
	return send[Decided](ctx, c, http.MethodPost, at("reviews", id, "decide"), body)
}

// Undecide takes a decision back: POST /reviews/{id}/undo.
func (c *Client) Undecide(ctx context.Context, id string) (Decided, error) {
	return send[Decided](ctx, c, http.MethodPost, at("reviews", id, "undo"), nil)
}

// Priorities say which coupling of a webshop wins which fields.
type Priorities struct {
	Data []Priority `json:"data"`
	// Run merges the objects again that are there.
	Run string `json:"run,omitempty"`
}

// Priority is the order of couplings for one field group, the strongest first.
type Priority struct {
	Object koppel.Object `json:"object"`
	Group  string        `json:"group"`
	Fields []string      `json:"fields"`
	// Set is false where couplings stand in the order in which they were activated.
	Set       bool     `json:"set"`
	Couplings []Ranked `json:"couplings"`
}

// Ranked is a coupling in an order.
type Ranked struct {
	Coupling string `json:"coupling"`
	Name     string `json:"name"`
}

// Rank is an order that a person sets.
type Rank struct {
	Object koppel.Object `json:"object"`
	Group  string        `json:"group"`
	// Couplings are ids, the strongest first; none is the order in which they were activated.
	Couplings []string `json:"couplings"`
}

// Priorities lists them: GET /webshops/{id}/priorities.
func (c *Client) Priorities(ctx context.Context, webshop string) (Priorities, error) {
	return get[Priorities](ctx, c, at("webshops", webshop, "priorities"), nil)
}

// SetPriority sets one: PUT /webshops/{id}/priorities.
func (c *Client) SetPriority(ctx context.Context, webshop string, r Rank) (Priorities, error) {
	return send[Priorities](ctx, c, http.MethodPut, at("webshops", webshop, "priorities"), r)
}
