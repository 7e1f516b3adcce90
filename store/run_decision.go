package store

import (
	"context"

	"github.com/koppel-io/koppel"
)

const (
	acceptRunSQL = `
UPDATE run SET state = $2, accepted = true, decided_at = now(), decided_by = $3 WHERE id = $1`
	rejectRunSQL       = `UPDATE run SET accepted = false, decided_at = now(), decided_by = $2 WHERE id = $1`
	decidedRunSQL      = `SELECT accepted IS NOT NULL FROM run WHERE id = $1`
	promoteAcceptedSQL = `
UPDATE stream st SET cursor_at = greatest(st.cursor_at, s.started_at) FROM scan s
WHERE s.run_id = $1 AND st.id = s.stream_id AND s.ended_at IS NOT NULL`
)

// The events of a person's decision on a suspect run.
const (
	EventAccepted = "accepted"
	EventRejected = "rejected"
)

// AcceptRun makes a suspect scan green on a person's word: the cursors that it held back are promoted, and its counts
// are part of what is usual from now on, so that the next complete read may act on what is missing.
func (tx *Tx) AcceptRun(ctx context.Context, id, by string) (Run, error) {
	return tx.decideRun(ctx, "accept run", id, func(r Run) error {
		state := koppel.RunSucceeded
		if r.Parked > 0 {
			state = koppel.RunSucceededWithParked
		}
		if _, err := tx.exec(ctx, acceptRunSQL, r.ID, string(state), by); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, promoteAcceptedSQL, r.ID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, completeScansSQL, r.ID); err != nil {
			return err
		}
		return tx.AppendTimeline(ctx, r.ID, EventAccepted, map[string]string{"by": by})
	})
}

// RejectRun notes that a person looked at a suspect scan and does not take it: nothing is promoted.
func (tx *Tx) RejectRun(ctx context.Context, id, by string) (Run, error) {
	return tx.decideRun(ctx, "reject run", id, func(r Run) error {
		if _, err := tx.exec(ctx, rejectRunSQL, r.ID, by); err != nil {
			return err
		}
		return tx.AppendTimeline(ctx, r.ID, EventRejected, map[string]string{"by": by})
	})
}

func (tx *Tx) decideRun(ctx context.Context, op, id string, decide func(Run) error) (Run, error) {
	return tx.changeRun(ctx, op, id, func(r Run) error {
		if r.State != koppel.RunSuspect || r.Mode != koppel.ModeFull && r.Mode != koppel.ModeSince {
			return conflict(op, "the run is a %s run and %s; only suspect full and since runs are decided on", r.Mode, r.State)
		}
		var decided bool
		if err := tx.tx.QueryRow(ctx, decidedRunSQL, r.ID).Scan(&decided); err != nil {
			return err
		}
		if decided {
			return conflict(op, "the run was rejected already; read again: koppel sync %s %s --mode full", r.CouplingUUID, r.StreamGroup)
		}
		return decide(r)
	})
}
