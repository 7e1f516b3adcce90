package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Attempt says whether a write may be attempted now.
type Attempt struct {
	Claim
	// Wait is how long an earlier attempt may still be on its way; nothing was claimed when it is not zero.
	Wait time.Duration
}

const (
	attemptSQL = `
SELECT state, greatest(extract(epoch FROM due_at - clock_timestamp()), 0)::float8 FROM outbox WHERE id = $1 FOR UPDATE`
	settleBySQL = `UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => @settle) WHERE id = @id`
)

// AttemptOutbox claims a write for an attempt of the run that has it in hand. The request of an earlier attempt that
// nobody heard of again may still be carried out for as long as settle after it began: until then the look-up could
// miss it, so the answer is to wait. A write that is done already is answered as it is.
func (tx *Tx) AttemptOutbox(ctx context.Context, id, run int64, settle time.Duration) (Attempt, error) {
	const op = "attempt outbox row"
	var state OutboxState
	var seconds float64
	if err := tx.tx.QueryRow(ctx, attemptSQL, id).Scan(&state, &seconds); err != nil {
		return Attempt{}, wrap(op, err)
	}
	switch {
	case state == OutboxSent || state == OutboxParked:
		o, err := tx.OutboxByID(ctx, id)
		return Attempt{Claim: Claim{Outbox: o}}, wrap(op, err)
	case state != OutboxPending && seconds > 0:
		return Attempt{Wait: time.Duration(seconds * float64(time.Second))}, nil
	}
	claim, err := tx.ClaimOutbox(ctx, id, run)
	if err != nil {
		return Attempt{}, wrap(op, err)
	}
	_, err = tx.exec(ctx, settleBySQL, pgx.StrictNamedArgs{"id": id, "settle": settle.Seconds()})
	return Attempt{Claim: claim}, wrap(op, err)
}

// OpenPush opens the run of a write that nobody has in hand and puts the write into its hands.
func (tx *Tx) OpenPush(ctx context.Context, o Outbox, trigger koppel.Trigger, by string) (Run, error) {
	opened, err := tx.OpenRun(ctx, NewRun{
		Coupling: o.CouplingUUID, Direction: koppel.Push, StreamGroup: string(o.Object), Mode: koppel.ModePush,
		Trigger: trigger, AskedBy: by, WorkflowID: koppel.PushWorkflowID(o.UUID), Keys: RunKeys{OutboxID: o.ID},
	})
	if err != nil {
		return Run{}, err
	}
	return opened.Run, tx.AttachOutbox(ctx, o.ID, opened.Run.ID)
}
