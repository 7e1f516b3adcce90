package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
)

// Object is one row of the canonical model with its sources.
type Object struct {
	ID      string        `json:"id"`
	Webshop string        `json:"webshop"`
	Object  koppel.Object `json:"object"`
	// Values are the fields of koppel.Object.Fields by name: decimals as
	// strings, times as RFC 3339, references as {id, key}, null where there is none.
	Values    map[string]json.RawMessage `json:"values"`
	ChangedAt time.Time                  `json:"changed_at"`
	// DeletedAt is since when it no longer counts.
	DeletedAt *time.Time `json:"deleted_at,omitempty"`
	// StateReason is why it is disabled, ignored or deleted; "" while it counts.
	StateReason koppel.StateReason `json:"state_reason,omitempty"`
	Sources     []Source           `json:"sources"`
}

// Source is the binding of an object to one coupling's remote id.
type Source struct {
	Coupling  string    `json:"coupling"`
	RemoteID  string    `json:"remote_id"`
	ChangedAt time.Time `json:"changed_at"`
	// GoneAt is since when the remote no longer has it.
	GoneAt *time.Time `json:"gone_at"`
	// GoneReason says how that is known.
	GoneReason koppel.GoneReason `json:"gone_reason,omitempty"`
}

// ObjectFilter narrows a list of objects; the zero value lists all.
type ObjectFilter struct {
	Page
	// Webshop is an id.
	Webshop string
	// What the object is known by, exactly.
	SKU, EAN, Number, RemoteID string
}

// Objects lists objects of one kind: GET /objects/{object}.
func (c *Client) Objects(ctx context.Context, object koppel.Object, f ObjectFilter) (List[Object], error) {
	return get[List[Object]](ctx, c, at("objects", string(object)),
		f.query("webshop", f.Webshop, "sku", f.SKU, "ean", f.EAN, "number", f.Number, "remote_id", f.RemoteID))
}

// Object finds one: GET /objects/{object}/{id}.
func (c *Client) Object(ctx context.Context, object koppel.Object, id string) (Object, error) {
	return get[Object](ctx, c, at("objects", string(object), id), nil)
}
