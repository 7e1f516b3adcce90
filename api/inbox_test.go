package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// inboxItem is the first item of a cause in a webshop's inbox.
func (s *site) inboxItem(t *testing.T, shop store.Webshop, cause koppel.Cause) store.InboxItem {
	t.Helper()
	items := do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) ([]store.InboxItem, error) {
		return tx.Inbox(ctx, store.InboxFilter{Cause: cause})
	})
	if len(items) == 0 {
		t.Fatalf("the inbox of webshop %s is empty", shop.Name)
	}
	return items[0]
}

func (s *site) inbox(t *testing.T, key, query string) map[koppel.Cause]inboxGroup {
	t.Helper()
	groups := map[koppel.Cause]inboxGroup{}
	for _, g := range want[pageBody[inboxGroup]](t, s.ask(t, key, http.MethodGet, v1+"/inbox"+query, nil), http.StatusOK).Data {
		if _, twice := groups[g.Cause]; twice {
			t.Errorf("cause %s comes twice", g.Cause)
		}
		groups[g.Cause] = g
	}
	return groups
}

func TestInboxGathersWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if got := s.inbox(t, s.mine, ""); len(got) != 0 {
		t.Fatalf("the inbox of a quiet webshop has %+v", got)
	}
	s.read(t, s.coupling, koppel.Suppliers, supplierRecord(t, "1"))
	bad := func(id, field string) store.Record {
		return store.Record{ID: id, Ticket: 9, Raw: []byte(`{"price":"x"}`), Parked: []store.Parked{{Kind: koppel.KindMapping, Field: field, Expression: field + "()", Reason: "x is no " + field, Object: koppel.Products}}}
	}
	run := s.run(t, s.coupling, koppel.Products)
	s.write(t, run, "products", productRecord(t, "1"), bad("2", "price"), bad("3", "price"), bad("4", "weight"),
		store.Record{ID: "5", Ticket: 9, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindConflict, Field: "sku_code", Input: "x", Reason: "two have it", Object: koppel.Products}}})
	s.proposal(t, run, "1")
	s.finish(t, run, store.Finish{State: koppel.RunSuspect})
	failed := s.run(t, s.coupling, koppel.SellOrders)
	advice := koppel.Advise(koppel.E(koppel.KindPermission, "read", "the key lacks read on orders"), s.coupling.UUID, failed.UUID)
	s.finish(t, failed, store.Finish{State: koppel.RunFailed, Error: &advice})
	do(t, s, store.ForWebshop(s.shop.ID), func(ctx context.Context, tx *store.Tx) (store.PushStop, error) {
		return tx.StopPushes(ctx, store.NewPushStop{Coupling: s.coupling.UUID, Reason: "stock taking", By: "test"})
	})
	got := s.inbox(t, s.mine, "")
	for cause, check := range map[koppel.Cause]struct {
		owner koppel.Owner
		items int
		count int64
		next  string
	}{
		koppel.CauseParked:     {koppel.OwnerUs, 2, 3, "koppel parked list --coupling " + s.coupling.UUID},
		koppel.CauseReview:     {koppel.OwnerUs, 1, 1, "koppel review list --coupling " + s.coupling.UUID},
		koppel.CauseSuspect:    {koppel.OwnerUs, 1, 1, "koppel run show " + run.UUID},
		koppel.CausePermission: {koppel.OwnerCustomer, 1, 1, "koppel coupling check " + s.coupling.UUID},
		koppel.CauseStop:       {koppel.OwnerUs, 1, 0, "koppel push resume --coupling " + s.coupling.UUID},
		koppel.CauseProposal:   {koppel.OwnerUs, 1, 1, "koppel proposal show "},
	} {
		g := got[cause]
		if g.Owner != check.owner || len(g.Items) != check.items || g.Count != check.count || g.Title == "" || g.Oldest.IsZero() {
			t.Errorf("%s: %+v, want %+v", cause, g, check)
			continue
		}
		for _, i := range g.Items {
			if !strings.Contains(i.Next, check.next) || i.Coupling != s.coupling.UUID || i.WebshopName != "one" || i.Detail == "" {
				t.Errorf("%s: item %+v, want the next step %q", cause, i, check.next)
			}
		}
	}
	if len(got) != 6 {
		t.Errorf("the inbox has %d causes: %+v", len(got), got)
	}
	if theirs := s.inbox(t, s.theirs, ""); len(theirs) != 0 {
		t.Errorf("another webshop sees %+v", theirs)
	}
	if customers := s.inbox(t, s.mine, "?owner=customer"); len(customers) != 1 || customers[koppel.CausePermission].Count != 1 {
		t.Errorf("for the customer: %+v", customers)
	}
	organisation := *do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Webshop, error) { return tx.Webshop(ctx, s.shop.UUID) }).OrganisationUUID
	if all := s.inbox(t, s.root, "?organisation="+organisation); len(all) != 6 {
		t.Errorf("the organisation's inbox has %+v", all)
	}
	refused(t, s.ask(t, s.mine, http.MethodGet, v1+"/inbox?organisation="+organisation, nil), http.StatusForbidden, koppel.KindPermission)
}

func TestInboxItemsAreHandled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	park := func(id string) {
		run := s.run(t, s.coupling, koppel.Products)
		s.write(t, run, "products", store.Record{ID: id, Ticket: 9, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindMapping, Field: "price", Reason: "no price", Object: koppel.Products}}})
		s.finish(t, run, store.Finish{State: koppel.RunSucceededWithParked})
	}
	park("1")
	item := s.inbox(t, s.mine, "")[koppel.CauseParked].Items[0]
	at := v1 + "/inbox/" + item.ID
	done := want[inboxItem](t, s.ask(t, s.mine, http.MethodPost, at+"/acknowledge", map[string]any{"note": "asked the customer"}), http.StatusOK)
	if h := done.Handling; h == nil || h.AcknowledgedAt == nil || !strings.Contains(h.AcknowledgedBy, "mine") || h.Note != "asked the customer" {
		t.Errorf("acknowledged: %+v", done.Handling)
	}
	if got := s.action(t, item.ID); got != "inbox.acknowledge" {
		t.Errorf("the audit log says %q", got)
	}
	if got := s.inbox(t, s.mine, ""); len(got) != 0 {
		t.Errorf("an acknowledged item is shown: %+v", got)
	}
	if got := s.inbox(t, s.mine, "?handled=true")[koppel.CauseParked]; len(got.Items) != 1 || got.Items[0].Handling == nil {
		t.Errorf("with handled ones: %+v", got)
	}
	// More of it shows it again.
	park("2")
	if got := s.inbox(t, s.mine, "")[koppel.CauseParked]; got.Count != 2 || got.Items[0].ID != item.ID {
		t.Errorf("after one more: %+v", got)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, at+"/snooze", map[string]any{"until": "2001-01-01T00:00:00Z"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	until := time.Now().Add(time.Hour)
	want[inboxItem](t, s.ask(t, s.mine, http.MethodPost, at+"/snooze", map[string]any{"until": until}), http.StatusOK)
	park("3")
	if got := s.inbox(t, s.mine, ""); len(got) != 0 {
		t.Errorf("what is put off is shown: %+v", got)
	}
	noted := want[inboxItem](t, s.ask(t, s.mine, http.MethodPost, at+"/note", map[string]any{"note": "vendor ticket 12"}), http.StatusOK)
	if noted.Handling.Note != "vendor ticket 12" || noted.Handling.SnoozedUntil == nil {
		t.Errorf("noted: %+v", noted.Handling)
	}
	open := want[inboxItem](t, s.ask(t, s.mine, http.MethodPost, at+"/reopen", nil), http.StatusOK)
	if open.Handling == nil || open.Handling.AcknowledgedAt != nil || open.Handling.SnoozedUntil != nil || open.Handling.Note == "" {
		t.Errorf("reopened: %+v", open.Handling)
	}
	if got := s.inbox(t, s.mine, "")[koppel.CauseParked]; got.Count != 3 {
		t.Errorf("after reopening: %+v", got)
	}
	refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/inbox/0123456789ab/reopen", nil), http.StatusNotFound, koppel.KindNotFound)
}
