package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	unlinkAtOnce   = 500
	unlinkNextSQL  = `SELECT remote_id, object_id FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 ORDER BY remote_id LIMIT $4`
	unlinkGoneSQL  = `UPDATE source SET gone_at = now(), gone_reason = 'approved' WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = ANY($4) AND gone_at IS NULL`
	unlinkSQL      = `DELETE FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = ANY($4)`
	carriedSQL     = `SELECT DISTINCT object_id FROM source WHERE webshop_id = $1 AND object_id = ANY($2) AND object = $3 AND coupling_id <> 0 AND gone_at IS NULL`
	unlinkDirtySQL = `DELETE FROM dirty WHERE webshop_id = $1 AND stream_id IN (SELECT id FROM stream WHERE coupling_id = $2)`
	unlinkParkSQL  = `UPDATE parked SET resolved_at = now() WHERE webshop_id = $1 AND coupling_id = $2 AND resolved_at IS NULL AND outbox_id IS NULL`
)

// UnlinkSources takes the next sources of a coupling that is being removed off their objects, in one transaction, and
// says how many; 0 after the last. Objects that another coupling carries are merged again without it. The others stay
// as they are, or are treated as gone where disable says so; a coupling that finds them later undoes that.
func (tx *Tx) UnlinkSources(ctx context.Context, c Coupling, disable bool) (int, error) {
	const op = "unlink sources"
	for _, object := range koppel.Objects() {
		n, err := tx.unlink(ctx, op, c, object, disable)
		if n > 0 || err != nil {
			return n, wrap(op, err)
		}
	}
	for _, sql := range []string{unlinkDirtySQL, unlinkParkSQL} {
		if _, err := tx.exec(ctx, sql, c.WebshopID, c.ID); err != nil {
			return 0, wrap(op, err)
		}
	}
	return 0, nil
}

func (tx *Tx) unlink(ctx context.Context, op string, c Coupling, object koppel.Object, disable bool) (int, error) {
	found, err := tx.tx.Query(ctx, unlinkNextSQL, c.WebshopID, c.ID, string(object), unlinkAtOnce)
	if err != nil {
		return 0, err
	}
	var keys []string
	var ids []int64
	var key string
	var id int64
	if _, err := pgx.ForEachRow(found, []any{&key, &id}, func() error {
		keys, ids = append(keys, key), append(ids, id)
		return nil
	}); err != nil || len(keys) == 0 {
		return 0, err
	}
	if disable {
		if _, err := tx.exec(ctx, unlinkGoneSQL, c.WebshopID, c.ID, string(object), keys); err != nil {
			return 0, err
		}
		if err := tx.mergeAgain(ctx, op, object, ids...); err != nil {
			return 0, err
		}
	}
	if _, err := tx.exec(ctx, unlinkSQL, c.WebshopID, c.ID, string(object), keys); err != nil {
		return 0, err
	}
	if disable {
		return len(keys), nil
	}
	carried, err := many[struct{ ObjectID int64 }](ctx, tx, carriedSQL, c.WebshopID, ids, string(object))
	if err != nil || len(carried) == 0 {
		return len(keys), err
	}
	ids = ids[:0]
	for _, row := range carried {
		ids = append(ids, row.ObjectID)
	}
	return len(keys), tx.mergeAgain(ctx, op, object, ids...)
}

const parkWritesSQL = `
UPDATE outbox SET state = 'parked', error = @error, updated_at = now()
WHERE coupling_id = @coupling AND state IN ('pending', 'sending', 'unknown') RETURNING id`

// ParkWrites gives every write of a coupling that is not done to a person, and says how many those were.
func (tx *Tx) ParkWrites(ctx context.Context, c Coupling, cause koppel.Advice) (int, error) {
	const op = "park the writes of a coupling"
	advice, err := adviceOrNull(&cause)
	if err != nil {
		return 0, wrap(op, err)
	}
	left, err := many[struct{ ID int64 }](ctx, tx, parkWritesSQL, pgx.StrictNamedArgs{"coupling": c.ID, "error": advice})
	if err != nil {
		return 0, wrap(op, err)
	}
	for _, row := range left {
		o, err := tx.OutboxByID(ctx, row.ID)
		if err == nil {
			err = tx.parkPush(ctx, o, cause)
		}
		if err != nil {
			return 0, wrap(op, err)
		}
	}
	return len(left), nil
}
