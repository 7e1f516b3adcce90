package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// PushQueue is what waits to be written to one coupling of one kind.
type PushQueue struct {
	WebshopID    int64
	CouplingUUID string
	Object       koppel.Object
}

const pushQueuesSQL = `
SELECT DISTINCT o.webshop_id, c.uuid AS coupling_uuid, o.object FROM outbox o JOIN coupling c ON c.id = o.coupling_id
WHERE o.object <> 'buy_orders' AND o.state IN ('pending', 'unknown', 'sending') AND c.state = 'active'
  AND o.due_at <= clock_timestamp() + make_interval(secs => @ahead) AND (@webshop = 0 OR o.webshop_id = @webshop)
  AND NOT EXISTS (SELECT FROM run r WHERE r.coupling_id = c.id AND r.stream_group = o.object AND r.mode = 'push' AND r.state IN ('queued', 'running', 'waiting'))
ORDER BY 1, 2, 3 LIMIT @limit`

// PushQueues lists what is due, or will be before long, and no run has in hand: of a webshop, or in the scope Queues of
// all (0).
func (tx *Tx) PushQueues(ctx context.Context, webshop int64, ahead time.Duration, limit int) ([]PushQueue, error) {
	list, err := many[PushQueue](ctx, tx, pushQueuesSQL, pgx.StrictNamedArgs{"webshop": webshop, "ahead": ahead.Seconds(), "limit": pageSize(limit)})
	return list, wrap("list queues of pushes", err)
}

const openPushesSQL = runSelect + `
WHERE r.coupling_id = @coupling AND r.stream_group = @object AND r.mode = 'push' AND r.state IN ('queued', 'running', 'waiting') LIMIT 1`

// OpenPushes opens the run that writes everything of a kind that is due to a coupling; nil when one is at it.
func (tx *Tx) OpenPushes(ctx context.Context, q PushQueue, trigger koppel.Trigger, by string) (*Run, error) {
	const op = "open run of pushes"
	c, err := tx.lockCoupling(ctx, op, q.CouplingUUID)
	if err != nil {
		return nil, err
	}
	open, err := many[Run](ctx, tx, openPushesSQL, pgx.StrictNamedArgs{"coupling": c.ID, "object": string(q.Object)})
	if err != nil || len(open) > 0 {
		return nil, wrap(op, err)
	}
	opened, err := tx.OpenRun(ctx, NewRun{
		Coupling: c.UUID, Direction: koppel.Push, StreamGroup: string(q.Object), Mode: koppel.ModePush,
		Trigger: trigger, AskedBy: by, WorkflowID: koppel.PushesWorkflowID(c.UUID, q.Object),
	})
	if err != nil {
		return nil, err
	}
	return &opened.Run, nil
}

const (
	takeOutboxSQL = `
WITH due AS (
    SELECT id FROM outbox WHERE coupling_id = @coupling AND object = @object AND object <> 'buy_orders' AND state IN ('pending', 'unknown', 'sending')
    AND due_at <= clock_timestamp() ORDER BY due_at, id LIMIT @limit FOR UPDATE SKIP LOCKED)
UPDATE outbox o SET run_id = @run FROM due WHERE o.id = due.id RETURNING o.id`
	holdQueueSQL = `
UPDATE outbox SET held = 'stop', held_at = coalesce(CASE WHEN held = 'stop' THEN held_at END, now())
WHERE coupling_id = @coupling AND object = @object AND state IN ('pending', 'unknown', 'sending') AND due_at <= clock_timestamp() AND held IS DISTINCT FROM 'stop'`
	nextDueSQL = `
SELECT greatest(extract(epoch FROM min(due_at) - clock_timestamp()), 0)::float8 AS seconds FROM outbox
WHERE coupling_id = @coupling AND object = @object AND state IN ('pending', 'unknown', 'sending') HAVING count(*) > 0`
)

// PushesDue is what of a queue a run takes in hand.
type PushesDue struct {
	// IDs are the rows, the longest due first.
	IDs []int64
	// Wait is how long until there is something to do, and Reason why not now; zero when there is something, or when
	// nothing is left.
	Wait   time.Duration
	Reason string
}

// TakeOutbox puts the rows of a run's queue that are due into its hands, at most limit of them. While a stop is in force
// it takes none, and says on each that it is held.
func (tx *Tx) TakeOutbox(ctx context.Context, run Run, limit int) (PushesDue, error) {
	const op = "take outbox rows"
	args := pgx.StrictNamedArgs{"coupling": run.CouplingID, "object": run.StreamGroup}
	stop, stopped, err := tx.stopOf(ctx, run.WebshopID, run.CouplingID, run.Connector)
	if err != nil {
		return PushesDue{}, wrap(op, err)
	}
	if stopped {
		_, err := tx.exec(ctx, holdQueueSQL, args)
		return PushesDue{Wait: stopWait, Reason: "pushes are stopped by " + stop.StoppedBy + ": " + stop.Reason}, wrap(op, err)
	}
	type row struct{ ID int64 }
	taken, err := many[row](ctx, tx, takeOutboxSQL, pgx.StrictNamedArgs{"coupling": run.CouplingID, "object": run.StreamGroup, "run": run.ID, "limit": limit})
	if err != nil {
		return PushesDue{}, wrap(op, err)
	}
	due := PushesDue{}
	for _, r := range taken {
		due.IDs = append(due.IDs, r.ID)
	}
	if len(taken) > 0 {
		return due, nil
	}
	var seconds float64
	err = tx.tx.QueryRow(ctx, nextDueSQL, args).Scan(&seconds)
	if errors.Is(err, pgx.ErrNoRows) {
		return due, nil
	}
	due.Wait, due.Reason = max(time.Duration(seconds*float64(time.Second)), time.Millisecond), "further changes are gathered, or an earlier attempt may still arrive"
	return due, wrap(op, err)
}
