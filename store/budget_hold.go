package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Two workers that choose the same free place meet at the primary key: one gets it, the other chooses again.
	holdSQL = `
WITH free AS (
    SELECT s.slot FROM generate_series(1, @limit::integer) AS s (slot)
    WHERE NOT EXISTS (
        SELECT FROM budget_hold h WHERE h.key = @key AND h.bucket = @bucket AND h.slot = s.slot AND h.until > clock_timestamp())
    ORDER BY random() LIMIT 1
), taken AS (
    INSERT INTO budget_hold (key, bucket, slot, holder, until)
    SELECT @key, @bucket, slot, @holder, clock_timestamp() + @hold::bigint * interval '1 microsecond' FROM free
    ON CONFLICT (key, bucket, slot) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE budget_hold.until <= clock_timestamp()
    RETURNING 1
)
SELECT (SELECT count(*) FROM free) AS free, (SELECT count(*) FROM taken) AS taken`

	releaseSQL = `DELETE FROM budget_hold WHERE key = @key AND bucket = @bucket AND holder = @holder`
)

// releaseLimit is how long giving a place back may take; one that is not given back ends with its hold.
const releaseLimit = 5 * time.Second

// AcquireConcurrency takes one of limit places of a bucket that all workers share, for at most hold, which must be
// longer than the request it is for. ok is false when all places are taken. release gives the place back.
func (db *DB) AcquireConcurrency(ctx context.Context, key, bucket string, limit int, hold time.Duration) (release func(), ok bool, err error) {
	const op = "acquire place in budget"
	if limit < 1 || hold <= 0 {
		return nil, false, invalid(op, "a limit of %d and a hold of %s are asked for; both must be above zero", limit, hold)
	}
	holder := NewID()
	for {
		type places struct{ Free, Taken int64 }
		p, err := With(ctx, db, Queues(), func(tx *Tx) (places, error) {
			p, err := one[places](ctx, tx, holdSQL, pgx.StrictNamedArgs{
				"key": key, "bucket": bucket, "limit": limit, "holder": holder, "hold": hold.Microseconds(),
			})
			return p, wrap(op, err)
		})
		switch {
		case err != nil:
			return nil, false, err
		case p.Taken == 1:
			return func() { db.release(context.WithoutCancel(ctx), key, bucket, holder) }, true, nil
		case p.Free == 0:
			return nil, false, nil
		}
	}
}

func (db *DB) release(ctx context.Context, key, bucket, holder string) {
	ctx, cancel := context.WithTimeout(ctx, releaseLimit)
	defer cancel()
	err := db.InTx(ctx, Queues(), func(tx *Tx) error {
		_, err := tx.exec(ctx, releaseSQL, pgx.StrictNamedArgs{"key": key, "bucket": bucket, "holder": holder})
		return wrap("give place in budget back", err)
	})
	if err != nil {
		db.log.WarnContext(ctx, "a place in a budget was not given back; it ends with its hold", "key", key, "error", err)
	}
}
