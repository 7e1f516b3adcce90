package client

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

// Waiting is a reference that waits for what it names.
type Waiting struct {
	Webshop  string `json:"webshop"`
	Coupling string `json:"coupling"`
	// Object is what waits, with its id; Field is its reference, or "lines".
	Object koppel.Object `json:"object"`
	ID     string        `json:"id"`
	Field  string        `json:"field"`
	// Target is what it waits for, Keys how the coupling names it.
	Target koppel.Object `json:"target"`
	Keys   []string      `json:"keys"`
	// Since is when the object was first seen.
	Since time.Time `json:"since"`
}

// WaitingFilter narrows a list of what waits; the zero value lists all.
type WaitingFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	// Object is what waits, Target what it waits for.
	Object, Target koppel.Object
}

// Waiting lists references that wait: GET /waiting.
func (c *Client) Waiting(ctx context.Context, f WaitingFilter) (List[Waiting], error) {
	return get[List[Waiting]](ctx, c, "/waiting", f.query("webshop", f.Webshop, "coupling", f.Coupling, "object", string(f.Object), "target", string(f.Target)))
}
