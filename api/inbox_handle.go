package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// ByItem is the input of routes that name an item of the inbox.
type ByItem struct {
	ID string `path:"id" pattern:"^[0-9a-f]{12}$" doc:"Id of the item"`
}

type acknowledgeRequest struct {
	ByItem
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	} `required:"false"`
}

func (s *server) acknowledgeInbox(ctx context.Context, who caller, in *acknowledgeRequest) (inboxItem, error) {
	return s.handleInbox(ctx, who, in.ID, "inbox.acknowledge", func(h *store.InboxHandling, now time.Time) error {
		by := who.name()
		h.AcknowledgedBy, h.AcknowledgedAt = &by, &now
		if in.Body != nil && in.Body.Note != "" {
			h.Note, h.NotedBy, h.NotedAt = &in.Body.Note, &by, &now
		}
		return nil
	})
}

type snoozeRequest struct {
	ByItem
	Body struct {
		Until time.Time `json:"until"`
		Note  string    `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *server) snoozeInbox(ctx context.Context, who caller, in *snoozeRequest) (inboxItem, error) {
	return s.handleInbox(ctx, who, in.ID, "inbox.snooze", func(h *store.InboxHandling, now time.Time) error {
		if !in.Body.Until.After(now) {
			return koppel.E(koppel.KindInvalidRequest, "snooze inbox item", "until must be in the future")
		}
		by, until := who.name(), in.Body.Until.UTC()
		h.SnoozedBy, h.SnoozedUntil = &by, &until
		if in.Body.Note != "" {
			h.Note, h.NotedBy, h.NotedAt = &in.Body.Note, &by, &now
		}
		return nil
	})
}

type noteRequest struct {
	ByItem
	Body struct {
		Note string `json:"note" maxLength:"2000" doc:"Takes the place of the last one; \"\" takes it away"`
	}
}

func (s *server) noteInbox(ctx context.Context, who caller, in *noteRequest) (inboxItem, error) {
	return s.handleInbox(ctx, who, in.ID, "inbox.note", func(h *store.InboxHandling, now time.Time) error {
		by := who.name()
		if h.Note, h.NotedBy, h.NotedAt = &in.Body.Note, &by, &now; in.Body.Note == "" {
			h.Note, h.NotedBy, h.NotedAt = nil, nil, nil
		}
		return nil
	})
}

func (s *server) reopenInbox(ctx context.Context, who caller, in *ByItem) (inboxItem, error) {
	return s.handleInbox(ctx, who, in.ID, "inbox.reopen", func(h *store.InboxHandling, _ time.Time) error {
		*h = store.InboxHandling{Note: h.Note, NotedBy: h.NotedBy, NotedAt: h.NotedAt}
		return nil
	})
}

// handleInbox changes what people said about an item and notes it in the audit log.
func (s *server) handleInbox(ctx context.Context, who caller, id, action string, change func(*store.InboxHandling, time.Time) error) (inboxItem, error) {
	item, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.InboxItem, error) { return tx.InboxItem(ctx, id) })
	if err != nil {
		return inboxItem{}, err
	}
	scope := who.scope
	if item.WebshopID != nil {
		scope = store.ForWebshop(*item.WebshopID)
	}
	now, err := s.Store.Now(ctx)
	if err != nil {
		return inboxItem{}, err
	}
	before := item.InboxHandling
	after := before
	if err := change(&after, now); err != nil {
		return inboxItem{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (inboxItem, error) {
		item, err := tx.HandleInbox(ctx, item, after)
		if err != nil {
			return inboxItem{}, err
		}
		shown := showItem(item, now)
		was := item
		was.InboxHandling = before
		return shown, audit(ctx, tx, who, action, id, showItem(was, now).Handling, map[string]any{
			"cause": item.Cause, "coupling": shown.Coupling, "detail": shown.Detail, "handling": shown.Handling,
		})
	})
}
