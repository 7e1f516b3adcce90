package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// InboxGroup is what needs a person now for one cause and of one owner.
type InboxGroup struct {
	Cause koppel.Cause `json:"cause"`
	// Owner is who must act.
	Owner  koppel.Owner `json:"owner"`
	Title  string       `json:"title"`
	Count  int64        `json:"count"`
	Oldest time.Time    `json:"oldest"`
	Items  []InboxItem  `json:"items"`
}

// InboxItem is one of them, of a coupling, a webshop or the installation.
type InboxItem struct {
	ID           string    `json:"id"`
	Webshop      string    `json:"webshop,omitempty"`
	WebshopName  string    `json:"webshop_name,omitempty"`
	Coupling     string    `json:"coupling,omitempty"`
	CouplingName string    `json:"coupling_name,omitempty"`
	Connector    string    `json:"connector,omitempty"`
	Count        int64     `json:"count"`
	Oldest       time.Time `json:"oldest"`
	Newest       time.Time `json:"newest"`
	// Aged: it waits for more than a week.
	Aged     bool           `json:"aged,omitempty"`
	Kind     koppel.Kind    `json:"kind,omitempty"`
	Detail   string         `json:"detail"`
	Next     string         `json:"next"`
	Handling *InboxHandling `json:"handling,omitempty"`
}

// InboxHandling is what people said about an item.
type InboxHandling struct {
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	SnoozedBy      string     `json:"snoozed_by,omitempty"`
	SnoozedUntil   *time.Time `json:"snoozed_until,omitempty"`
	Note           string     `json:"note,omitempty"`
	NotedBy        string     `json:"noted_by,omitempty"`
	NotedAt        *time.Time `json:"noted_at,omitempty"`
}

// InboxFilter narrows the inbox; the zero value is all that nobody handles yet.
type InboxFilter struct {
	// Webshop, Organisation and Coupling are ids; of the first two at most one is set.
	Webshop, Organisation, Coupling string
	Cause                           koppel.Cause
	Owner                           koppel.Owner
	// Handled shows also what is acknowledged or put off.
	Handled bool
}

// Inbox reads what needs a person now: GET /inbox.
func (c *Client) Inbox(ctx context.Context, f InboxFilter) (List[InboxGroup], error) {
	handled := ""
	if f.Handled {
		handled = "true"
	}
	return get[List[InboxGroup]](ctx, c, "/inbox", Page{}.query("webshop", f.Webshop, "organisation", f.Organisation, "coupling", f.Coupling,
		"cause", string(f.Cause), "owner", string(f.Owner), "handled", handled))
}

// AcknowledgeInbox says that somebody takes care of an item; note may be "": POST /inbox/{id}/acknowledge.
func (c *Client) AcknowledgeInbox(ctx context.Context, id, note string) (InboxItem, error) {
	return send[InboxItem](ctx, c, http.MethodPost, at("inbox", id, "acknowledge"), map[string]string{"note": note})
}

// SnoozeInbox puts an item off until a time; note may be "": POST /inbox/{id}/snooze.
func (c *Client) SnoozeInbox(ctx context.Context, id string, until time.Time, note string) (InboxItem, error) {
	return send[InboxItem](ctx, c, http.MethodPost, at("inbox", id, "snooze"), map[string]any{"until": until, "note": note})
}

// NoteInbox leaves a note at an item, in place of the last one: POST /inbox/{id}/note.
func (c *Client) NoteInbox(ctx context.Context, id, note string) (InboxItem, error) {
	return send[InboxItem](ctx, c, http.MethodPost, at("inbox", id, "note"), map[string]string{"note": note})
}

// ReopenInbox shows an item again: POST /inbox/{id}/reopen.
func (c *Client) ReopenInbox(ctx context.Context, id string) (InboxItem, error) {
	return send[InboxItem](ctx, c, http.MethodPost, at("inbox", id, "reopen"), nil)
}
