package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// inboxGroup is what needs a person for one cause and of one owner.
type inboxGroup struct {
	Cause  koppel.Cause `json:"cause" enum:"needs_reauth,permission,activation,failing,push_unknown,push_parked,cap,stop,proposal,suspect,review,parked,overdue,paused"`
	Owner  koppel.Owner `json:"owner" enum:"customer,vendor,us" doc:"Who must act"`
	Title  string       `json:"title"`
	Count  int64        `json:"count" doc:"Of all its items"`
	Oldest time.Time    `json:"oldest"`
	Items  []inboxItem  `json:"items" nullable:"false"`
}

// inboxItem is one of them: of a coupling, a webshop or the installation.
type inboxItem struct {
	ID           string      `json:"id" doc:"Names it as long as its cause stands"`
	Webshop      string      `json:"webshop,omitempty" format:"uuid"`
	WebshopName  string      `json:"webshop_name,omitempty"`
	Coupling     string      `json:"coupling,omitempty" format:"uuid"`
	CouplingName string      `json:"coupling_name,omitempty"`
	Connector    string      `json:"connector,omitempty"`
	Count        int64       `json:"count"`
	Oldest       time.Time   `json:"oldest"`
	Newest       time.Time   `json:"newest"`
	Aged         bool        `json:"aged,omitempty" doc:"It waits for more than a week"`
	Kind         koppel.Kind `json:"kind,omitempty"`
	Detail       string      `json:"detail"`
	Next         string      `json:"next" doc:"The next step, with the exact command"`
	Handling     *handling   `json:"handling,omitempty"`
}

// handling is what people said about an item.
type handling struct {
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	SnoozedBy      string     `json:"snoozed_by,omitempty"`
	SnoozedUntil   *time.Time `json:"snoozed_until,omitempty"`
	Note           string     `json:"note,omitempty"`
	NotedBy        string     `json:"noted_by,omitempty"`
	NotedAt        *time.Time `json:"noted_at,omitempty"`
}

func showItem(i store.InboxItem, now time.Time) inboxItem {
	out := inboxItem{
		ID: i.ID, Webshop: text(i.WebshopUUID), WebshopName: text(i.WebshopName), Coupling: text(i.CouplingUUID), CouplingName: text(i.CouplingName),
		Connector: text(i.Connector), Count: i.Count, Oldest: i.Oldest, Newest: i.Newest, Aged: i.Aged(now), Kind: i.Kind, Detail: i.Detail,
		Next: i.NextStep(),
	}
	if i.InboxHandling != (store.InboxHandling{}) {
		out.Handling = &handling{
			AcknowledgedBy: text(i.AcknowledgedBy), AcknowledgedAt: i.AcknowledgedAt, SnoozedBy: text(i.SnoozedBy), SnoozedUntil: i.SnoozedUntil,
			Note: text(i.Note), NotedBy: text(i.NotedBy), NotedAt: i.NotedAt,
		}
	}
	return out
}

type inboxRequest struct {
	Webshop      string       `query:"webshop" format:"uuid"`
	Organisation string       `query:"organisation" format:"uuid"`
	Coupling     string       `query:"coupling" format:"uuid"`
	Cause        koppel.Cause `query:"cause" enum:"needs_reauth,permission,activation,failing,push_unknown,push_parked,cap,stop,proposal,suspect,review,parked,overdue,paused"`
	Owner        koppel.Owner `query:"owner" enum:"customer,vendor,us"`
	Handled      bool         `query:"handled" doc:"Show also what is acknowledged or put off"`
}

func (s *server) readInbox(ctx context.Context, who caller, in *inboxRequest) (pageBody[inboxGroup], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[inboxGroup]{}, err
	}
	if in.Organisation != "" {
		if scope, err = s.narrowTo(ctx, who, in.Webshop, in.Organisation); err != nil {
			return pageBody[inboxGroup]{}, err
		}
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[inboxGroup], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[inboxGroup]{}, err
			}
		}
		items, err := tx.Inbox(ctx, store.InboxFilter{Coupling: in.Coupling, Cause: in.Cause, Handled: in.Handled})
		return pageBody[inboxGroup]{Data: grouped(items, in.Owner, time.Now())}, err
	})
}

// narrowTo is the scope of an organisation, for keys of the installation.
func (s *server) narrowTo(ctx context.Context, who caller, webshop, organisation string) (store.Scope, error) {
	const op = "read inbox"
	switch {
	case webshop != "":
		return store.Scope{}, koppel.E(koppel.KindInvalidRequest, op, "name a webshop or an organisation, not both")
	case who.scope != store.AllWebshops():
		return store.Scope{}, koppel.E(koppel.KindPermission, op, "only a key of the installation reads the inbox of an organisation")
	}
	o, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Organisation, error) { return tx.Organisation(ctx, organisation) })
	return store.ForOrganisation(o.ID), err
}

// grouped puts items of one cause and owner together, in the order of causes.
func grouped(items []store.InboxItem, owner koppel.Owner, now time.Time) []inboxGroup {
	groups := []inboxGroup{}
	at := map[[2]string]int{}
	for _, i := range items {
		of := i.MustAct()
		if owner != "" && owner != of {
			continue
		}
		key := [2]string{string(i.Cause), string(of)}
		place, there := at[key]
		if !there {
			place, at[key] = len(groups), len(groups)
			groups = append(groups, inboxGroup{Cause: i.Cause, Owner: of, Title: i.Cause.Title(), Oldest: i.Oldest})
		}
		g := &groups[place]
		g.Items, g.Count = append(g.Items, showItem(i, now)), g.Count+i.Count
		if i.Oldest.Before(g.Oldest) {
			g.Oldest = i.Oldest
		}
	}
	return groups
}
