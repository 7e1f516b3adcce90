package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// InboxItem is one thing that needs a person now. It follows from the rows that say so; only what people said about it
// is kept beside them.
type InboxItem struct {
	// ID names the item as long as its cause stands.
	ID    string
	Cause koppel.Cause
	// WebshopUUID and the coupling are nil for what concerns more than one of them.
	WebshopID                  *int64
	WebshopUUID, WebshopName   *string
	CouplingUUID, CouplingName *string
	// Connector is that of the coupling, or what a stop names; nil for none.
	Connector *string
	// About tells items of one cause and coupling apart: a stream group, the cause of parked records, a proposal.
	About string
	// Count is how much of it there is; Oldest and Newest are when it was first and last seen.
	Count          int64
	Oldest, Newest time.Time
	Kind           koppel.Kind
	Detail         string
	// Owner and Next are set where the failure itself says who must act and how.
	Owner koppel.Owner
	Next  string
	// Subject is the outside id of the newest run, the proposal or the stop; nil for none.
	Subject *string
	InboxHandling
}

// InboxHandling is what people said about an item.
type InboxHandling struct {
	AcknowledgedBy *string
	AcknowledgedAt *time.Time
	SnoozedBy      *string
	SnoozedUntil   *time.Time
	Note, NotedBy  *string
	NotedAt        *time.Time
}

// Handled reports whether somebody takes care of the item and nothing came since, or put it off.
func (i *InboxItem) Handled(now time.Time) bool {
	return i.SnoozedUntil != nil && now.Before(*i.SnoozedUntil) || i.AcknowledgedAt != nil && !i.Newest.After(*i.AcknowledgedAt)
}

// InboxFilter narrows the inbox; the zero value is everything of the scope that nobody handles yet.
type InboxFilter struct {
	Coupling string // outside id
	Cause    koppel.Cause
	// Handled shows also what is acknowledged or put off.
	Handled bool
}

// Inbox lists what needs a person now, by cause in the order of koppel.Causes, the oldest first.
func (tx *Tx) Inbox(ctx context.Context, f InboxFilter) ([]InboxItem, error) {
	const op = "read inbox"
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return nil, err
	}
	now, err := one[struct{ Now time.Time }](ctx, tx, `SELECT now() AS now`)
	if err != nil {
		return nil, wrap(op, err)
	}
	list := []InboxItem{}
	for _, cause := range koppel.Causes() {
		if f.Cause != "" && f.Cause != cause {
			continue
		}
		items, err := tx.inboxOf(ctx, cause, coupling)
		if err != nil {
			return nil, wrap(op, err)
		}
		for _, item := range items {
			if f.Handled || !item.Handled(now.Now) {
				list = append(list, item)
			}
		}
	}
	return list, nil
}

// inboxHead and inboxTail make items of the rows that the query of a cause gives: webshop_id, coupling_id, connector,
// about, count, oldest, newest, kind, detail, owner, next and subject.
const (
	inboxHead = `
SELECT '' AS id, @cause::text AS cause, q.webshop_id, w.uuid AS webshop_uuid, w.name AS webshop_name, c.uuid AS coupling_uuid, c.name AS coupling_name,
       coalesce(q.connector, c.connector) AS connector, q.about, q.count, q.oldest, q.newest, q.kind, q.detail, q.owner, q.next, q.subject,
       NULL::text AS acknowledged_by, NULL::timestamptz AS acknowledged_at, NULL::text AS snoozed_by, NULL::timestamptz AS snoozed_until,
       NULL::text AS note, NULL::text AS noted_by, NULL::timestamptz AS noted_at
FROM (`
	inboxTail = `
) q LEFT JOIN webshop w ON w.id = q.webshop_id LEFT JOIN coupling c ON c.id = q.coupling_id
WHERE @coupling::uuid IS NULL OR c.uuid = @coupling
ORDER BY q.oldest, q.coupling_id, q.about LIMIT 1000`
	handlingsSQL = `
SELECT item, acknowledged_by, acknowledged_at, snoozed_by, snoozed_until, note, noted_by, noted_at FROM inbox_handling WHERE item = ANY ($1)`
)

func (tx *Tx) inboxOf(ctx context.Context, cause koppel.Cause, coupling *string) ([]InboxItem, error) {
	items, err := many[InboxItem](ctx, tx, inboxHead+inboxSQL[cause]+inboxTail, pgx.StrictNamedArgs{"cause": string(cause), "coupling": coupling})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	ids := make([]string, len(items))
	for i := range items {
		items[i].ID = items[i].name()
		ids[i] = items[i].ID
	}
	type row struct {
		Item string
		InboxHandling
	}
	handled, err := many[row](ctx, tx, handlingsSQL, ids)
	for _, h := range handled {
		i := &items[slices.Index(ids, h.Item)]
		if i.InboxHandling = h.InboxHandling; h.NotedAt != nil && h.NotedAt.Before(i.Oldest) {
			i.Note, i.NotedBy, i.NotedAt = nil, nil, nil // it was about an earlier time
		}
	}
	return items, err
}

// name makes the item's id.
func (i *InboxItem) name() string {
	place := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s", i.Cause, place(i.WebshopUUID), place(i.CouplingUUID), i.About))
	return hex.EncodeToString(sum[:6])
}

// InboxItem finds one by its id, handled or not.
func (tx *Tx) InboxItem(ctx context.Context, id string) (InboxItem, error) {
	list, err := tx.Inbox(ctx, InboxFilter{Handled: true})
	if err != nil {
		return InboxItem{}, err
	}
	if at := slices.IndexFunc(list, func(i InboxItem) bool { return i.ID == id }); at >= 0 {
		return list[at], nil
	}
	return InboxItem{}, notFound("get inbox item", "inbox item", id)
}

const handleSQL = `
INSERT INTO inbox_handling (item, webshop_id, acknowledged_by, acknowledged_at, snoozed_by, snoozed_until, note, noted_by, noted_at)
VALUES (@item, @webshop, @acknowledged_by, @acknowledged_at, @snoozed_by, @snoozed_until, @note, @noted_by, @noted_at)
ON CONFLICT (item) DO UPDATE SET acknowledged_by = excluded.acknowledged_by, acknowledged_at = excluded.acknowledged_at,
    snoozed_by = excluded.snoozed_by, snoozed_until = excluded.snoozed_until, note = excluded.note, noted_by = excluded.noted_by, noted_at = excluded.noted_at`

// HandleInbox keeps what people said about an item, in place of what they said before.
func (tx *Tx) HandleInbox(ctx context.Context, item InboxItem, h InboxHandling) (InboxItem, error) {
	_, err := tx.exec(ctx, handleSQL, pgx.StrictNamedArgs{
		"item": item.ID, "webshop": item.WebshopID, "acknowledged_by": h.AcknowledgedBy, "acknowledged_at": h.AcknowledgedAt,
		"snoozed_by": h.SnoozedBy, "snoozed_until": h.SnoozedUntil, "note": h.Note, "noted_by": h.NotedBy, "noted_at": h.NotedAt,
	})
	item.InboxHandling = h
	return item, wrap("handle inbox item", err)
}
