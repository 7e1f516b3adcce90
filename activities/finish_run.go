package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// FinishRun closes a run on what it can show: success needs every stream's end
// rule met and the remote's total read. Only such a run promotes cursors. A
// refused credential pauses the coupling.
func (a *Activities) FinishRun(ctx context.Context, in Finish) (Finished, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (Finished, error) {
		run, err := tx.RunByID(ctx, in.Run)
		if err != nil {
			return Finished{}, err
		}
		if run.State.Ended() {
			next, err := a.nextQueued(ctx, tx, run)
			return Finished{State: run.State, Next: next}, err
		}
		scans, err := tx.ScansOfRun(ctx, in.Run)
		if err != nil {
			return Finished{}, err
		}
		end := a.verdict(run, scans, in)
		if err := tx.FinishRun(ctx, end); err != nil {
			return Finished{}, err
		}
		if in.Failure != nil && in.Failure.Kind == koppel.KindAuth {
			if err := tx.PauseForAuth(ctx, run.CouplingID, in.Failure.Detail); err != nil {
				return Finished{}, err
			}
		}
		next, err := a.nextQueued(ctx, tx, run)
		return Finished{State: end.State, Next: next}, err
	})
}

// verdict weighs the evidence of a run.
func (a *Activities) verdict(run store.Run, scans []store.Scan, in Finish) store.RunEnd {
	end := store.RunEnd{Run: run.ID, State: koppel.RunSucceeded, Cursors: map[int64]time.Time{}, Complete: map[int64]int64{}}
	parked := int64(0)
	for _, scan := range scans {
		e := evidenceOf(run, scan)
		end.Evidence = append(end.Evidence, e)
		parked += scan.Counts.Parked
		if e.Missing != "" {
			end.State = koppel.RunSuspect
		}
	}
	if end.State == koppel.RunSucceeded && parked > 0 {
		end.State = koppel.RunSucceededWithParked
	}
	switch {
	case in.Cancelled:
		end.State = koppel.RunCancelled
	case in.Failure != nil:
		end.State = koppel.RunFailed
		advice := koppel.Advise(&koppel.Error{Kind: in.Failure.Kind, Detail: in.Failure.Detail}, run.CouplingUUID, run.UUID)
		end.Error = &advice
	}
	if end.State == koppel.RunSucceeded || end.State == koppel.RunSucceededWithParked {
		promote(run, scans, &end)
	}
	return end
}

// promote moves cursors to the start of what was read; the overlap is taken
// off when the cursor is used.
func promote(run store.Run, scans []store.Scan, end *store.RunEnd) {
	if run.Mode != koppel.ModeFull && run.Mode != koppel.ModeSince {
		return
	}
	for _, scan := range scans {
		end.Cursors[scan.StreamID] = scan.StartedAt
		if run.Mode == koppel.ModeFull && scan.Complete {
			end.Complete[scan.StreamID] = scan.ID
		}
	}
}

func evidenceOf(run store.Run, scan store.Scan) koppel.Evidence {
	e := koppel.Evidence{Stream: scan.Stream, EndRule: scan.EndRule, Complete: scan.Complete, Total: scan.Total, Read: scan.Counts.Records, Ignored: scan.Ignored}
	if !run.Mode.Scans() {
		return e
	}
	switch {
	case e.EndRule == "":
		e.Missing = "the end of the stream was not reached"
	case e.Total > e.Read:
		e.Missing = fmt.Sprintf("the remote counts %d records, %d were read", e.Total, e.Read)
	}
	return e
}

// nextQueued is the run that queued behind this one.
func (a *Activities) nextQueued(ctx context.Context, tx *store.Tx, run store.Run) (*Start, error) {
	if !run.Mode.Scans() {
		return nil, nil
	}
	next, found, err := tx.NextQueuedRun(ctx, run.CouplingID, run.StreamGroup)
	if err != nil || !found {
		return nil, err
	}
	start := StartOf(next)
	return &start, nil
}
