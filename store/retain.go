package store

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

const (
	// retainEvery is how often it is looked for data that is too old.
	retainEvery = time.Hour
	// retainedAtOnce is how many rows one transaction deletes, retainedMost how many transactions one sweep spends on a
	// kind; what is left then goes with the next sweep.
	retainedAtOnce = 1000
	retainedMost   = 50
)

const (
	dueRetentionSQL = `
INSERT INTO retention_sweep (kind, swept_at) VALUES ($1, now())
ON CONFLICT (kind) DO UPDATE SET swept_at = now() WHERE retention_sweep.swept_at < now() - $2::bigint * interval '1 second'`
	countRetentionSQL = `
UPDATE retention_sweep SET partitions = partitions + $2, rows = rows + $3, swept_at = CASE WHEN $4 THEN '-infinity' ELSE swept_at END WHERE kind = $1`
	longestSQL = `
SELECT greatest(coalesce(max(r.days), 0), (SELECT coalesce((SELECT days FROM retention WHERE kind = $1 AND organisation_id IS NULL), $2::integer)))
FROM retention r WHERE r.kind = $1 AND r.organisation_id IS NOT NULL`
	// keepersSQL are the webshops whose rows are looked at one by one: of a table in partitions those that keep it
	// shorter than the longest.
	keepersSQL = `
SELECT w.id, coalesce(o.days, i.days, $2::integer) AS days FROM webshop w
LEFT JOIN retention o ON o.kind = $1 AND o.organisation_id = w.organisation_id
LEFT JOIN retention i ON i.kind = $1 AND i.organisation_id IS NULL
WHERE coalesce(o.days, i.days, $2::integer) < $3::integer ORDER BY w.id`
	dropPartitionsSQL = `SELECT koppel_drop_partitions($1, ((now() AT TIME ZONE 'UTC')::date - $2::integer))`
)

// expiredSQL deletes rows of webshop $1 that are older than $2 days, at most $3.
var expiredSQL = map[koppel.RetentionKind]string{
	// A record that is gone, with nothing that a live source is made of, and what a person wrote in its place.
	koppel.RetainRecords: `WITH old AS (
    SELECT r.ctid AS place, r.stream_id, r.remote_id FROM record r WHERE r.webshop_id = $1 AND r.gone_at < now() - $2::integer * interval '1 day' AND NOT EXISTS (
        SELECT FROM source s WHERE s.webshop_id = r.webshop_id AND s.stream_id = r.stream_id AND s.record_id = r.remote_id AND s.gone_at IS NULL)
    LIMIT $3
), corrections AS (
    DELETE FROM record_correction c USING old WHERE c.webshop_id = $1 AND c.stream_id = old.stream_id AND c.remote_id = old.remote_id
)
DELETE FROM record WHERE ctid = ANY (ARRAY(SELECT place FROM old)) AND webshop_id = $1`,
	koppel.RetainOutbox: `DELETE FROM outbox o WHERE id = ANY (ARRAY(
    SELECT b.id FROM outbox b WHERE b.webshop_id = $1 AND b.state = 'sent' AND b.updated_at < now() - $2::integer * interval '1 day' AND EXISTS (
        SELECT FROM outbox l WHERE l.webshop_id = b.webshop_id AND l.coupling_id = b.coupling_id AND l.object = b.object AND l.object_id = b.object_id AND l.id > b.id)
    LIMIT $3)) AND webshop_id = $1`,
	koppel.RetainExchanges: `DELETE FROM exchange WHERE webshop_id = $1 AND (id, at) IN (
    SELECT id, at FROM exchange WHERE webshop_id = $1 AND at < now() - $2::integer * interval '1 day' LIMIT $3)`,
	koppel.RetainTimeline: `DELETE FROM timeline WHERE webshop_id = $1 AND (run_id, id, at) IN (
    SELECT run_id, id, at FROM timeline WHERE webshop_id = $1 AND at < now() - $2::integer * interval '1 day' LIMIT $3)`,
	koppel.RetainChanges: `DELETE FROM change WHERE webshop_id = $1 AND (number, at) IN (
    SELECT number, at FROM change WHERE webshop_id = $1 AND at < now() - $2::integer * interval '1 day' LIMIT $3)`,
	koppel.RetainInbox: `DELETE FROM inbox WHERE webshop_id = $1 AND (id, at) IN (
    SELECT id, at FROM inbox WHERE webshop_id = $1 AND at < now() - $2::integer * interval '1 day' LIMIT $3)`,
	koppel.RetainAudit: `DELETE FROM audit WHERE webshop_id = $1 AND (id, at) IN (
    SELECT id, at FROM audit WHERE webshop_id = $1 AND at < now() - $2::integer * interval '1 day' LIMIT $3)`,
}

// partitioned reports whether whole days of a kind are dropped.
func partitioned(kind koppel.RetentionKind) bool {
	return kind != koppel.RetainRecords && kind != koppel.RetainOutbox
}

// Retain deletes data that is older than its retention, where that was not looked for within the last hour: whole
// days that nobody keeps any longer, and rows of webshops that keep less, a few at a time. It says how many days and
// rows went. Sweeps may run beside each other; each kind is one's.
func (db *DB) Retain(ctx context.Context) (partitions, rows int64, err error) {
	for _, kind := range koppel.Retentions() {
		p, r, err := db.retain(ctx, kind)
		partitions, rows = partitions+p, rows+r
		if err != nil {
			return partitions, rows, db.wrap("delete old "+string(kind.Kind), err)
		}
	}
	return partitions, rows, nil
}

func (db *DB) retain(ctx context.Context, kind koppel.Retention) (partitions, rows int64, err error) {
	type keeper struct {
		ID   int64
		Days int
	}
	due, longest, keepers := false, 0, []keeper(nil)
	err = db.InTx(ctx, Queues(), func(tx *Tx) error {
		n, err := tx.exec(ctx, dueRetentionSQL, string(kind.Kind), int64(retainEvery.Seconds()))
		if due = n > 0; err != nil || !due {
			return err
		}
		if err := tx.tx.QueryRow(ctx, longestSQL, string(kind.Kind), kind.Default).Scan(&longest); err != nil {
			return err
		}
		if !partitioned(kind.Kind) {
			longest = koppel.RetentionMost + 1
		}
		keepers, err = many[keeper](ctx, tx, keepersSQL, string(kind.Kind), kind.Default, longest)
		return err
	})
	if err != nil || !due {
		return 0, 0, err
	}
	if partitioned(kind.Kind) {
		err = db.InTx(ctx, Queues(), func(tx *Tx) error {
			return tx.tx.QueryRow(ctx, dropPartitionsSQL, string(kind.Kind), longest).Scan(&partitions)
		})
	}
	spent := 0
	for i := 0; i < len(keepers) && err == nil && spent < retainedMost; {
		var n int64
		err = db.InTx(ctx, ForWebshop(keepers[i].ID), func(tx *Tx) (err error) {
			n, err = tx.exec(ctx, expiredSQL[kind.Kind], keepers[i].ID, keepers[i].Days, retainedAtOnce)
			return err
		})
		if rows += n; n > 0 {
			spent++
		}
		if n < retainedAtOnce {
			i++
		}
	}
	again := err != nil || spent == retainedMost
	counted := db.InTx(ctx, Queues(), func(tx *Tx) error {
		_, err := tx.exec(ctx, countRetentionSQL, string(kind.Kind), partitions, rows, again)
		return err
	})
	if err == nil {
		err = counted
	}
	return partitions, rows, err
}
