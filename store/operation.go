package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Binding names a source by its coupling's outside id and the remote id.
type Binding struct {
	Coupling, RemoteID string
}

// Operation is what a person did to the bindings of objects.
type Operation struct {
	ID        int64
	UUID      string
	WebshopID int64
	Kind      string
	Object    koppel.Object
	Moves     Moves
	Objects   []int64
	Actor     string
	At        time.Time
	UndoneAt  *time.Time
	UndoneBy  *string
}

// Moves is what an operation moved.
type Moves struct {
	Sources []Move `json:"sources"`
	// Ended is the object that went into another one, Made the one that a split made.
	Ended *ObjectID `json:"ended,omitempty"`
	Made  *ObjectID `json:"made,omitempty"`
	// Edit is the person's edit of the object that ended.
	Edit json.RawMessage `json:"edit,omitempty"`
	// Lines are the lines made here, by outside id, that named the object that ended.
	Lines []string `json:"lines,omitempty"`
}

// Move is one source that went from one object to another, by inner ids.
type Move struct {
	Coupling int64  `json:"coupling"`
	RemoteID string `json:"remote_id"`
	From     int64  `json:"from"`
	To       int64  `json:"to"`
}

// ObjectID is an object by both its ids.
type ObjectID struct {
	ID   int64  `json:"id"`
	UUID string `json:"uuid"`
}

// UndoFor is how long an operation can be undone: as long as changes are kept.
const UndoFor = 30 * 24 * time.Hour

// mergeable are the objects that people link, merge and split.
func mergeable(op string, object koppel.Object) error {
	switch object {
	case koppel.Products, koppel.Suppliers, koppel.SupplierProducts:
		return nil
	}
	return invalid(op, "%s are not linked by hand: each is one record of one system", object)
}

const (
	sourcesOfObjectSQL = `
SELECT s.coupling_id AS coupling, s.remote_id, s.object_id AS "from", $3::bigint AS "to" FROM source s
WHERE s.webshop_id = $1 AND s.object_id = $2 AND s.coupling_id <> 0 ORDER BY s.coupling_id, s.remote_id FOR UPDATE`
	sourceByKeySQL = `
SELECT s.coupling_id AS coupling, s.remote_id, s.object_id AS "from", 0::bigint AS "to" FROM source s JOIN coupling c ON c.id = s.coupling_id
WHERE s.webshop_id = $1 AND c.uuid = $2 AND s.object = $3 AND s.remote_id = $4 FOR UPDATE OF s`
	insertOperationSQL = `
INSERT INTO operation (uuid, webshop_id, kind, object, moves, objects, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	operationSQL  = `SELECT id, uuid, webshop_id, kind, object, moves, objects, actor, at, undone_at, undone_by FROM operation `
	laterSQL      = `SELECT uuid::text FROM operation WHERE webshop_id = $1 AND id > $2 AND object = $3 AND undone_at IS NULL AND EXISTS (SELECT FROM jsonb_array_elements_text(objects) e WHERE e::bigint = ANY($4)) ORDER BY id DESC LIMIT 1`
	undoneSQL     = `UPDATE operation SET undone_at = now(), undone_by = $2 WHERE id = $1`
	lockSourceSQL = `SELECT pg_advisory_xact_lock($1, hashtext($2))`
)

// MergeObjects makes one object go into another: its sources and what refers to it move, and its id leads there.
func (tx *Tx) MergeObjects(ctx context.Context, object koppel.Object, from, into, actor string) (Operation, error) {
	const op = "merge objects"
	h, err := tx.byHand(ctx, op, object)
	if err != nil {
		return Operation{}, err
	}
	a, b, err := h.lockTwo(ctx, from, into)
	if err != nil {
		return Operation{}, err
	}
	moves, err := many[Move](ctx, tx, sourcesOfObjectSQL, h.webshop, a.ID, b.ID)
	if err != nil {
		return Operation{}, wrap(op, err)
	}
	return h.do(ctx, "merge", actor, Moves{Sources: moves, Ended: &a}, b)
}

// LinkSource binds a source to another object. An object that has no other source goes into that one.
func (tx *Tx) LinkSource(ctx context.Context, object koppel.Object, source Binding, to, actor string) (Operation, error) {
	const op = "link source"
	h, err := tx.byHand(ctx, op, object)
	if err != nil {
		return Operation{}, err
	}
	move, from, err := h.source(ctx, source)
	if err != nil {
		return Operation{}, err
	}
	a, b, err := h.lockTwo(ctx, from.UUID, to)
	if err != nil {
		return Operation{}, err
	}
	all, err := many[Move](ctx, tx, sourcesOfObjectSQL, h.webshop, a.ID, b.ID)
	if err != nil {
		return Operation{}, wrap(op, err)
	}
	move.To = b.ID
	m := Moves{Sources: []Move{move}}
	if len(all) == 1 {
		m.Ended = &a
	}
	return h.do(ctx, "link", actor, m, b)
}

// SplitObject takes sources off their object and makes a new one of them.
func (tx *Tx) SplitObject(ctx context.Context, object koppel.Object, id string, sources []Binding, actor string) (Operation, error) {
	const op = "split object"
	h, err := tx.byHand(ctx, op, object)
	if err != nil {
		return Operation{}, err
	}
	_, inner, outer, err := tx.lockObject(ctx, op, object, id)
	if err != nil {
		return Operation{}, err
	}
	all, err := many[Move](ctx, tx, sourcesOfObjectSQL, h.webshop, inner, int64(0))
	if err != nil {
		return Operation{}, wrap(op, err)
	}
	ids, err := tx.db.objectIDs.take(ctx, tx, 1)
	if err != nil {
		return Operation{}, wrap(op, err)
	}
	made := ObjectID{ids[0], NewID()}
	m := Moves{Made: &made}
	for _, s := range sources {
		move, from, err := h.source(ctx, s)
		switch {
		case err != nil:
			return Operation{}, err
		case from.ID != inner:
			return Operation{}, conflict(op, "%s of coupling %s is a source of %s, not of %s", s.RemoteID, s.Coupling, from.UUID, outer)
		}
		move.To = made.ID
		m.Sources = append(m.Sources, move)
	}
	if len(m.Sources) == 0 || len(m.Sources) == len(all) {
		return Operation{}, invalid(op, "name some of the object's %d sources, not all: one must stay", len(all))
	}
	return h.do(ctx, "split", actor, m, ObjectID{inner, outer})
}

const operationsSQL = operationSQL + `WHERE id < $1 ORDER BY id DESC LIMIT $2`

// Operations lists what people did, newest first.
func (tx *Tx) Operations(ctx context.Context, limit int, after string) (Page[Operation], error) {
	const op = "list operations"
	from, err := idAfter(op, "operations", after, 1<<62)
	if err != nil {
		return Page[Operation]{}, err
	}
	size := pageSize(limit)
	rows, err := many[Operation](ctx, tx, operationsSQL, from, size+1)
	return pageOf("operations", rows, size, func(o Operation) int64 { return o.ID }), wrap(op, err)
}

// Operation finds one by its outside id.
func (tx *Tx) Operation(ctx context.Context, id string) (Operation, error) {
	const op = "get operation"
	if err := checkID(op, "operation", id); err != nil {
		return Operation{}, err
	}
	o, err := one[Operation](ctx, tx, operationSQL+`WHERE uuid = $1`, id)
	return o, foundOr(op, "operation", id, err)
}

// UndoOperation moves back what an operation moved. It is refused when it was undone, is too old, or something that
// happened to the same objects later still holds.
func (tx *Tx) UndoOperation(ctx context.Context, id, actor string) (Operation, error) {
	const op = "undo operation"
	o, err := tx.Operation(ctx, id)
	if err != nil {
		return o, err
	}
	h, err := tx.byHand(ctx, op, o.Object)
	if err != nil {
		return o, err
	}
	if o, err = tx.Operation(ctx, id); err != nil {
		return o, err
	}
	var later string
	err = tx.tx.QueryRow(ctx, laterSQL, o.WebshopID, o.ID, string(o.Object), o.Objects).Scan(&later)
	switch {
	case o.UndoneAt != nil:
		return o, conflict(op, "it was undone at %s by %s", o.UndoneAt.Format(time.RFC3339), *o.UndoneBy)
	case time.Since(o.At) > UndoFor:
		return o, conflict(op, "it is from %s; what is older than %d days cannot be undone", o.At.Format(time.DateOnly), int(UndoFor.Hours()/24))
	case err == nil:
		return o, conflict(op, "operation %s happened later to the same objects; undo it first", later)
	case err != pgx.ErrNoRows:
		return o, wrap(op, err)
	}
	if err := h.undo(ctx, o); err != nil {
		return o, wrap(op, err)
	}
	if _, err := tx.exec(ctx, undoneSQL, o.ID, actor); err != nil {
		return o, wrap(op, err)
	}
	return tx.Operation(ctx, id)
}

func (h *handwork) do(ctx context.Context, kind, actor string, m Moves, into ObjectID) (Operation, error) {
	if err := h.move(ctx, &m, into); err != nil {
		return Operation{}, wrap(h.op, err)
	}
	objects := []int64{into.ID}
	for _, s := range m.Sources {
		objects = append(objects, s.From, s.To)
	}
	if m.Ended != nil {
		objects = append(objects, m.Ended.ID)
	}
	slices.Sort(objects)
	id := NewID()
	if _, err := h.tx.exec(ctx, insertOperationSQL, id, h.webshop, kind, string(h.object), m, slices.Compact(objects), actor); err != nil {
		return Operation{}, wrap(h.op, err)
	}
	return h.tx.Operation(ctx, id)
}
