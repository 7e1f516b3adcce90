package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ParkedPick says which parked records are resolved: one by ID, or those of a coupling, narrowed by cause.
type ParkedPick struct {
	ID       string // outside id; without it Coupling is required
	Coupling string // outside id
	Object   koppel.Object
	Kind     koppel.Kind
	Field    string
}

func (k ParkedPick) args(op string) (pgx.StrictNamedArgs, error) {
	if k.ID == "" && k.Coupling == "" {
		return nil, invalid(op, "say which: the id of a parked record, or a coupling")
	}
	id, err := idOrNull(op, "parked record", k.ID)
	if err != nil {
		return nil, err
	}
	coupling, err := idOrNull(op, "coupling", k.Coupling)
	return pgx.StrictNamedArgs{"id": id, "coupling": coupling, "object": string(k.Object), "kind": string(k.Kind), "field": k.Field}, err
}

const (
	pickedSQL = `
FROM parked p JOIN coupling c ON c.id = p.coupling_id
WHERE (@id::uuid IS NULL OR p.uuid = @id) AND (@coupling::uuid IS NULL OR c.uuid = @coupling) AND (@object = '' OR p.object = @object)
  AND (@kind = '' OR p.kind = @kind) AND (@field = '' OR p.field = @field) AND ` + ownWordSQL
	// The rows are locked in one order, so that two people and a run cannot wait for each other.
	openPickedSQL = `SELECT p.id ` + pickedSQL + ` AND p.resolved_at IS NULL ORDER BY p.id`
	// Of several that were resolved for one record the last counts; one that is parked anew is on the list already.
	closedPickedSQL = `
SELECT p.id ` + pickedSQL + ` AND p.resolved_at IS NOT NULL AND p.resolved_by IS NOT NULL AND NOT EXISTS (
    SELECT FROM parked o WHERE o.webshop_id = p.webshop_id AND o.stream_id IS NOT DISTINCT FROM p.stream_id AND o.remote_id = p.remote_id
      AND o.object = p.object AND (o.resolved_at IS NULL OR o.id > p.id)) ORDER BY p.id`
	resolvePickedSQL = `
UPDATE parked SET resolved_at = now(), resolved_by = $2, resolved_reason = $3 WHERE id = ANY($1) AND resolved_at IS NULL`
	unresolvePickedSQL = `
UPDATE parked SET resolved_at = NULL, resolved_by = NULL, resolved_reason = NULL WHERE id = ANY($1) AND resolved_by IS NOT NULL`
)

// ResolveParked takes parked records off the list without mapping them, on a person's word, and says how many; a later
// failure of such a record parks it anew. Writes and the review queue are left as they are: they have verbs of their
// own. With dry nothing is changed.
func (tx *Tx) ResolveParked(ctx context.Context, k ParkedPick, by, reason string, dry bool) (int64, error) {
	const op = "resolve parked records"
	if by == "" || strings.TrimSpace(reason) == "" {
		return 0, invalid(op, "who and why are required")
	}
	return tx.pickParked(ctx, op, k, openPickedSQL, dry, func(ids []int64) (int64, error) {
		return tx.exec(ctx, resolvePickedSQL, ids, by, reason)
	})
}

// UnresolveParked puts parked records that a person took off the list back on it, and says how many. What was mapped
// after all, or is parked anew, is left as it is.
func (tx *Tx) UnresolveParked(ctx context.Context, k ParkedPick, dry bool) (int64, error) {
	const op = "unresolve parked records"
	return tx.pickParked(ctx, op, k, closedPickedSQL, dry, func(ids []int64) (int64, error) {
		return tx.exec(ctx, unresolvePickedSQL, ids)
	})
}

func (tx *Tx) pickParked(ctx context.Context, op string, k ParkedPick, sql string, dry bool, do func([]int64) (int64, error)) (int64, error) {
	args, err := k.args(op)
	if err != nil {
		return 0, err
	}
	if !dry {
		sql += " FOR UPDATE OF p"
	}
	rows, err := tx.tx.Query(ctx, sql, args)
	if err != nil {
		return 0, wrap(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || dry || len(ids) == 0 {
		return int64(len(ids)), wrap(op, err)
	}
	n, err := do(ids)
	return n, wrap(op, err)
}
