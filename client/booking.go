package client

import (
	"context"
	"net/http"
	"time"
)

// NewDelivery is goods that came in on a buy order. Product and Quantity are
// required.
type NewDelivery struct {
	// Product is the id of a product on the order.
	Product string `json:"product"`
	// Quantity in stock units; negative goes back to the supplier.
	Quantity int64 `json:"quantity"`
	// OccurredAt is when; now when nil.
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
}

// BookDelivery books what came in on a buy order, which is pushed to the
// coupling that received it: POST /buy-orders/{id}/deliveries.
func (c *Client) BookDelivery(ctx context.Context, order string, n NewDelivery) (Object, error) {
	return send[Object](ctx, c, http.MethodPost, at("buy-orders", order, "deliveries"), n)
}

// NewShipment is what was sent of a sell order.
type NewShipment struct {
	Carrier      string `json:"carrier,omitempty"`
	TrackingCode string `json:"tracking_code,omitempty"`
	TrackingURL  string `json:"tracking_url,omitempty"`
	// ShippedAt is when; now when nil.
	ShippedAt *time.Time `json:"shipped_at,omitempty"`
}

// BookShipment books that a sell order was sent, which is pushed to the
// coupling that it came from: POST /sell-orders/{id}/shipments.
func (c *Client) BookShipment(ctx context.Context, order string, n NewShipment) (Object, error) {
	return send[Object](ctx, c, http.MethodPost, at("sell-orders", order, "shipments"), n)
}
