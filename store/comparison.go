package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ComparisonRow is what a run found when it compared a stream.
type ComparisonRow struct {
	RunUUID string
	Group   string
	At      time.Time
	Report  koppel.Comparison
}

const (
	streamParkedSQL  = `SELECT count(*) FROM parked WHERE webshop_id = $1 AND stream_id = $2 AND resolved_at IS NULL`
	streamDirtySQL   = `SELECT count(*) FROM dirty WHERE webshop_id = $1 AND stream_id = $2`
	streamObjectsSQL = `
SELECT object, count(*) AS sources, count(DISTINCT object_id) AS objects FROM source
WHERE webshop_id = $1 AND stream_id = $2 AND gone_at IS NULL GROUP BY object ORDER BY object`
	sampleRecordsSQL = `
SELECT remote_id, coalesce(parent_id, '') FROM record
WHERE webshop_id = $1 AND stream_id = $2 AND gone_at IS NULL AND ($3::text[] IS NULL OR parent_id = ANY ($3::text[])) ORDER BY random() LIMIT $4`
)

// CountStored counts what is stored of a stream.
func (db *DB) CountStored(ctx context.Context, lease Lease) (c koppel.Comparison, err error) {
	const op = "count what is stored of a stream"
	c.Told, c.Outcomes, c.Differing = -1, map[koppel.ComparedOutcome]int64{}, []koppel.ComparedRecord{}
	return Read(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) (koppel.Comparison, error) {
		for sql, into := range map[string]*int64{countRecordsSQL: &c.Records, streamParkedSQL: &c.Parked, streamDirtySQL: &c.Dirty} {
			if err := tx.tx.QueryRow(ctx, sql, lease.Webshop, lease.Stream).Scan(into); err != nil {
				return c, wrap(op, err)
			}
		}
		c.Objects, err = many[koppel.ComparedObject](ctx, tx, streamObjectsSQL, lease.Webshop, lease.Stream)
		return c, wrap(op, err)
	})
}

// SampleRecords draws up to limit records of a stream that are there, of all or of those of some parents.
func (db *DB) SampleRecords(ctx context.Context, lease Lease, parents []string, limit int) ([]StoredRecord, error) {
	return Read(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) (list []StoredRecord, err error) {
		rows, err := tx.tx.Query(ctx, sampleRecordsSQL, lease.Webshop, lease.Stream, parents, limit)
		if err != nil {
			return nil, wrap("draw records", err)
		}
		var r StoredRecord
		_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.ParentID}, func() error {
			list = append(list, r)
			return nil
		})
		return list, wrap("draw records", err)
	})
}

const (
	saveComparisonSQL = `
INSERT INTO comparison (webshop_id, coupling_id, run_id, stream_id, report) VALUES (@webshop, @coupling, @run, @stream, @report)
ON CONFLICT (run_id, stream_id) DO UPDATE SET report = excluded.report, at = now()`
	oldComparisonsSQL = `DELETE FROM comparison WHERE coupling_id = $1 AND at < now() - interval '14 days'`
)

// SaveComparison keeps what a run found of a stream, and tells it in the run's timeline. Those of the coupling that are
// older than 14 days go.
func (db *DB) SaveComparison(ctx context.Context, lease Lease, c koppel.Comparison) error {
	const op = "save comparison"
	report, err := json.Marshal(c)
	if err != nil {
		return wrap(op, err)
	}
	return db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		if _, err := tx.exec(ctx, oldComparisonsSQL, lease.Coupling); err != nil {
			return wrap(op, err)
		}
		if _, err := tx.exec(ctx, saveComparisonSQL, pgx.StrictNamedArgs{
			"webshop": lease.Webshop, "coupling": lease.Coupling, "run": lease.Run, "stream": lease.Stream, "report": report,
		}); err != nil {
			return wrap(op, err)
		}
		data := map[string]any{"stream": c.Stream, "looked": c.Looked, "stored": c.Records}
		if c.Told >= 0 {
			data["told"] = c.Told
		}
		for outcome, n := range c.Outcomes {
			data[string(outcome)] = n
		}
		return wrap(op, tx.AppendTimeline(ctx, lease.Run, EventCompared, data))
	})
}

const comparisonsSQL = `
SELECT r.uuid::text AS run_uuid, r.stream_group, c.at, c.report FROM comparison c JOIN run r ON r.id = c.run_id
WHERE r.uuid = $1 ORDER BY c.at, c.stream_id`

// lastComparisonsSQL finds the last comparison of each stream.
const lastComparisonsSQL = `
SELECT x.run_uuid, x.stream_group, x.at, x.report FROM (
    SELECT DISTINCT ON (c.stream_id) r.uuid::text AS run_uuid, r.stream_group, c.at, c.report, c.stream_id
    FROM comparison c JOIN run r ON r.id = c.run_id JOIN coupling o ON o.id = c.coupling_id WHERE o.uuid = $1
    ORDER BY c.stream_id, c.at DESC
) x ORDER BY x.at, x.stream_id`

// Comparisons lists what a run found, by its outside id, in the order in which its streams were compared.
func (tx *Tx) Comparisons(ctx context.Context, run string) ([]ComparisonRow, error) {
	const op = "list comparisons of run"
	if err := checkID(op, "run", run); err != nil {
		return nil, err
	}
	return tx.comparisons(ctx, op, comparisonsSQL, run)
}

// LastComparisons lists what was found last of each stream of a coupling, by its outside id.
func (tx *Tx) LastComparisons(ctx context.Context, coupling string) ([]ComparisonRow, error) {
	const op = "list last comparisons"
	if err := checkID(op, "coupling", coupling); err != nil {
		return nil, err
	}
	return tx.comparisons(ctx, op, lastComparisonsSQL, coupling)
}

func (tx *Tx) comparisons(ctx context.Context, op, sql, id string) ([]ComparisonRow, error) {
	rows, err := tx.tx.Query(ctx, sql, id)
	if err != nil {
		return nil, wrap(op, err)
	}
	list := []ComparisonRow{}
	var c ComparisonRow
	var report []byte
	_, err = pgx.ForEachRow(rows, []any{&c.RunUUID, &c.Group, &c.At, &report}, func() error {
		c.Report = koppel.Comparison{}
		if err := json.Unmarshal(report, &c.Report); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	})
	return list, wrap(op, err)
}
