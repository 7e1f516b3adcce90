package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Sent is what the remote answered to a write that it took.
type Sent struct {
	RemoteID string
	// Lines are the remote's ids of the order's lines by position, as far as it gives them.
	Lines map[int]string
}

const (
	sentSQL = `
UPDATE outbox SET state = 'sent', remote_id = @remote, error = NULL, updated_at = now()
WHERE id = @id AND epoch = @epoch AND state = 'sending'`
	// stream_id 0 and record_id '' until a pull meets the order and takes the source over.
	pushSourceSQL = `
INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
VALUES (@webshop, @coupling, @object, @remote, @id, 0, '', @run, '{}')
ON CONFLICT (webshop_id, coupling_id, object, remote_id) DO NOTHING`
	pushedSourceSQL = `
SELECT object_id FROM source WHERE webshop_id = @webshop AND coupling_id = @coupling AND object = @object AND remote_id = @remote`
	overtakenSQL = `
WITH old AS (
    UPDATE outbox SET state = 'dropped', updated_at = now() WHERE coupling_id = $1 AND object = 'stock' AND object_id = $2 AND id < $3 AND state = 'parked' RETURNING id)
UPDATE parked SET resolved_at = now() WHERE outbox_id IN (SELECT id FROM old) AND resolved_at IS NULL`
	lineRemoteSQL = `
UPDATE buy_order_line SET remote_id = @remote WHERE webshop_id = @webshop AND buy_order_id = @id AND position = @position`
	touchBuyOrderSQL = `UPDATE buy_order SET changed_at = now(), run_id = @run WHERE webshop_id = @webshop AND id = @id`
)

// OutboxSent records that the remote took the write: sending → sent. The remote's ids go to the object's source and
// an order's lines in the same transaction. An epoch that is not the last claim's records nothing (kind conflict).
func (tx *Tx) OutboxSent(ctx context.Context, id, epoch int64, s Sent) (Outbox, error) {
	const op = "record write as sent"
	o, err := tx.OutboxByID(ctx, id)
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	if s.RemoteID == "" {
		return Outbox{}, invalid(op, "the remote's id of %s is missing", o.Reference)
	}
	if o.State == OutboxSent && o.Epoch == epoch && o.RemoteID != nil && *o.RemoteID == s.RemoteID {
		return o, nil
	}
	if err := tx.settle(ctx, op, sentSQL, pgx.StrictNamedArgs{"id": id, "epoch": epoch, "remote": s.RemoteID}); err != nil {
		return Outbox{}, err
	}
	// Whether it was edited is known for certain once the row is this transaction's.
	if o, err = tx.OutboxByID(ctx, id); err != nil {
		return Outbox{}, wrap(op, err)
	}
	switch {
	case o.Object == koppel.Stock:
		// The product's source is there; what an earlier write of it left to a person is settled by this one.
		_, err = tx.exec(ctx, overtakenSQL, o.CouplingID, o.ObjectID, o.ID)
	case o.Operation != "raise": // what raised a stock has no id of its own there
		err = tx.bindSent(ctx, op, o, s)
	}
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	if err := tx.followUp(ctx, o); err != nil {
		return Outbox{}, wrap(op, err)
	}
	if err := tx.resolvePush(ctx, id); err != nil {
		return Outbox{}, wrap(op, err)
	}
	return tx.OutboxByID(ctx, id)
}

// bindSent makes the remote's id a source of the object.
func (tx *Tx) bindSent(ctx context.Context, op string, o Outbox, s Sent) error {
	args := pgx.StrictNamedArgs{"webshop": o.WebshopID, "coupling": o.CouplingID, "object": string(o.Object), "remote": s.RemoteID}
	withID := maps.Clone(args)
	withID["id"], withID["run"] = o.ObjectID, derefInt(o.RunID)
	if _, err := tx.exec(ctx, pushSourceSQL, withID); err != nil {
		return err
	}
	var bound int64
	if err := tx.tx.QueryRow(ctx, pushedSourceSQL, args).Scan(&bound); err != nil {
		return err
	}
	if bound != o.ObjectID {
		return conflict(op, "the remote's id %s of %s belongs to another object here already", s.RemoteID, o.Reference)
	}
	if o.Object != koppel.BuyOrders {
		return nil
	}
	return tx.linesSent(ctx, o, s.Lines)
}

const decideOutboxSQL = `
UPDATE outbox SET operation = @operation, target = @target, updated_at = now() WHERE id = @id AND epoch = @epoch AND state = 'sending'`

// OutboxDecided keeps what the remote is to be asked for, and the value that it is to have.
func (tx *Tx) OutboxDecided(ctx context.Context, id, epoch int64, operation string, target any) error {
	const op = "decide write"
	var text json.RawMessage
	if target != nil {
		var err error
		if text, err = json.Marshal(target); err != nil {
			return wrap(op, err)
		}
	}
	return tx.settle(ctx, op, decideOutboxSQL, pgx.StrictNamedArgs{"id": id, "epoch": epoch, "operation": operation, "target": text})
}

const dropOutboxSQL = `
UPDATE outbox SET state = 'dropped', error = @error, updated_at = now() WHERE id = @id AND epoch = @epoch AND state = 'sending'`

// OutboxDropped records that there is nothing to write any more: sending → dropped.
func (tx *Tx) OutboxDropped(ctx context.Context, id, epoch int64, why string) error {
	advice, err := adviceOrNull(&koppel.Advice{Kind: koppel.KindConflict, Detail: why, Next: "Nothing to do"})
	if err != nil {
		return wrap("drop write", err)
	}
	return tx.settle(ctx, "drop write", dropOutboxSQL, pgx.StrictNamedArgs{"id": id, "epoch": epoch, "error": advice})
}

// linesSent writes the remote's ids of the lines, and the change that shows them.
func (tx *Tx) linesSent(ctx context.Context, o Outbox, lines map[int]string) error {
	for _, position := range slices.Sorted(maps.Keys(lines)) {
		args := pgx.StrictNamedArgs{"webshop": o.WebshopID, "id": o.ObjectID, "position": position, "remote": lines[position]}
		if _, err := tx.exec(ctx, lineRemoteSQL, args); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, touchBuyOrderSQL, pgx.StrictNamedArgs{"webshop": o.WebshopID, "id": o.ObjectID, "run": o.RunID}); err != nil {
		return err
	}
	return tx.noteChange(ctx, o.WebshopID, o.Object, o.ObjectID, changeUpdated, "lines")
}

const unsettledSQL = `
UPDATE outbox SET state = @state, error = @error, updated_at = now(),
       due_at = coalesce(@due, CASE WHEN @state = 'pending' THEN clock_timestamp() ELSE due_at END)
WHERE id = @id AND epoch = @epoch AND state = 'sending'`

// OutboxUnknown records that nobody can say whether the remote took the write: sending → unknown, to be looked up
// and, if it is not there, sent again from due on.
func (tx *Tx) OutboxUnknown(ctx context.Context, id, epoch int64, cause koppel.Advice, due time.Time) (Outbox, error) {
	return tx.unsettled(ctx, "record outcome of write as unknown", id, epoch, OutboxUnknown, &cause, due)
}

// OutboxParked records that a person must act: sending → parked.
func (tx *Tx) OutboxParked(ctx context.Context, id, epoch int64, cause koppel.Advice) (Outbox, error) {
	o, err := tx.unsettled(ctx, "park write", id, epoch, OutboxParked, &cause, time.Time{})
	if err != nil {
		return o, err
	}
	return o, wrap("park write", tx.parkPush(ctx, o, cause))
}

// OutboxAgain records that the remote certainly did not take the write: sending → pending, to be sent from due on.
func (tx *Tx) OutboxAgain(ctx context.Context, id, epoch int64, cause koppel.Advice, due time.Time) (Outbox, error) {
	return tx.unsettled(ctx, "put write back", id, epoch, OutboxPending, &cause, due)
}

const keepStepsSQL = `UPDATE outbox SET steps = @steps, updated_at = now() WHERE id = @id AND epoch = @epoch AND state = 'sending'`

// OutboxSteps keeps how far an attempt came, so that the next one goes on from there. An epoch that is not the last
// claim's keeps nothing (kind conflict).
func (tx *Tx) OutboxSteps(ctx context.Context, id, epoch int64, steps json.RawMessage) error {
	return tx.settle(ctx, "keep steps of write", keepStepsSQL, pgx.StrictNamedArgs{"id": id, "epoch": epoch, "steps": steps})
}

const goOnSQL = `
UPDATE outbox SET state = 'pending', error = NULL, due_at = @due, updated_at = now() WHERE id = @id AND epoch = @epoch AND state = 'sending'`

// OutboxTaken records that the remote took the write and does it later: sending → pending, to be asked for from due on.
func (tx *Tx) OutboxTaken(ctx context.Context, id, epoch int64, due time.Time) error {
	return tx.settle(ctx, "record write as taken", goOnSQL, pgx.StrictNamedArgs{"id": id, "epoch": epoch, "due": due})
}

func (tx *Tx) unsettled(ctx context.Context, op string, id, epoch int64, state OutboxState, cause *koppel.Advice, due time.Time) (Outbox, error) {
	advice, err := adviceOrNull(cause)
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	args := pgx.StrictNamedArgs{"id": id, "epoch": epoch, "state": string(state), "error": advice, "due": timeOrNull(due)}
	if err := tx.settle(ctx, op, unsettledSQL, args); err != nil {
		return Outbox{}, err
	}
	o, err := tx.OutboxByID(ctx, id)
	return o, wrap(op, err)
}

// settle ends an attempt, if it is still the last one.
func (tx *Tx) settle(ctx context.Context, op, sql string, args pgx.StrictNamedArgs) error {
	n, err := tx.exec(ctx, sql, args)
	if err == nil && n == 0 {
		return conflict(op, "a later attempt has taken over, or the attempt has ended; this one records nothing")
	}
	return wrap(op, err)
}

func derefInt(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
