package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// NewBuyOrder is what a buy order is made of. Webshop, Supplier and Lines are required.
type NewBuyOrder struct {
	Webshop string `json:"webshop"`
	// Supplier is an object's id.
	Supplier string `json:"supplier"`
	// ExpectedDeliveryDate is a day, 2006-01-02.
	ExpectedDeliveryDate string            `json:"expected_delivery_date,omitempty"`
	Lines                []NewBuyOrderLine `json:"lines"`
}

// NewBuyOrderLine is one line of a buy order.
type NewBuyOrderLine struct {
	// Product is an object's id.
	Product string `json:"product"`
	// Quantity in stock units.
	Quantity int64 `json:"quantity"`
	// SubtotalValue is of the whole line, ex VAT, as a decimal.
	SubtotalValue string `json:"subtotal_value"`
}

// Placed is a buy order that was placed, with where its push stands.
type Placed struct {
	Object
	PlacedAt *time.Time `json:"placed_at,omitempty"`
	// Push is nil when no coupling takes buy orders.
	Push *Push `json:"push,omitempty"`
}

// Push is where a write to a remote system stands.
type Push struct {
	// Outbox is the id of what is to be sent.
	Outbox string `json:"outbox"`
	// State is pending, sending, sent, unknown, parked or dropped.
	State string `json:"state"`
	// Run is the run that sends it; "" until there is one.
	Run string `json:"run,omitempty"`
}

// CreateBuyOrder makes a draft with a reference: POST /buy-orders.
func (c *Client) CreateBuyOrder(ctx context.Context, n NewBuyOrder) (Object, error) {
	return send[Object](ctx, c, http.MethodPost, "/buy-orders", n)
}

// PlaceBuyOrder places a draft, which sends it: POST /buy-orders/{id}/place.
// The coupling is needed only where several could receive it.
func (c *Client) PlaceBuyOrder(ctx context.Context, id, coupling string) (Placed, error) {
	body := map[string]any{}
	if coupling != "" {
		body["coupling"] = coupling
	}
	return send[Placed](ctx, c, http.MethodPost, at("buy-orders", id, "place"), body)
}

// BuyOrder finds one: GET /objects/buy_orders/{id}.
func (c *Client) BuyOrder(ctx context.Context, id string) (Object, error) {
	return c.Object(ctx, koppel.BuyOrders, id)
}
