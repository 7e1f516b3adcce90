package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// leaseAhead is how far ahead slots are reserved. A request that would have to wait longer is told when to come
// back and reserves nothing, so that workers that wait do not push the budget's next slot away from each other.
const leaseAhead = 5 * time.Second

// blockBucket is the bucket that holds a budget's block; it has no slots.
const blockBucket = ""

// bucketsMost is the most buckets one budget has.
const bucketsMost = 16

const (
	ensureBucketsSQL = `
INSERT INTO budget (key, bucket, next_at) SELECT @key, b, 'epoch' FROM unnest(@buckets::text[]) WITH ORDINALITY AS n (b, i) ORDER BY i
ON CONFLICT DO NOTHING`

	// Each bucket is a generic cell rate limiter (ITU-T I.371): next_at is the time of its next slot, which after a
	// rest lies at most burst-1 slots in the past. All buckets of the budget move together, so that a slot counts in
	// each of them; their rows are locked in the order of their names, and the clock is read once they are.
	leaseSQL = `
WITH want AS (
    SELECT * FROM unnest(@buckets::text[], @spans::bigint[], @bursts::bigint[]) AS w (bucket, span, burst)
), held AS MATERIALIZED (
    SELECT b.bucket, b.next_at, b.blocked_until, b.reason FROM budget b
    WHERE b.key = @key AND (b.bucket = ANY (@buckets) OR b.bucket = @block) ORDER BY b.bucket FOR UPDATE
), tick AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE bucket <> @block) AS buckets, max(blocked_until) AS blocked,
           max(reason) FILTER (WHERE bucket = @block) AS reason, clock_timestamp() AS now
    FROM held
), line AS MATERIALIZED (
    SELECT h.bucket, w.span * interval '1 microsecond' AS span, (w.burst - 1) * w.span * interval '1 microsecond' AS rest,
           greatest(h.next_at, t.now - (w.burst - 1) * w.span * interval '1 microsecond') AS base
    FROM held h JOIN want w USING (bucket) CROSS JOIN tick t
), first AS MATERIALIZED (
    SELECT greatest((SELECT max(base) FROM line), t.blocked, CASE WHEN t.buckets = 0 THEN t.now END) AS at,
           CASE WHEN t.blocked > coalesce((SELECT max(base) FROM line), '-infinity') AND t.blocked > t.now THEN t.reason
                ELSE (SELECT bucket FROM line ORDER BY base DESC, bucket LIMIT 1) END AS bucket
    FROM tick t
), pace AS MATERIALIZED (
    SELECT f.at, f.bucket, f.at <= t.now + @ahead::bigint * interval '1 microsecond' AS granted,
           coalesce(greatest((SELECT max((l.base + (@n - 1) * l.span - f.at) / greatest(@n - 1, 1)) FROM line l), interval '0'), interval '0') AS every
    FROM first f CROSS JOIN tick t
), moved AS (
    UPDATE budget b SET next_at = greatest(
        l.base + @n * l.span,
        p.at - l.rest + @n * l.span,
        p.at + (@n - 1) * p.every - l.rest + l.span)
    FROM line l CROSS JOIN pace p
    WHERE p.granted AND b.key = @key AND b.bucket = l.bucket
    RETURNING 1
)
SELECT t.buckets, p.at, coalesce(p.bucket, '') AS bucket, p.granted, (extract(epoch FROM p.every) * 1000000)::bigint AS every, (SELECT count(*) FROM moved) AS moved
FROM pace p CROSS JOIN tick t`
)

// LeaseSlots reserves n request slots in all buckets of a budget at once. When the first slot is further away than
// five seconds, none is reserved: Count is 0 and First is when to ask again. Bucket is the one that decided First, or
// the reason of a block. Without buckets, only a block delays. Times are of the database's clock.
func (db *DB) LeaseSlots(ctx context.Context, key string, buckets []koppel.Bucket, n int) (koppel.Slots, error) {
	const op = "lease request slots"
	if n < 1 || len(buckets) > bucketsMost {
		return koppel.Slots{}, invalid(op, "%d slots of %d buckets are asked for; ask for at least 1 of at most %d", n, len(buckets), bucketsMost)
	}
	buckets = slices.SortedFunc(slices.Values(buckets), func(a, b koppel.Bucket) int { return strings.Compare(a.Name, b.Name) })
	names, spans, bursts := make([]string, 0, len(buckets)), make([]int64, 0, len(buckets)), make([]int64, 0, len(buckets))
	for _, b := range buckets {
		if b.Name == blockBucket || b.Limit < 1 || b.Per <= 0 || slices.Contains(names, b.Name) {
			return koppel.Slots{}, invalid(op, "bucket %q needs a name of its own, a limit and a span of time", b.Name)
		}
		names = append(names, b.Name)
		spans = append(spans, max(1, (b.Per/time.Duration(b.Limit)).Microseconds()))
		bursts = append(bursts, int64(max(b.Burst, 1)))
	}
	type leased struct {
		Buckets, Every, Moved int64
		At                    time.Time
		Bucket                string
		Granted               bool
	}
	for {
		l, err := With(ctx, db, Queues(), func(tx *Tx) (leased, error) {
			l, err := one[leased](ctx, tx, leaseSQL, pgx.StrictNamedArgs{
				"key": key, "buckets": names, "spans": spans, "bursts": bursts, "n": int64(n),
				"block": blockBucket, "ahead": leaseAhead.Microseconds(),
			})
			return l, wrap(op, err)
		})
		if err != nil {
			return koppel.Slots{}, err
		}
		if int(l.Buckets) < len(names) {
			err := db.InTx(ctx, Queues(), func(tx *Tx) error {
				_, err := tx.exec(ctx, ensureBucketsSQL, pgx.StrictNamedArgs{"key": key, "buckets": names})
				return wrap(op, err)
			})
			if err != nil {
				return koppel.Slots{}, err
			}
			continue
		}
		slots := koppel.Slots{First: l.At, Every: time.Duration(l.Every) * time.Microsecond, Bucket: l.Bucket}
		if l.Granted {
			slots.Count = n
		}
		return slots, nil
	}
}

const blockSQL = `
INSERT INTO budget (key, bucket, blocked_until, reason) VALUES (@key, @block, @until, @reason)
ON CONFLICT (key, bucket) DO UPDATE SET blocked_until = excluded.blocked_until, reason = excluded.reason
WHERE budget.blocked_until IS NULL OR budget.blocked_until < excluded.blocked_until`

// BlockBudget makes every worker leave a budget alone until the given time; a longer block that is there stays.
func (db *DB) BlockBudget(ctx context.Context, key string, until time.Time, reason string) error {
	const op = "block budget"
	return db.InTx(ctx, Queues(), func(tx *Tx) error {
		_, err := tx.exec(ctx, blockSQL, pgx.StrictNamedArgs{"key": key, "block": blockBucket, "until": until, "reason": reason})
		return wrap(op, err)
	})
}
