package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Attempt says whether a write may be attempted now.
type Attempt struct {
	Claim
	// Wait is how long the write must not be attempted, and Reason why; nothing was claimed when it is not zero.
	Wait   time.Duration
	Reason string
}

const (
	attemptSQL = `
SELECT o.state, o.operation, o.object, o.attempts, greatest(extract(epoch FROM o.due_at - clock_timestamp()), 0)::float8 AS seconds, o.began_at,
       o.webshop_id, o.coupling_id, c.connector
FROM outbox o JOIN coupling c ON c.id = o.coupling_id WHERE o.id = $1 FOR UPDATE OF o`
	settleBySQL = `UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => @settle) WHERE id = @id`
	holdBackSQL = `UPDATE outbox SET held = @why, held_at = CASE WHEN held = @why THEN held_at ELSE now() END WHERE id = @id`
)

// waitingWrite is a write that is looked at before it is claimed.
type waitingWrite struct {
	State      OutboxState
	Operation  string
	Object     koppel.Object
	Attempts   int32
	Seconds    float64
	BeganAt    *time.Time
	WebshopID  int64
	CouplingID int64
	Connector  string
}

// AttemptOutbox claims a write for an attempt of the run that has it in hand. It must wait while edits are gathered,
// while the request of an earlier attempt may still be carried out (settle after it began: until then the look-up
// could miss it), while a stop is in force, and while the webshop's cap of buy orders an hour is reached. A write that
// is done already is answered as it is.
func (tx *Tx) AttemptOutbox(ctx context.Context, id, run int64, settle time.Duration) (Attempt, error) {
	const op = "attempt outbox row"
	w, err := one[waitingWrite](ctx, tx, attemptSQL, id)
	if err != nil {
		return Attempt{}, wrap(op, err)
	}
	if w.State == OutboxSent || w.State == OutboxParked || w.State == OutboxDropped {
		o, err := tx.OutboxByID(ctx, id)
		return Attempt{Claim: Claim{Outbox: o}}, wrap(op, err)
	}
	if w.Seconds > 0 {
		reason := "an earlier attempt may still arrive"
		if w.State == OutboxPending {
			reason = "further edits are gathered"
			if w.Attempts > 0 {
				reason = "the remote has not ended what it took"
			}
		}
		return Attempt{Wait: time.Duration(w.Seconds * float64(time.Second)), Reason: reason}, nil
	}
	held, why, err := tx.heldBack(ctx, w)
	if err != nil {
		return Attempt{}, wrap(op, err)
	}
	if held.Wait > 0 {
		_, err := tx.exec(ctx, holdBackSQL, pgx.StrictNamedArgs{"id": id, "why": why})
		return held, wrap(op, err)
	}
	claim, err := tx.ClaimOutbox(ctx, id, run)
	if err != nil {
		return Attempt{}, wrap(op, err)
	}
	_, err = tx.exec(ctx, settleBySQL, pgx.StrictNamedArgs{"id": id, "settle": settle.Seconds()})
	return Attempt{Claim: claim}, wrap(op, err)
}

const (
	// One lock a webshop makes counting and beginning one thing.
	capLockSQL = `SELECT pg_advisory_xact_lock(hashtextextended('buy_order_cap', $1))`
	// The write that must be an hour old before another may begin is the oldest of the last so many.
	capSQL = `
SELECT w.buy_order_cap AS cap, coalesce(extract(epoch FROM b.began_at + interval '1 hour' - clock_timestamp()), 0)::float8 AS seconds
FROM webshop w LEFT JOIN LATERAL (
    SELECT began_at FROM outbox WHERE webshop_id = w.id AND object = 'buy_orders' AND operation = 'create' AND began_at > now() - interval '1 hour'
    ORDER BY began_at DESC OFFSET w.buy_order_cap - 1 LIMIT 1) b ON true
WHERE w.id = $1`
	// stopWait is how soon a held write looks whether its stop has ended, capWait how soon whether the cap was raised.
	stopWait = 30 * time.Second
	capWait  = 5 * time.Minute
)

// heldBack says whether a stop or the cap holds a write that is due, and which.
func (tx *Tx) heldBack(ctx context.Context, w waitingWrite) (Attempt, string, error) {
	stop, stopped, err := tx.stopOf(ctx, w.WebshopID, w.CouplingID, w.Connector)
	if err != nil {
		return Attempt{}, "", err
	}
	if stopped {
		return Attempt{Wait: stopWait, Reason: "pushes are stopped by " + stop.StoppedBy + ": " + stop.Reason}, "stop", nil
	}
	if w.BeganAt != nil || w.Object != koppel.BuyOrders || w.Operation != "create" {
		return Attempt{}, "", nil
	}
	if _, err := tx.exec(ctx, capLockSQL, w.WebshopID); err != nil {
		return Attempt{}, "", err
	}
	type row struct {
		Cap     int64
		Seconds float64
	}
	c, err := one[row](ctx, tx, capSQL, w.WebshopID)
	if err != nil || c.Seconds <= 0 {
		return Attempt{}, "", err
	}
	return Attempt{
		Wait:   min(time.Duration(c.Seconds*float64(time.Second))+time.Second, capWait),
		Reason: fmt.Sprintf("the webshop's cap of %d buy orders an hour is reached; it goes on by itself, or with a higher cap", c.Cap),
	}, "cap", nil
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
