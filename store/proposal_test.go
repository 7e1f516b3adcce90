package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// many writes n products, p000 and so on.
func (r *reading) many(t *testing.T, n int) {
	t.Helper()
	var records []store.Record
	for i := range n {
		records = append(records, product(t, fmt.Sprintf("p%03d", i), 5, nil))
	}
	r.write(t, r.lease, records...)
}

// suspect says of records that they are gone, as a deleted feed does.
func (r *reading) suspect(t *testing.T, ticket int64, from, to int) {
	t.Helper()
	b := &store.Batch{Lease: r.lease, Total: -1}
	for i := from; i < to; i++ {
		b.Suspects = append(b.Suspects, store.Suspect{Stream: r.lease.Stream, Gone: store.Gone{ID: fmt.Sprintf("p%03d", i), Ticket: ticket, Reason: koppel.GoneFeed}})
	}
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func (r *reading) decide(t *testing.T) store.Decision {
	t.Helper()
	d, err := r.Engine.DecideDeletes(t.Context(), r.shop.ID, r.lease.Coupling, r.lease.Run, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// act takes what was decided for gone.
func (r *reading) act(t *testing.T, list []store.Suspect) {
	t.Helper()
	b := &store.Batch{Lease: r.lease, Total: -1}
	for _, s := range list {
		b.Gone = append(b.Gone, s.Gone)
	}
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

const disabledSQL = "SELECT count(*) FILTER (WHERE status = 'disabled') FROM product"

func TestTheDeleteBudgetIsOfADayAndACoupling(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.many(t, 300)
	r.suspect(t, 10, 0, 12)
	d := r.decide(t)
	if len(d.Gone) != 12 || d.Proposal != "" {
		t.Fatalf("12 of 300 are decided as %+v", d)
	}
	r.act(t, d.Gone)
	r.want(t, "12", disabledSQL)
	// With those of this day it is 16 of 300: more than 5 % and more than 10.
	r.suspect(t, 11, 12, 16)
	d = r.decide(t)
	if len(d.Gone) != 0 || d.Proposal == "" || d.Proposed != 4 {
		t.Fatalf("4 more are decided as %+v, want a proposal of 4", d)
	}
	r.want(t, "open|16 of 300 products within a day: more than 5 % and more than 10|4", "SELECT state, reason, (SELECT count(*) FROM proposal_item) FROM proposal")
	// A newer proof joins the proposal; a record that is read again leaves it.
	r.suspect(t, 12, 16, 18)
	if again := r.decide(t); again.Proposal != d.Proposal || again.Proposed != 6 {
		t.Errorf("two more are decided as %+v, want 6 in %s", again, d.Proposal)
	}
	r.write(t, r.lease, product(t, "p017", 20, map[string]any{"name": "back"}))
	seen := batchOf(r.lease)
	seen.Seen, seen.SeenTicket = []string{"p016"}, 21
	if _, err := r.Engine.WriteBatch(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	r.want(t, "p016\np017", "SELECT remote_id FROM proposal_item WHERE state = 'left' ORDER BY 1")
	r.want(t, "4", "SELECT count(*) FROM gone_suspect")
	r.want(t, "12", disabledSQL)
	// A day later the same ones fit, and the proposal is over.
	if _, err := r.owner.Exec(t.Context(), "UPDATE source SET gone_at = gone_at - interval '25 hours' WHERE gone_at IS NOT NULL"); err != nil {
		t.Fatal(err)
	}
	if d = r.decide(t); len(d.Gone) != 4 || d.Proposal != "" {
		t.Fatalf("a day later it is decided as %+v", d)
	}
	r.act(t, d.Gone)
	r.decide(t)
	r.want(t, "superseded", "SELECT state FROM proposal")
	r.want(t, "16", disabledSQL)
}

func TestMoreThanHalfOfASetIsProposed(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.many(t, 9)
	r.suspect(t, 10, 0, 4)
	if d := r.decide(t); len(d.Gone) != 4 {
		t.Errorf("4 of 9 are decided as %+v", d)
	}
	r.suspect(t, 10, 4, 5)
	if d := r.decide(t); d.Proposed != 5 || len(d.Gone) != 0 {
		t.Errorf("5 of 9 are decided as %+v, want a proposal", d)
	}
}

func TestAProposalIsAppliedUndoneAndRejected(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.many(t, 40)
	r.suspect(t, 10, 0, 30)
	d := r.decide(t)
	decided := func(what func(*store.Tx, context.Context, string, string) (store.Proposal, error)) store.Proposal {
		t.Helper()
		return in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Proposal, error) {
			return what(tx, ctx, d.Proposal, "Ada")
		})
	}
	carryOut := func(p store.Proposal) {
		t.Helper()
		for {
			list := in(t, r.Engine, r.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Suspect, error) { return tx.ToDo(ctx, p, 7) })
			if len(list) == 0 {
				return
			}
			b, ids := &store.Batch{Lease: r.lease, Total: -1}, []string{}
			for _, s := range list {
				ids = append(ids, s.ID)
				if p.State == koppel.ProposalUndoing {
					b.Back = append(b.Back, s.ID)
				} else {
					b.Gone = append(b.Gone, s.Gone)
				}
			}
			if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			in(t, r.Engine, r.scope(), func(ctx context.Context, tx *store.Tx) (int, error) {
				return 0, tx.Did(ctx, p, list[0].Stream, ids)
			})
		}
	}
	end := func(p store.Proposal, state koppel.ProposalState) {
		t.Helper()
		in(t, r.Engine, r.scope(), func(ctx context.Context, tx *store.Tx) (int, error) { return 0, tx.EndProposal(ctx, p.ID, state) })
	}
	approved := decided((*store.Tx).ApproveProposal)
	// While a run applies it, nothing of it is decided again.
	if again := r.decide(t); len(again.Gone) != 0 || again.Proposal != "" {
		t.Errorf("what was approved is decided again as %+v", again)
	}
	r.write(t, r.lease, product(t, "p000", 20, map[string]any{"name": "back"}))
	carryOut(approved)
	end(approved, koppel.ProposalApplied)
	r.want(t, "29", disabledSQL)
	r.want(t, "approved", "SELECT DISTINCT gone_reason FROM source WHERE gone_reason IS NOT NULL")
	if _, err := try(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Proposal, error) {
		return tx.RejectProposal(ctx, d.Proposal, "Ada")
	}); koppel.KindOf(err) != koppel.KindConflict {
		t.Errorf("an applied proposal can be rejected: %v", err)
	}
	undoing := decided((*store.Tx).UndoProposal)
	carryOut(undoing)
	end(undoing, koppel.ProposalUndone)
	r.want(t, "0", disabledSQL)
	p := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Proposal, error) { return tx.Proposal(ctx, d.Proposal) })
	if p.Undone != 29 || p.Left != 1 || p.DecidedBy != "Ada" {
		t.Errorf("the undone proposal reads %+v", p)
	}
	// What was brought back is not proposed again, nor what was rejected, until the remote shows it.
	r.suspect(t, 30, 1, 30)
	if again := r.decide(t); len(again.Gone) != 0 || again.Proposal != "" {
		t.Errorf("what was undone is decided again as %+v", again)
	}
	if _, err := r.owner.Exec(t.Context(), "DELETE FROM gone_suspect"); err != nil {
		t.Fatal(err)
	}
	r.suspect(t, 40, 1, 30)
	if d = r.decide(t); d.Proposed != 29 {
		t.Fatalf("decided as %+v", d)
	}
	decided((*store.Tx).RejectProposal)
	if again := r.decide(t); len(again.Gone) != 0 || again.Proposal != "" {
		t.Errorf("what was rejected is decided again as %+v", again)
	}
	r.want(t, "0", disabledSQL)
	items := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.ProposalItem], error) {
		p, err := tx.Proposal(ctx, d.Proposal)
		if err != nil {
			return store.Page[store.ProposalItem]{}, err
		}
		return tx.ProposalItems(ctx, p.ID, 10, "")
	})
	if len(items.Items) != 10 || items.Next == "" || *items.Items[0].Name != "Product p001" || items.Items[0].Stream != "products" {
		t.Errorf("items = %+v", items)
	}
}
