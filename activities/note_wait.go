package activities

import (
	"context"

	"github.com/koppel-io/koppel/store"
)

// NoteWait records that a run waits, why and until when.
func (a *Activities) NoteWait(ctx context.Context, in Pause) error {
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		return tx.WaitRun(ctx, in.Run, in.Reason, in.For)
	})
}
