package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Pause is why a coupling stands still, or stood. Several may stand at once.
type Pause struct {
	ID        int64
	WebshopID int64
	// CouplingID and CouplingUUID are the coupling's inner and outside id.
	CouplingID   int64
	CouplingUUID string
	Owner        koppel.PauseOwner
	Reason       string
	Since        time.Time
	// EndedAt is nil while it stands.
	EndedAt *time.Time
}

// foremost is the order in which standing pauses are shown: what keeps data from flowing even when all others end.
var foremost = []koppel.PauseOwner{koppel.PausedByAuth, koppel.PausedByPerson, koppel.PausedByPolicy, koppel.PausedByQuota}

const pauseSelect = `
SELECT p.id, p.webshop_id, p.coupling_id, c.uuid AS coupling_uuid, p.owner, p.reason, p.since, p.ended_at
FROM coupling_pause p JOIN coupling c ON c.id = p.coupling_id`

const standingSQL = pauseSelect + ` WHERE p.coupling_id = $1 AND p.ended_at IS NULL ORDER BY p.id`

// Pauses are the pauses of a coupling, by its inner id, that stand now, the foremost first.
func (tx *Tx) Pauses(ctx context.Context, coupling int64) ([]Pause, error) {
	list, err := many[Pause](ctx, tx, standingSQL, coupling)
	slices.SortStableFunc(list, func(a, b Pause) int {
		return slices.Index(foremost, a.Owner) - slices.Index(foremost, b.Owner)
	})
	return list, wrap("list pauses", err)
}

const (
	addPauseSQL = `
INSERT INTO coupling_pause (webshop_id, coupling_id, owner, reason) VALUES (@webshop, @coupling, @owner, @reason)
ON CONFLICT (coupling_id, owner) WHERE ended_at IS NULL DO UPDATE SET reason = excluded.reason`
	endPauseSQL = `
UPDATE coupling_pause SET ended_at = now() WHERE coupling_id = @coupling AND ended_at IS NULL AND (@owner = '' OR owner = @owner)`
)

func (tx *Tx) addPause(ctx context.Context, c Coupling, owner koppel.PauseOwner, reason string) error {
	_, err := tx.exec(ctx, addPauseSQL, pgx.StrictNamedArgs{"webshop": c.WebshopID, "coupling": c.ID, "owner": string(owner), "reason": reason})
	return err
}

// endPauses ends the pause of an owner, or all pauses when it is "", and says how many those were.
func (tx *Tx) endPauses(ctx context.Context, c Coupling, owner koppel.PauseOwner) (int64, error) {
	return tx.exec(ctx, endPauseSQL, pgx.StrictNamedArgs{"coupling": c.ID, "owner": string(owner)})
}

// standStill takes a coupling to the state that its standing pauses make of it: without any it is active, or activating
// where an activation never ended.
func (tx *Tx) standStill(ctx context.Context, op string, c Coupling) (Coupling, error) {
	standing, err := tx.Pauses(ctx, c.ID)
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	switch {
	case len(standing) == 0 && c.unfinished():
		return tx.move(ctx, op, c, koppel.CouplingActivating, "", "")
	case len(standing) == 0:
		return tx.move(ctx, op, c, koppel.CouplingActive, "", "")
	}
	to := koppel.CouplingPaused
	if standing[0].Owner == koppel.PausedByAuth {
		to = koppel.CouplingNeedsReauth
	}
	return tx.move(ctx, op, c, to, standing[0].Owner, standing[0].Reason)
}

// unfinished reports whether the coupling's last activation did not come to its end.
func (c Coupling) unfinished() bool {
	return c.ActivatedAt == nil || slices.ContainsFunc(c.Steps, func(s koppel.Step) bool {
		return s.State != koppel.StepDone && s.State != koppel.StepSkipped
	})
}

const couplingsOfSQL = couplingSelect + ` WHERE c.credential_id = $1 AND c.state IN ('needs_reauth', 'paused') ORDER BY c.id`

// CredentialAccepted notes that the remote accepted a version of a credential, given by its inner id, and ends the
// pauses by auth of every coupling that uses it. It returns those couplings as they are now; what they missed is read
// by the next sweep.
func (tx *Tx) CredentialAccepted(ctx context.Context, id, version int64) ([]Coupling, error) {
	const op = "accept credential"
	if err := tx.CredentialTested(ctx, id, version); err != nil {
		return nil, err
	}
	waiting, err := many[Coupling](ctx, tx, couplingsOfSQL, id)
	if err != nil {
		return nil, wrap(op, err)
	}
	var resumed []Coupling
	for _, c := range waiting {
		after, err := tx.ResumeCoupling(ctx, c.UUID, koppel.PausedByAuth)
		if koppel.KindOf(err) == koppel.KindConflict {
			continue // paused, but not by auth
		}
		if err != nil {
			return nil, wrap(op, err)
		}
		resumed = append(resumed, after)
	}
	return resumed, nil
}

const (
	behindSQL = pauseSelect + `
WHERE p.owner IN ('auth', 'policy') AND p.ended_at IS NOT NULL AND p.caught_up_at IS NULL AND c.state = 'active' ORDER BY p.id LIMIT $1`
	caughtUpSQL   = `UPDATE coupling_pause SET caught_up_at = now() WHERE id = $1 AND caught_up_at IS NULL`
	lockBehindSQL = `SELECT id FROM coupling_pause WHERE id = $1 AND caught_up_at IS NULL FOR UPDATE`
)

// Behind lists couplings that are active again after a pause by auth or by policy and have not read yet what they missed.
func (tx *Tx) Behind(ctx context.Context, limit int) ([]Pause, error) {
	list, err := many[Pause](ctx, tx, behindSQL, limit)
	return list, wrap("list couplings that are behind", err)
}

// CatchUp opens a since-run of each group for what was missed during a pause, once: a group of which a run waits
// already needs none. workflowID names a run's workflow.
func (tx *Tx) CatchUp(ctx context.Context, p Pause, groups []string, workflowID func(group, run string) string) ([]Run, error) {
	const op = "catch up"
	var id int64
	if err := tx.tx.QueryRow(ctx, lockBehindSQL, p.ID).Scan(&id); errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, wrap(op, err)
	}
	why := "catching up: nothing was read from " + p.Since.UTC().Format(time.RFC3339) + " to " + p.EndedAt.UTC().Format(time.RFC3339)
	var opened []Run
	for _, group := range groups {
		run := NewID()
		o, err := tx.OpenRun(ctx, NewRun{
			UUID: run, Coupling: p.CouplingUUID, Direction: koppel.Pull, StreamGroup: group, Mode: koppel.ModeSince,
			Trigger: koppel.TriggerDependency, AskedBy: why, WorkflowID: workflowID(group, run),
		})
		if koppel.KindOf(err) == koppel.KindConflict {
			continue
		}
		if err != nil {
			return nil, wrap(op, err)
		}
		opened = append(opened, o.Run)
	}
	_, err := tx.exec(ctx, caughtUpSQL, p.ID)
	return opened, wrap(op, err)
}
