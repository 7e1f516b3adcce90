package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// FinishRun closes a run on what it can show: success needs every stream's end
// rule met and the remote's total read, or every key of a single run found.
// Only such a run promotes cursors. References that met what they name only
// after both were written are resolved before. A refused credential stops the
// coupling until the customer gives a new one.
func (a *Activities) FinishRun(ctx context.Context, in Finish) (Finished, error) {
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	run, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Run, error) { return tx.Run(ctx, in.ID) })
	if err != nil {
		return Finished{}, err
	}
	wrote := run.Direction == koppel.Pull && run.Mode != koppel.ModeCompare
	if wrote && !run.State.Ended() {
		if _, err := a.Store.ResolveReferences(ctx, in.Webshop, run.CouplingID, run.ID); err != nil {
			return Finished{}, err
		}
	}
	if wrote {
		defer a.pushChanges(ctx, in.Webshop)
	}
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (Finished, error) {
		run, err := tx.Run(ctx, in.ID)
		if err != nil {
			return Finished{}, err
		}
		if !run.State.Ended() {
			if run, err = a.finish(ctx, tx, run, in); err != nil {
				return Finished{}, err
			}
		}
		if err := tx.DropRefetched(ctx, run); err != nil {
			return Finished{}, err
		}
		finished := Finished{State: run.State}
		if next, ok, err := tx.NextQueuedRun(ctx, run.CouplingID, run.StreamGroup); err != nil {
			return finished, err
		} else if ok && run.Mode.Scans() {
			start := StartOf(next)
			finished.Next = &start
		}
		return finished, nil
	})
}

func (a *Activities) finish(ctx context.Context, tx *store.Tx, run store.Run, in Finish) (store.Run, error) {
	scans, err := tx.Scans(ctx, run.UUID)
	if err != nil {
		return run, err
	}
	shown, err := evidences(ctx, tx, run, scans)
	if err != nil {
		return run, err
	}
	end, err := verdict(run, scans, shown, in)
	if err != nil {
		return run, err
	}
	if err := a.countSwept(ctx, tx, run, scans); err != nil {
		return run, err
	}
	run, err = tx.FinishRun(ctx, run.UUID, end)
	if err == nil && run.Direction == koppel.Push && end.Error != nil {
		err = tx.ParkLeftOver(ctx, run.ID, 4*a.Durations.RetryFor, *end.Error)
	}
	if err != nil || in.Failure == nil || in.Failure.Kind != koppel.KindAuth {
		return run, err
	}
	_, err = tx.NeedsReauth(ctx, run.CouplingUUID, in.Failure.Detail)
	if koppel.KindOf(err) == koppel.KindConflict {
		// Paused or stopped already; that reason stays.
		return run, nil
	}
	return run, err
}

// verdict weighs the evidence of a run.
func verdict(run store.Run, scans []store.Scan, shown []koppel.Evidence, in Finish) (store.Finish, error) {
	end := store.Finish{State: koppel.RunSucceeded, Evidence: shown}
	if run.Mode == koppel.ModeSingle && in.Failure == nil && !in.Cancelled {
		none, missing, said, err := unfound(run, scans)
		switch {
		case err != nil:
			return end, err
		case run.Refetches():
			// A record that a webhook or another record named may be gone again, or never have been ours.
		case none:
			in.Failure = &Failure{Kind: koppel.KindNotFound, Detail: "the remote knows none of these: " + missing}
			if said != "" {
				in.Failure.Detail += "; it says: " + said
			}
		case missing != "" && len(end.Evidence) > 0:
			end.Evidence[0].Missing = "the remote does not know " + missing
		}
	}
	for _, e := range end.Evidence {
		if e.Missing != "" {
			end.State = koppel.RunSuspect
		}
	}
	if end.State == koppel.RunSucceeded && run.Parked > 0 {
		end.State = koppel.RunSucceededWithParked
	}
	switch {
	case in.Cancelled:
		end.State = koppel.RunCancelled
	case in.Failure != nil:
		end.State = koppel.RunFailed
		advice := koppel.Advise(&koppel.Error{Kind: in.Failure.Kind, Detail: in.Failure.Detail, Next: in.Failure.Next}, run.CouplingUUID, run.UUID)
		end.Error = &advice
	case end.State != koppel.RunSuspect && (run.Mode == koppel.ModeFull || run.Mode == koppel.ModeSince):
		// The next incremental read starts where this one's reading began; the
		// manifest's overlap is taken off when the cursor is used.
		end.Cursors = map[string]time.Time{}
		for _, scan := range scans {
			end.Cursors[scan.Stream] = scan.StartedAt
		}
	}
	return end, nil
}
