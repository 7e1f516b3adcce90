package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// carryOut does what a person decided on a proposal: its records go, or come back.
func (d *deletions) carryOut(ctx, watched context.Context) error {
	proposal, err := store.With(ctx, d.Store, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) (store.Proposal, error) {
		return tx.Proposal(ctx, d.run.Keys.Proposal)
	})
	if err != nil {
		return err
	}
	end := koppel.ProposalApplied
	switch proposal.State {
	case koppel.ProposalApproved:
	case koppel.ProposalUndoing:
		end = koppel.ProposalUndone
	default:
		d.result.Done = true
		return nil
	}
	for {
		if d.pauses(watched) {
			return nil
		}
		list, err := store.With(ctx, d.Store, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) ([]store.Suspect, error) {
			return tx.ToDo(ctx, proposal, goneAtOnce)
		})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		b, ids := &store.Batch{}, make([]string, len(list))
		for i, s := range list {
			ids[i] = s.ID
			if end == koppel.ProposalUndone {
				b.Back = append(b.Back, s.ID)
			} else {
				b.Gone = append(b.Gone, s.Gone)
			}
		}
		if err := d.write(ctx, list[0].Stream, b); err != nil {
			return err
		}
		if err := d.Store.InTx(ctx, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) error {
			return tx.Did(ctx, proposal, list[0].Stream, ids)
		}); err != nil {
			return err
		}
	}
	d.result.Done = true
	return d.Store.InTx(ctx, store.ForWebshop(d.run.WebshopID), func(tx *store.Tx) error { return tx.EndProposal(ctx, proposal.ID, end) })
}
