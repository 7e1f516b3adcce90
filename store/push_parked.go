package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	parkPushSQL = `
INSERT INTO parked (webshop_id, coupling_id, run_id, uuid, remote_id, object, input, kind, reason, raw, outbox_id)
VALUES (@webshop, @coupling, @run, @uuid, @reference, @object, @operation, @kind, @reason, '', @outbox)
ON CONFLICT (outbox_id) WHERE resolved_at IS NULL AND outbox_id IS NOT NULL DO UPDATE
SET kind = excluded.kind, reason = excluded.reason, run_id = excluded.run_id, last_at = now(), times = parked.times + 1`
	resolvePushSQL = `UPDATE parked SET resolved_at = now() WHERE outbox_id = $1 AND resolved_at IS NULL`
)

// parkPush puts a write that a person must see to beside the parked records.
func (tx *Tx) parkPush(ctx context.Context, o Outbox, cause koppel.Advice) error {
	_, err := tx.exec(ctx, parkPushSQL, pgx.StrictNamedArgs{
		"webshop": o.WebshopID, "coupling": o.CouplingID, "run": derefInt(o.RunID), "uuid": NewID(), "reference": o.Reference,
		"object": string(o.Object), "operation": o.Operation, "kind": string(cause.Kind), "reason": plain(cause.Detail), "outbox": o.ID,
	})
	return err
}

const leftOverSQL = `
UPDATE outbox SET state = 'parked', error = @error, updated_at = now()
WHERE run_id = @run AND state = 'unknown' AND began_at < now() - make_interval(secs => @patience) RETURNING id`

// ParkLeftOver gives a write to a person whose outcome is still unknown when its run gives up, once it was tried for
// as long as patience.
func (tx *Tx) ParkLeftOver(ctx context.Context, run int64, patience time.Duration, cause koppel.Advice) error {
	const op = "park write of unknown outcome"
	advice, err := adviceOrNull(&cause)
	if err != nil {
		return wrap(op, err)
	}
	left, err := many[struct{ ID int64 }](ctx, tx, leftOverSQL, pgx.StrictNamedArgs{"run": run, "error": advice, "patience": patience.Seconds()})
	if err != nil || len(left) == 0 {
		return wrap(op, err)
	}
	o, err := tx.OutboxByID(ctx, left[0].ID)
	if err != nil {
		return wrap(op, err)
	}
	return wrap(op, tx.parkPush(ctx, o, cause))
}

// resolvePush takes a write off the parked ones.
func (tx *Tx) resolvePush(ctx context.Context, outbox int64) error {
	_, err := tx.exec(ctx, resolvePushSQL, outbox)
	return err
}

const retryOutboxSQL = `
UPDATE outbox SET state = @state, due_at = now(), error = NULL, updated_at = now(),
       steps = CASE WHEN @anew THEN NULL ELSE steps END
WHERE uuid = @uuid AND state = 'parked'`

// RetryOutbox gives a parked write another chance, by a person: parked → unknown, so that it is looked up first.
func (tx *Tx) RetryOutbox(ctx context.Context, id string) (Outbox, error) {
	return tx.again(ctx, "retry outbox row", id, OutboxUnknown)
}

// SendOutboxAgain takes a person's word that the remote does not have what a parked write was to bring:
// parked → pending, to be sent without a look.
func (tx *Tx) SendOutboxAgain(ctx context.Context, id string) (Outbox, error) {
	return tx.again(ctx, "send outbox row again", id, OutboxPending)
}

func (tx *Tx) again(ctx context.Context, op, id string, state OutboxState) (Outbox, error) {
	o, err := tx.Outbox(ctx, id)
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	n, err := tx.exec(ctx, retryOutboxSQL, pgx.StrictNamedArgs{"uuid": id, "state": string(state), "anew": state == OutboxPending})
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	if n == 0 {
		return Outbox{}, conflict(op, "the write is %s, not parked", o.State)
	}
	if err := tx.resolvePush(ctx, o.ID); err != nil {
		return Outbox{}, wrap(op, err)
	}
	return tx.Outbox(ctx, id)
}

const confirmOutboxSQL = `UPDATE outbox SET state = 'sending', epoch = epoch + 1, updated_at = now() WHERE id = $1 AND state = 'parked'`

// ConfirmOutbox takes a person's word that the remote has what a parked write was to bring, under the remote's id:
// parked → sent.
func (tx *Tx) ConfirmOutbox(ctx context.Context, id, remoteID string) (Outbox, error) {
	const op = "confirm outbox row"
	o, err := tx.Outbox(ctx, id)
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	n, err := tx.exec(ctx, confirmOutboxSQL, o.ID)
	if err != nil {
		return Outbox{}, wrap(op, err)
	}
	if n == 0 {
		return Outbox{}, conflict(op, "the write is %s, not parked", o.State)
	}
	return tx.OutboxSent(ctx, o.ID, o.Epoch+1, Sent{RemoteID: remoteID})
}

// OutboxFilter narrows a list of writes; the zero value lists all of the scope.
type OutboxFilter struct {
	Coupling string // outside id
	State    OutboxState
	// Held lists those that the cap or a stop holds.
	Held  bool
	Limit int
	After string
}

const outboxesSQL = outboxSelect + `
WHERE o.id < @after AND (@coupling::uuid IS NULL OR c.uuid = @coupling) AND (@state = '' OR o.state = @state) AND (NOT @held OR o.held IS NOT NULL)
ORDER BY o.id DESC LIMIT @limit`

// Outboxes lists writes, newest first.
func (tx *Tx) Outboxes(ctx context.Context, f OutboxFilter) (Page[Outbox], error) {
	const op = "list outbox rows"
	from, err := idAfter(op, "outbox", f.After, 1<<62)
	if err != nil {
		return Page[Outbox]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[Outbox]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[Outbox](ctx, tx, outboxesSQL, pgx.StrictNamedArgs{
		"after": from, "coupling": coupling, "state": string(f.State), "held": f.Held, "limit": size + 1,
	})
	return pageOf("outbox", rows, size, func(o Outbox) int64 { return o.ID }), wrap(op, err)
}
