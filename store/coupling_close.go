package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Leaves says that a coupling was removed, or is being so.
func (c Coupling) Leaves() string {
	if c.RemovedAt != nil {
		return "the coupling was removed on " + c.RemovedAt.UTC().Format(time.DateOnly) + "; make a new one: koppel coupling create"
	}
	return "the coupling is being removed, which cannot be undone; look: koppel coupling show " + c.UUID
}

const closingSQL = `
UPDATE coupling SET closing = @steps, closing_since = CASE WHEN @going THEN coalesce(closing_since, now()) END, remove_objects = @objects, updated_at = now()
WHERE id = @id`

// DisableCoupling switches a coupling off for a while: it becomes disabled and its pauses end at once, steps are what
// is left to do. Data, settings and credentials stay.
func (tx *Tx) DisableCoupling(ctx context.Context, id string, steps []koppel.Step) (Coupling, error) {
	const op = "disable coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.RemoveObjects != nil {
		return Coupling{}, conflict(op, "%s", c.Leaves())
	}
	return tx.close(ctx, op, c, steps)
}

// AskRemoval begins the end of a coupling: it is disabled at once where it was not, and takes the steps to its removal.
// Asked again, the removal goes on; what becomes of the objects stays as it was asked first.
func (tx *Tx) AskRemoval(ctx context.Context, id string, objects koppel.LeftObjects, steps []koppel.Step) (Coupling, error) {
	const op = "remove coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	switch {
	case err != nil:
		return Coupling{}, err
	case c.State == koppel.CouplingRemoved:
		return Coupling{}, conflict(op, "%s", c.Leaves())
	case c.RemoveObjects != nil:
		return c, nil
	case objects != koppel.KeepObjects && objects != koppel.DisableObjects:
		return Coupling{}, invalid(op, "objects %q is neither keep nor disable", objects)
	}
	c.RemoveObjects = &objects
	return tx.close(ctx, op, c, steps)
}

func (tx *Tx) close(ctx context.Context, op string, c Coupling, steps []koppel.Step) (Coupling, error) {
	if _, err := tx.move(ctx, op, c, koppel.CouplingDisabled, "", ""); err != nil {
		return Coupling{}, err
	}
	if _, err := tx.endPauses(ctx, c, ""); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.setClosing(ctx, op, c, steps)
}

func (tx *Tx) setClosing(ctx context.Context, op string, c Coupling, steps []koppel.Step) (Coupling, error) {
	going := slices.ContainsFunc(steps, func(s koppel.Step) bool {
		return s.State == koppel.StepPending || s.State == koppel.StepRunning
	})
	_, err := tx.exec(ctx, closingSQL, pgx.StrictNamedArgs{"id": c.ID, "steps": steps, "going": going, "objects": c.RemoveObjects})
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, c.UUID)
}

// NoteClosing keeps how a step of a disabling or removal stands. One that the coupling no longer takes, as it was
// activated meanwhile, is an error of kind conflict.
func (tx *Tx) NoteClosing(ctx context.Context, id string, step koppel.Step) (Coupling, error) {
	const op = "note step of closing"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	at := slices.IndexFunc(c.Closing, func(s koppel.Step) bool { return s.Name == step.Name })
	if at < 0 || c.ClosingSince == nil {
		return Coupling{}, conflict(op, "the coupling is %s and takes no step %s", describe(c), step.Name)
	}
	c.Closing[at] = step
	return tx.setClosing(ctx, op, c, c.Closing)
}

const (
	endClosingSQL = `UPDATE coupling SET closing_since = NULL, closing = '[]' WHERE id = $1 AND (closing_since IS NOT NULL OR closing <> '[]')`
	closingsSQL   = couplingSelect + ` WHERE c.closing_since IS NOT NULL ORDER BY c.id LIMIT $1`
)

// endClosing forgets a disabling, as the coupling is brought back.
func (tx *Tx) endClosing(ctx context.Context, c Coupling) error {
	_, err := tx.exec(ctx, endClosingSQL, c.ID)
	return err
}

// Closings lists couplings that are being disabled or removed: the sweep's work list, in the scope Queues.
func (tx *Tx) Closings(ctx context.Context, limit int) ([]Coupling, error) {
	list, err := many[Coupling](ctx, tx, closingsSQL, limit)
	return list, wrap("list couplings that are being closed", err)
}

const (
	dropCredentialOfSQL = `UPDATE coupling SET credential_id = NULL WHERE id = $1`
	dropSchedulesOfSQL  = `DELETE FROM schedule WHERE coupling_id = $1`
	dropTakeoverOfSQL   = `DELETE FROM takeover WHERE coupling_id = $1`
	shredSQL            = `DELETE FROM credential k WHERE k.id = $1 AND NOT EXISTS (SELECT FROM coupling c WHERE c.credential_id = k.id)`
)

const sharedCredentialSQL = `SELECT EXISTS (SELECT FROM coupling WHERE credential_id = $1 AND id <> $2)`

// SharesCredential reports whether another coupling uses the coupling's credential.
func (tx *Tx) SharesCredential(ctx context.Context, c Coupling) (shares bool, err error) {
	if c.CredentialID == nil {
		return false, nil
	}
	err = tx.tx.QueryRow(ctx, sharedCredentialSQL, *c.CredentialID, c.ID).Scan(&shares)
	return shares, wrap("find couplings of the credential", err)
}

// RemoveCoupling ends a coupling for good: draft or disabled → removed. Its schedules go, and its credential is
// shredded unless another coupling uses it.
func (tx *Tx) RemoveCoupling(ctx context.Context, id string) (Coupling, error) {
	const op = "remove coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	removed, err := tx.move(ctx, op, c, koppel.CouplingRemoved, "", "")
	if err != nil {
		return Coupling{}, err
	}
	for _, sql := range []string{dropSchedulesOfSQL, dropTakeoverOfSQL} {
		if _, err := tx.exec(ctx, sql, c.ID); err != nil {
			return Coupling{}, wrap(op, err)
		}
	}
	if c.CredentialID == nil {
		return removed, nil
	}
	if _, err := tx.exec(ctx, dropCredentialOfSQL, c.ID); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, shredSQL, *c.CredentialID); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, id)
}
