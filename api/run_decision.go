package api

import (
	"context"

	"github.com/koppel-io/koppel/store"
)

func (s *server) acceptRun(ctx context.Context, who caller, in *ByID) (run, error) {
	return s.decideRun(ctx, who, in.ID, "run.accept", (*store.Tx).AcceptRun)
}

func (s *server) rejectRun(ctx context.Context, who caller, in *ByID) (run, error) {
	return s.decideRun(ctx, who, in.ID, "run.reject", (*store.Tx).RejectRun)
}

// decideRun notes what a person decided on a suspect run.
func (s *server) decideRun(ctx context.Context, who caller, id, action string, decide func(*store.Tx, context.Context, string, string) (store.Run, error)) (run, error) {
	r, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Run, error) { return tx.Run(ctx, id) })
	if err != nil {
		return run{}, err
	}
	err = s.Store.InTx(ctx, store.ForWebshop(r.WebshopID), func(tx *store.Tx) error {
		after, err := decide(tx, ctx, id, who.name())
		if err != nil {
			return err
		}
		return audit(ctx, tx, who, action, r.UUID, r.State, after.State)
	})
	if err != nil {
		return run{}, err
	}
	return s.wholeRun(ctx, who.scope, id)
}
