package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// OutboxState is where a write to a remote is.
type OutboxState string

// The states: pending → sending → sent | unknown | parked; pending, sending → dropped.
const (
	OutboxPending OutboxState = "pending"
	OutboxSending OutboxState = "sending"
	OutboxSent    OutboxState = "sent"
	OutboxUnknown OutboxState = "unknown" // sent or not: to be looked up before it is sent again
	OutboxParked  OutboxState = "parked"  // a person must act
	OutboxDropped OutboxState = "dropped" // no longer wanted
)

// Outbox is one write to a remote. Its UUID is the idempotency key.
type Outbox struct {
	ID           int64
	UUID         string
	WebshopID    int64
	CouplingID   int64
	CouplingUUID string
	Object       koppel.Object
	ObjectID     int64
	Operation    string // create, update, cancel, set or raise
	Reference    string // our number, by which the remote is searched
	State        OutboxState
	// Epoch counts the attempts' claims: only the last one may record an outcome.
	Epoch    int64
	Attempts int32
	RemoteID *string
	Error    *koppel.Advice
	RunID    *int64
	RunUUID  *string
	DueAt    time.Time
	// Steps is how far earlier attempts came, as the connector's client keeps it.
	Steps json.RawMessage
	// Target is what an absolute write wants.
	Target json.RawMessage
	// Edited: the object was changed after an attempt may have read it, so a
	// further write follows this one.
	Edited bool
	// Held says why it waits although it is due: "cap" or "stop".
	Held   *string
	HeldAt *time.Time
	// CreatedAt and UpdatedAt are when it was asked for and last changed.
	CreatedAt time.Time
	UpdatedAt time.Time
}

const outboxSelect = `
SELECT o.id, o.uuid, o.webshop_id, o.coupling_id, c.uuid AS coupling_uuid, o.object, o.object_id, o.operation, o.reference, o.state,
       o.epoch, o.attempts, o.remote_id, o.error, o.run_id, r.uuid AS run_uuid, o.due_at,
       o.steps, o.target, o.edited, o.held, o.held_at, o.created_at, o.updated_at
FROM outbox o JOIN coupling c ON c.id = o.coupling_id LEFT JOIN run r ON r.id = o.run_id`

const outboxSQL = outboxSelect + ` WHERE o.uuid = $1`

// Outbox finds one by its outside id.
func (tx *Tx) Outbox(ctx context.Context, id string) (Outbox, error) {
	const op = "get outbox row"
	if err := checkID(op, "outbox row", id); err != nil {
		return Outbox{}, err
	}
	o, err := one[Outbox](ctx, tx, outboxSQL, id)
	return o, foundOr(op, "outbox row", id, err)
}

const outboxByIDSQL = outboxSelect + ` WHERE o.id = $1`

// OutboxByID finds one by its inner id.
func (tx *Tx) OutboxByID(ctx context.Context, id int64) (Outbox, error) {
	o, err := one[Outbox](ctx, tx, outboxByIDSQL, id)
	return o, wrap("get outbox row", err)
}

const outboxOfRunSQL = outboxSelect + ` WHERE o.run_id = $1 ORDER BY o.id DESC LIMIT 1`

// OutboxOfRun is the row that a push run writes, by the run's inner id.
func (tx *Tx) OutboxOfRun(ctx context.Context, run int64) (Outbox, error) {
	o, err := one[Outbox](ctx, tx, outboxOfRunSQL, run)
	return o, wrap("get outbox row of run", err)
}

const outboxOfObjectSQL = outboxSelect + ` WHERE o.object = @object AND o.object_id = @id ORDER BY o.id DESC LIMIT 100`

// OutboxOfObject lists the writes of one object, newest first, by the object's inner id.
func (tx *Tx) OutboxOfObject(ctx context.Context, object koppel.Object, id int64) ([]Outbox, error) {
	list, err := many[Outbox](ctx, tx, outboxOfObjectSQL, pgx.StrictNamedArgs{"object": string(object), "id": id})
	return list, wrap("list outbox rows of object", err)
}

// A row whose run is open is in hand. One that is "sending" without an open run was left by a worker that died.
const dueOutboxSQL = outboxSelect + `
WHERE o.object = 'buy_orders' AND o.state IN ('pending', 'unknown', 'sending') AND o.due_at <= clock_timestamp() AND c.state = 'active'
  AND (r.id IS NULL OR r.state NOT IN ('queued', 'running', 'waiting'))
ORDER BY o.due_at, o.id LIMIT $1`

// DueOutbox lists the writes of buy orders that nobody has in hand and that may go now, the longest due first: the
// dispatcher's work list, in the scope Queues over all webshops.
func (tx *Tx) DueOutbox(ctx context.Context, limit int) ([]Outbox, error) {
	list, err := many[Outbox](ctx, tx, dueOutboxSQL, pageSize(limit))
	return list, wrap("list due outbox rows", err)
}

const attachSQL = `
UPDATE outbox o SET run_id = @run, updated_at = now()
WHERE o.id = @id AND o.state IN ('pending', 'unknown', 'sending')
  AND (o.run_id IS NULL OR o.run_id = @run
       OR NOT EXISTS (SELECT FROM run r WHERE r.id = o.run_id AND r.state IN ('queued', 'running', 'waiting')))`

// AttachOutbox puts a row into the hands of a push run, in the transaction that opens it. While another open run has
// it, the error is of kind conflict.
func (tx *Tx) AttachOutbox(ctx context.Context, id, run int64) error {
	const op = "attach outbox row to run"
	n, err := tx.exec(ctx, attachSQL, pgx.StrictNamedArgs{"id": id, "run": run})
	if err == nil && n == 0 {
		return conflict(op, "another run has it in hand, or it is done")
	}
	return wrap(op, err)
}

// Claim is one attempt at a write.
type Claim struct {
	Outbox
	// LookUp: an earlier attempt may have reached the remote, so search for the reference before sending.
	LookUp bool
}

const claimSQL = `
WITH was AS (SELECT id, state FROM outbox WHERE id = @id AND run_id = @run FOR UPDATE)
UPDATE outbox o SET state = 'sending', epoch = o.epoch + 1, attempts = o.attempts + 1, began_at = coalesce(o.began_at, now()),
       held = NULL, held_at = NULL, edited = o.edited AND (was.state <> 'pending' OR o.steps IS NOT NULL), updated_at = now()
FROM was WHERE o.id = was.id AND was.state IN ('pending', 'unknown', 'sending')
RETURNING was.state`

// ClaimOutbox begins an attempt of the run that has the row: pending, unknown or (left by an attempt that died)
// sending → sending, with a higher epoch. Earlier attempts can record nothing from here on.
func (tx *Tx) ClaimOutbox(ctx context.Context, id, run int64) (Claim, error) {
	const op = "claim outbox row"
	var was OutboxState
	err := tx.tx.QueryRow(ctx, claimSQL, pgx.StrictNamedArgs{"id": id, "run": run}).Scan(&was)
	if errors.Is(err, pgx.ErrNoRows) {
		o, err := tx.OutboxByID(ctx, id)
		if err != nil {
			return Claim{}, wrap(op, err)
		}
		return Claim{}, conflict(op, "the write is %s, or another run has it in hand", o.State)
	}
	if err != nil {
		return Claim{}, wrap(op, err)
	}
	o, err := tx.OutboxByID(ctx, id)
	return Claim{Outbox: o, LookUp: was != OutboxPending}, wrap(op, err)
}

// adviceOrNull keeps a nil *koppel.Advice an SQL null instead of JSON's.
func adviceOrNull(a *koppel.Advice) (json.RawMessage, error) {
	if a == nil {
		return nil, nil
	}
	return json.Marshal(a)
}
