package client

import (
	"context"
	"net/http"
	"time"
)

// Webshop is the customer unit whose systems are coupled.
type Webshop struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Kind is "webshop" or "location".
	Kind string `json:"kind"`
	// Organisation is the owner's id; absent for a key of one webshop.
	Organisation string `json:"organisation,omitempty"`
	// ExternalRef is the host's own id.
	ExternalRef string `json:"external_ref,omitempty"`
	TimeZone    string `json:"time_zone"`
	// BuyOrderCap is the most buy orders that begin to be pushed within an hour.
	BuyOrderCap int       `json:"buy_order_cap"`
	CreatedAt   time.Time `json:"created_at"`
}

// NewWebshop is what a webshop is made of; only Name is required.
type NewWebshop struct {
	Name string `json:"name"`
	// Organisation is the owner's name; made when it is new.
	Organisation string `json:"organisation,omitempty"`
	// Kind is "webshop", the default, or "location".
	Kind        string `json:"kind,omitempty"`
	ExternalRef string `json:"external_ref,omitempty"`
	// TimeZone is an IANA name.
	TimeZone string `json:"time_zone,omitempty"`
}

// CreateWebshop makes a webshop: POST /webshops.
func (c *Client) CreateWebshop(ctx context.Context, n NewWebshop) (Webshop, error) {
	return send[Webshop](ctx, c, http.MethodPost, "/webshops", n)
}

// Webshops lists webshops: GET /webshops.
func (c *Client) Webshops(ctx context.Context, page Page) (List[Webshop], error) {
	return get[List[Webshop]](ctx, c, "/webshops", page.query())
}

// Webshop finds one: GET /webshops/{id}.
func (c *Client) Webshop(ctx context.Context, id string) (Webshop, error) {
	return get[Webshop](ctx, c, at("webshops", id), nil)
}

// SetBuyOrderCap sets how many buy orders may begin to be pushed within an
// hour: PATCH /webshops/{id}.
func (c *Client) SetBuyOrderCap(ctx context.Context, id string, orders int) (Webshop, error) {
	return send[Webshop](ctx, c, http.MethodPatch, at("webshops", id), map[string]any{"buy_order_cap": orders})
}
