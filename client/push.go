package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
)

// BuyOrderEdit is what changes of a buy order; what is empty stays.
type BuyOrderEdit struct {
	// Supplier of a draft; a placed order keeps its own.
	Supplier             string            `json:"supplier,omitempty"`
	ExpectedDeliveryDate string            `json:"expected_delivery_date,omitempty"`
	Lines                []NewBuyOrderLine `json:"lines,omitempty"`
}

// EditBuyOrder changes a buy order; edits of a placed one are gathered and
// pushed: PATCH /buy-orders/{id}.
func (c *Client) EditBuyOrder(ctx context.Context, id string, e BuyOrderEdit) (Placed, error) {
	return send[Placed](ctx, c, http.MethodPatch, at("buy-orders", id), e)
}

// CancelBuyOrder cancels a buy order, also in the remote: POST /buy-orders/{id}/cancel.
func (c *Client) CancelBuyOrder(ctx context.Context, id string) (Placed, error) {
	return send[Placed](ctx, c, http.MethodPost, at("buy-orders", id, "cancel"), nil)
}

// Preview is what a push would send now.
type Preview struct {
	// Coupling is where it would go.
	Coupling string `json:"coupling"`
	Push     struct {
		// ID is the remote's id of the order; "" when the remote has none.
		ID       string `json:"id"`
		Requests []struct {
			Step   string          `json:"step,omitempty"`
			Method string          `json:"method"`
			URL    string          `json:"url"`
			Body   json.RawMessage `json:"body,omitempty"`
		} `json:"requests"`
		Differences []struct {
			Path   string          `json:"path"`
			Remote json.RawMessage `json:"remote"`
			Ours   json.RawMessage `json:"ours"`
		} `json:"differences,omitempty"`
	} `json:"push"`
}

// PreviewBuyOrder shows what a push would send, without sending it: GET
// /buy-orders/{id}/preview. The coupling is needed only where several could
// receive it.
func (c *Client) PreviewBuyOrder(ctx context.Context, id, coupling string) (Preview, error) {
	return get[Preview](ctx, c, at("buy-orders", id, "preview"), Page{}.query("coupling", coupling))
}

// Write is one write to a remote.
type Write struct {
	ID        string        `json:"id"`
	Coupling  string        `json:"coupling"`
	Object    koppel.Object `json:"object"`
	Operation string        `json:"operation"`
	Reference string        `json:"reference"`
	// State is pending, sending, sent, unknown, parked or dropped.
	State string `json:"state"`
	// Held is cap or stop where it waits although it is due.
	Held      string         `json:"held,omitempty"`
	HeldAt    *time.Time     `json:"held_at,omitempty"`
	RemoteID  string         `json:"remote_id,omitempty"`
	Attempts  int64          `json:"attempts"`
	DueAt     time.Time      `json:"due_at"`
	Run       string         `json:"run,omitempty"`
	Error     *koppel.Advice `json:"error,omitempty"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

// WriteFilter narrows a list of writes; the zero value lists all.
type WriteFilter struct {
	Page
	// Webshop and Coupling are ids.
	Webshop, Coupling string
	State             string
	// Held: only those that the cap or a stop holds.
	Held bool
}

// Writes lists writes to remotes: GET /pushes.
func (c *Client) Writes(ctx context.Context, f WriteFilter) (List[Write], error) {
	held := ""
	if f.Held {
		held = strconv.FormatBool(true)
	}
	return get[List[Write]](ctx, c, "/pushes", f.query("webshop", f.Webshop, "coupling", f.Coupling, "state", f.State, "held", held))
}

// Write finds one: GET /pushes/{id}.
func (c *Client) Write(ctx context.Context, id string) (Write, error) {
	return get[Write](ctx, c, at("pushes", id), nil)
}

// RetryWrite tries a parked write again, after a look: POST /pushes/{id}/retry.
func (c *Client) RetryWrite(ctx context.Context, id string) (Write, error) {
	return send[Write](ctx, c, http.MethodPost, at("pushes", id, "retry"), nil)
}

// ResolveWrite says what became of a parked write: it is there under the
// remote's id, or, when that is "", it is not there and is sent again: POST
// /pushes/{id}/resolve.
func (c *Client) ResolveWrite(ctx context.Context, id, remoteID string) (Write, error) {
	body := map[string]any{"not_there": true}
	if remoteID != "" {
		body = map[string]any{"remote_id": remoteID}
	}
	return send[Write](ctx, c, http.MethodPost, at("pushes", id, "resolve"), body)
}

// PushStop stops pushes while it is in force.
type PushStop struct {
	ID        string     `json:"id"`
	Webshop   string     `json:"webshop,omitempty"`
	Coupling  string     `json:"coupling,omitempty"`
	Connector string     `json:"connector,omitempty"`
	Reason    string     `json:"reason"`
	StoppedBy string     `json:"stopped_by"`
	StoppedAt time.Time  `json:"stopped_at"`
	EndedBy   string     `json:"ended_by,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// NewPushStop is what is stopped: one of its first four.
type NewPushStop struct {
	Coupling     string `json:"coupling,omitempty"`
	Webshop      string `json:"webshop,omitempty"`
	Connector    string `json:"connector,omitempty"`
	Installation bool   `json:"installation,omitempty"`
	Reason       string `json:"reason"`
}

// StopPushes stops pushes until EndPushStop: POST /push-stops.
func (c *Client) StopPushes(ctx context.Context, n NewPushStop) (PushStop, error) {
	return send[PushStop](ctx, c, http.MethodPost, "/push-stops", n)
}

// PushStops lists the stops in force: GET /push-stops.
func (c *Client) PushStops(ctx context.Context) ([]PushStop, error) {
	list, err := get[List[PushStop]](ctx, c, "/push-stops", nil)
	return list.Data, err
}

// EndPushStop lets pushes go on: POST /push-stops/{id}/end.
func (c *Client) EndPushStop(ctx context.Context, id string) (PushStop, error) {
	return send[PushStop](ctx, c, http.MethodPost, at("push-stops", id, "end"), nil)
}
