package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// takesOver reports whether a request may take a queued run over: where that reads what is asked for, or the other way round.
func takesOver(queued Run, n NewRun) bool {
	return queued.Mode == koppel.ModeFull || n.Mode == koppel.ModeFull || n.Mode == koppel.ModeSince && queued.Mode == koppel.ModeSince
}

// An activation looks for the runs of its steps by their trigger.
const takeOverSQL = `
UPDATE run SET mode = @mode, trigger = CASE WHEN trigger = 'activation' THEN trigger ELSE @trigger END,
       asked_by = CASE WHEN trigger = 'activation' THEN asked_by ELSE @asked_by END,
       window_from = CASE WHEN @mode = mode THEN window_from END, window_to = CASE WHEN @mode = mode THEN window_to END,
       window_by = CASE WHEN @mode = mode THEN window_by END
WHERE id = @id AND state = 'queued'`

// takeOver makes a queued run the one that is asked for: it reads what either of the two would.
func (tx *Tx) takeOver(ctx context.Context, op string, queued Run, n NewRun) (Run, error) {
	mode := n.Mode
	if queued.Mode == koppel.ModeFull {
		mode = koppel.ModeFull
	}
	changed, err := tx.exec(ctx, takeOverSQL, pgx.StrictNamedArgs{
		"id": queued.ID, "mode": string(mode), "trigger": string(n.Trigger), "asked_by": n.AskedBy,
	})
	if err != nil {
		return Run{}, wrap(op, err)
	}
	if changed == 0 {
		return Run{}, conflict(op, "run %s of %s has started just now; ask again to queue behind it, or watch it: koppel run watch %s", queued.UUID, n.StreamGroup, queued.UUID)
	}
	if err := tx.AppendTimeline(ctx, queued.ID, EventTakenOver, map[string]string{
		"by": n.AskedBy, "asked_for": string(n.Mode), "was": string(queued.Mode) + " by " + string(queued.Trigger),
	}); err != nil {
		return Run{}, wrap(op, err)
	}
	r, err := tx.Run(ctx, queued.UUID)
	return r, wrap(op, err)
}
