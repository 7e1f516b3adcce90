package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const startRunSQL = `
UPDATE run r SET state = 'running', started_at = clock_timestamp(), workflow_id = @workflow,
       connector_version_id = coalesce(c.connector_version_id, k.current_version_id),
       settings = c.settings, settings_version = c.settings_version, remote_version = c.remote_version,
       overrides = ARRAY(SELECT o.id FROM (` + inForceSQL + `) o WHERE o.source <> '' ORDER BY o.coupling_id NULLS FIRST)
FROM coupling c JOIN connector k ON k.name = c.connector
WHERE r.id = @id AND c.id = r.coupling_id
RETURNING r.connector_version_id`

// StartRun takes a run from queued to running and pins the connector version, overrides, settings and remote version it works
// with from here on. The workflow that started it may ask again and gets the run as it is.
func (tx *Tx) StartRun(ctx context.Context, id, workflow string) (Run, error) {
	const op = "start run"
	r, err := tx.lockRun(ctx, op, id)
	if err != nil {
		return Run{}, err
	}
	switch {
	case r.State.Ended():
		return Run{}, conflict(op, "the run has ended as %s", r.State)
	case r.State != koppel.RunQueued && r.WorkflowID == workflow:
		return r, nil
	case r.State != koppel.RunQueued:
		return Run{}, conflict(op, "the run is %s in workflow %s", r.State, r.WorkflowID)
	}
	var version *int64
	err = tx.tx.QueryRow(ctx, startRunSQL, pgx.StrictNamedArgs{"id": r.ID, "workflow": workflow}).Scan(&version)
	if constraintOf(err) == "run_one_active_scan" {
		return Run{}, conflict(op, "another run of %s is active; this one starts after it", r.StreamGroup)
	}
	if err != nil {
		return Run{}, wrap(op, err)
	}
	if version == nil {
		return Run{}, conflict(op, "connector %s has no published version; publish one: koppel connector publish", r.Connector)
	}
	if err := tx.AppendTimeline(ctx, r.ID, EventStarted, map[string]int64{"connector_version_id": *version}); err != nil {
		return Run{}, wrap(op, err)
	}
	return tx.Run(ctx, id)
}

const waitRunSQL = `UPDATE run SET state = 'waiting', wait_reason = @reason, wait_until = @until WHERE id = @id`

// WaitRun takes a run from running to waiting, with the reason in words and until when.
func (tx *Tx) WaitRun(ctx context.Context, id, reason string, until time.Time) (Run, error) {
	const op = "let run wait"
	return tx.changeRun(ctx, op, id, func(r Run) error {
		if r.State != koppel.RunRunning && r.State != koppel.RunWaiting {
			return conflict(op, "the run is %s, not running", r.State)
		}
		if _, err := tx.exec(ctx, waitRunSQL, pgx.StrictNamedArgs{"id": r.ID, "reason": reason, "until": timeOrNull(until)}); err != nil {
			return err
		}
		return tx.AppendTimeline(ctx, r.ID, EventWaiting, map[string]any{"reason": reason, "until": timeOrNull(until)})
	})
}

const resumeRunSQL = `UPDATE run SET state = 'running', wait_reason = NULL, wait_until = NULL WHERE id = $1`

// ResumeRun takes a run from waiting back to running; a running one stays as it is.
func (tx *Tx) ResumeRun(ctx context.Context, id string) (Run, error) {
	const op = "resume run"
	return tx.changeRun(ctx, op, id, func(r Run) error {
		switch r.State {
		case koppel.RunRunning:
			return nil
		case koppel.RunWaiting:
		default:
			return conflict(op, "the run is %s, not waiting", r.State)
		}
		if _, err := tx.exec(ctx, resumeRunSQL, r.ID); err != nil {
			return err
		}
		return tx.AppendTimeline(ctx, r.ID, EventResumed, nil)
	})
}

// Finish is how a run ended. State is required, and Error with state failed.
type Finish struct {
	State    koppel.RunState
	Evidence []koppel.Evidence
	Error    *koppel.Advice
	// Cursors are promoted with the end of a run that succeeded: stream → where the next incremental read starts.
	Cursors map[string]time.Time
}

const (
	finishRunSQL = `
UPDATE run SET state = @state, evidence = @evidence, error = @error, finished_at = clock_timestamp(),
       started_at = coalesce(started_at, clock_timestamp()), wait_reason = NULL, wait_until = NULL
WHERE id = @id`
	promoteCursorSQL = `UPDATE stream SET cursor_at = @at WHERE coupling_id = @coupling AND name = @stream`
	completeScansSQL = `
UPDATE stream st SET complete_scan_id = s.id, complete_at = coalesce(s.ended_at, clock_timestamp())
FROM scan s WHERE s.run_id = $1 AND s.complete AND st.id = s.stream_id`
	// A full read covers what the setting history_from lets it read, or everything.
	coverSQL = `
UPDATE stream st SET covered_from = CASE r.mode
    WHEN 'history' THEN least(coalesce(st.covered_from, s.since), s.since)
    ELSE coalesce((nullif(r.settings->>'history_from', '') || 'T00:00:00Z')::timestamptz, '0001-01-01T00:00:00Z') END
FROM scan s JOIN run r ON r.id = s.run_id WHERE s.run_id = $1 AND st.id = s.stream_id`
	// A full read says where the remote's keys end, also when it began to count anew.
	promoteKeysSQL = `UPDATE stream st SET cursor = s.cursor FROM scan s WHERE s.run_id = $1 AND s.cursor IS NOT NULL AND st.id = s.stream_id`
)

// FinishRun ends a run. When it succeeded, cursors are promoted and complete scans become the streams' last complete
// ones in the same transaction. Ending it again in the same state changes nothing.
func (tx *Tx) FinishRun(ctx context.Context, id string, f Finish) (Run, error) {
	const op = "finish run"
	succeeded := f.State == koppel.RunSucceeded || f.State == koppel.RunSucceededWithParked
	switch {
	case !f.State.Ended() || f.State == "":
		return Run{}, invalid(op, "state %q is no end of a run", f.State)
	case len(f.Cursors) > 0 && !succeeded:
		return Run{}, invalid(op, "a run that ends as %s promotes no cursor", f.State)
	case f.State == koppel.RunFailed && f.Error == nil:
		return Run{}, invalid(op, "a run that failed needs its error")
	}
	if f.Evidence == nil {
		f.Evidence = []koppel.Evidence{}
	}
	return tx.changeRun(ctx, op, id, func(r Run) error {
		switch {
		case r.State == f.State:
			return nil
		case r.State.Ended():
			return conflict(op, "the run has ended as %s already", r.State)
		}
		if _, err := tx.exec(ctx, finishRunSQL, pgx.StrictNamedArgs{
			"id": r.ID, "state": string(f.State), "evidence": f.Evidence, "error": f.Error,
		}); err != nil {
			return err
		}
		if succeeded {
			if err := tx.promote(ctx, op, r, f.Cursors); err != nil {
				return err
			}
		}
		data := map[string]any{"state": f.State}
		if f.Error != nil {
			data["kind"], data["detail"] = f.Error.Kind, f.Error.Detail
		}
		return tx.AppendTimeline(ctx, r.ID, EventFinished, data)
	})
}

func (tx *Tx) promote(ctx context.Context, op string, r Run, cursors map[string]time.Time) error {
	for stream, at := range cursors {
		n, err := tx.exec(ctx, promoteCursorSQL, pgx.StrictNamedArgs{"coupling": r.CouplingID, "stream": stream, "at": timeOrNull(at)})
		if err != nil {
			return err
		}
		if n == 0 {
			return invalid(op, "the coupling has no stream %q whose cursor could be promoted", stream)
		}
	}
	if r.Mode == koppel.ModeFull {
		if _, err := tx.exec(ctx, promoteKeysSQL, r.ID); err != nil {
			return err
		}
	}
	if r.Mode == koppel.ModeFull || r.Mode == koppel.ModeHistory {
		if _, err := tx.exec(ctx, coverSQL, r.ID); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, completeScansSQL, r.ID)
	return err
}

// CancelRun ends a run as cancelled, whoever asked, from any state before its end. A workflow that works on it must
// be cancelled besides. Cancelling it again changes nothing.
func (tx *Tx) CancelRun(ctx context.Context, id, by string) (Run, error) {
	const op = "cancel run"
	return tx.changeRun(ctx, op, id, func(r Run) error {
		switch {
		case r.State == koppel.RunCancelled:
			return nil
		case r.State.Ended():
			return conflict(op, "the run has ended as %s already", r.State)
		}
		if _, err := tx.exec(ctx, finishRunSQL, pgx.StrictNamedArgs{
			"id": r.ID, "state": string(koppel.RunCancelled), "evidence": r.Evidence, "error": r.Error,
		}); err != nil {
			return err
		}
		return tx.AppendTimeline(ctx, r.ID, EventCancelled, map[string]string{"by": by})
	})
}

// changeRun locks a run, changes it and reads it back.
func (tx *Tx) changeRun(ctx context.Context, op, id string, change func(Run) error) (Run, error) {
	r, err := tx.lockRun(ctx, op, id)
	if err != nil {
		return Run{}, err
	}
	if err := change(r); err != nil {
		return Run{}, wrap(op, err)
	}
	return tx.Run(ctx, id)
}
