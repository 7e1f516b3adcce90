package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// NoteWait records that a run waits, why and until when. A run that somebody
// ended meanwhile stays ended; its next slice notices. One that is held for
// the same reason still is no news.
func (a *Activities) NoteWait(ctx context.Context, in Pause) error {
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		var until time.Time
		if in.For > 0 {
			until = time.Now().Add(in.For)
		}
		run, err := tx.Run(ctx, in.ID)
		if err != nil {
			return err
		}
		if until.IsZero() && run.State == koppel.RunWaiting && run.WaitReason != nil && *run.WaitReason == in.Reason {
			return nil
		}
		_, err = tx.WaitRun(ctx, in.ID, in.Reason, until)
		if koppel.KindOf(err) == koppel.KindConflict {
			return nil
		}
		return err
	})
}

// resume takes a waiting run back to running, when a slice begins.
func (a *Activities) resume(ctx context.Context, p *pinned) error {
	if p.run.State != koppel.RunWaiting {
		return nil
	}
	return a.Store.InTx(ctx, store.ForWebshop(p.run.WebshopID), func(tx *store.Tx) error {
		_, err := tx.ResumeRun(ctx, p.run.UUID)
		return err
	})
}
