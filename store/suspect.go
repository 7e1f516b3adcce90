package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Suspect is a record that may be gone.
type Suspect struct {
	// Stream is the inner id of the record's stream.
	Stream int64
	Gone
}

// Compared is what a scan showed of the records that it did not see.
type Compared struct {
	// Missing were not seen, Kept of them stay because a person said so, Unlisted of those asked for singly are there.
	Missing, Kept, Asked, Unlisted int64
	// Waiting are not proven yet, over all reasons.
	Waiting int64
}

const (
	comparedSQL = `SELECT compared_at IS NOT NULL, ticket FROM scan WHERE webshop_id = $1 AND id = $2`
	suspectSQL  = `
INSERT INTO gone_suspect (webshop_id, coupling_id, stream_id, remote_id, reason, ticket, scans, scan_id)
SELECT $1, $2, $3, id, 'missing', $4, 1, $5 FROM unnest($6::text[]) AS id
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE
SET scans = gone_suspect.scans + 1, scan_id = excluded.scan_id, ticket = greatest(gone_suspect.ticket, excluded.ticket)
WHERE gone_suspect.scan_id <> excluded.scan_id`
	clearSeenSQL = `
DELETE FROM gone_suspect WHERE webshop_id = $1 AND stream_id = $2 AND reason = 'missing' AND scan_id <> $3 AND ticket < $4`
	noteComparedSQL = `UPDATE scan SET compared_at = now(), missing = $3 WHERE webshop_id = $1 AND id = $2`
)

// Compare takes down which stored records the lease's scan, which must be complete, did not see. What it saw is no
// suspect any more. parentsOf names the run whose changed parents alone were asked for children; 0 for all. A scan is
// compared once.
func (db *DB) Compare(ctx context.Context, lease Lease, parentsOf int64) error {
	const op = "compare scan"
	var done bool
	var ticket int64
	err := db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		return tx.tx.QueryRow(ctx, comparedSQL, lease.Webshop, lease.Scan).Scan(&done, &ticket)
	})
	if err != nil || done {
		return db.wrap(op, err)
	}
	var ids []string
	missing := int64(0)
	keep := func() error {
		missing += int64(len(ids))
		err := db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
			_, err := tx.exec(ctx, suspectSQL, lease.Webshop, lease.Coupling, lease.Stream, ticket, lease.Scan, ids)
			return err
		})
		ids = ids[:0]
		return err
	}
	for id, err := range db.missing(ctx, lease, ticket, parentsOf) {
		if err != nil {
			return db.wrap(op, err)
		}
		if ids = append(ids, id); len(ids) == idsAtOnce {
			if err := keep(); err != nil {
				return db.wrap(op, err)
			}
		}
	}
	if err := keep(); err != nil {
		return db.wrap(op, err)
	}
	return db.wrap(op, db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		if parentsOf == 0 {
			if _, err := tx.exec(ctx, clearSeenSQL, lease.Webshop, lease.Stream, lease.Scan, ticket); err != nil {
				return err
			}
		}
		_, err := tx.exec(ctx, noteComparedSQL, lease.Webshop, lease.Scan, missing)
		return err
	}))
}

const unconfirmedSQL = `
SELECT s.remote_id, coalesce(r.parent_id, '') FROM gone_suspect s
JOIN record r ON r.webshop_id = s.webshop_id AND r.stream_id = s.stream_id AND r.remote_id = s.remote_id
WHERE s.webshop_id = $1 AND s.stream_id = $2 AND s.scan_id = $3 AND s.reason = 'missing' AND NOT s.proven AND s.kept_at IS NULL AND s.remote_id > $4
ORDER BY s.remote_id LIMIT $5`

// Unconfirmed lists missing records of the lease's scan, after the given id, that are to be asked for singly; each
// with the record it belongs to.
func (db *DB) Unconfirmed(ctx context.Context, lease Lease, after string, limit int) (keys []SingleKey, err error) {
	err = db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		found, err := tx.tx.Query(ctx, unconfirmedSQL, lease.Webshop, lease.Stream, lease.Scan, after, limit)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (SingleKey, error) {
			key := SingleKey{By: ByRemoteID, Stream: lease.Stream}
			err := row.Scan(&key.Value, &key.ParentID)
			return key, err
		})
		return err
	})
	return keys, db.wrap("list unconfirmed records", err)
}

const (
	confirmSQL  = `UPDATE gone_suspect SET proven = true, ticket = greatest(ticket, $4) WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = $3`
	askedSQL    = `UPDATE scan SET asked = asked + 1, unlisted = unlisted + $3 WHERE webshop_id = $1 AND id = $2`
	unlistedSQL = `DELETE FROM gone_suspect WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = $3 AND reason = 'missing'`
)

// Confirmation is what a single read of a missing record said.
type Confirmation int

// The answers to a single read.
const (
	// Unclear is neither a record nor the sign of a deleted one.
	Unclear Confirmation = iota
	ConfirmedGone
	// Unlisted is a record that is there although the scan did not list it.
	Unlisted
)

// Confirm takes down what a single read of a missing record said, under a ticket taken before it.
func (db *DB) Confirm(ctx context.Context, lease Lease, id string, said Confirmation, ticket int64) error {
	return db.wrap("confirm "+id, db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		unlisted := 0
		var err error
		switch said {
		case ConfirmedGone:
			_, err = tx.exec(ctx, confirmSQL, lease.Webshop, lease.Stream, id, ticket)
		case Unlisted:
			unlisted = 1
			_, err = tx.exec(ctx, unlistedSQL, lease.Webshop, lease.Stream, id)
		}
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, askedSQL, lease.Webshop, lease.Scan, unlisted)
		return err
	}))
}

const proveSQL = `
UPDATE gone_suspect s SET proven = true FROM scan c
WHERE s.webshop_id = $1 AND s.stream_id = $2 AND s.scan_id = $3 AND s.reason = 'missing' AND NOT s.proven
  AND c.id = s.scan_id AND (s.scans >= 2 OR c.counted AND $4::bigint >= c.total)`

// Prove takes missing records of the lease's scan for gone where they cannot be asked for singly: when the remote's
// total, which did not move, is what was seen, or when two complete scans in a row did not list them.
func (db *DB) Prove(ctx context.Context, lease Lease) error {
	const op = "prove missing records"
	seen, err := db.seen(ctx, lease)
	if err != nil {
		return db.wrap(op, err)
	}
	return db.wrap(op, db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		_, err := tx.exec(ctx, proveSQL, lease.Webshop, lease.Stream, lease.Scan, len(seen))
		return err
	}))
}

const nameParentSQL = `UPDATE stream SET parent_stream_id = $3 WHERE webshop_id = $1 AND id = $2 AND parent_stream_id IS NULL`

// NameParent notes the stream whose records are the parents of those of the lease's stream, unless one is known.
func (db *DB) NameParent(ctx context.Context, lease Lease, parent int64) error {
	return db.wrap("name parent stream", db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		_, err := tx.exec(ctx, nameParentSQL, lease.Webshop, lease.Stream, parent)
		return err
	}))
}

const orphansSQL = `
INSERT INTO gone_suspect (webshop_id, coupling_id, stream_id, remote_id, reason, ticket, proven)
SELECT c.webshop_id, $2, c.stream_id, c.remote_id, 'parent', p.ticket, true
FROM stream s
JOIN record p ON p.webshop_id = s.webshop_id AND p.stream_id = s.parent_stream_id AND p.gone_at IS NOT NULL
JOIN record c ON c.webshop_id = s.webshop_id AND c.stream_id = s.id AND c.parent_id = p.remote_id AND c.gone_at IS NULL AND c.ticket <= p.ticket
WHERE s.webshop_id = $1 AND s.id = $3
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET reason = 'parent', proven = true, ticket = greatest(gone_suspect.ticket, excluded.ticket)
WHERE NOT gone_suspect.proven`

// Orphans suspects the records of a child stream whose parents are gone.
func (db *DB) Orphans(ctx context.Context, lease Lease) error {
	return db.wrap("look for orphans", db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		_, err := tx.exec(ctx, orphansSQL, lease.Webshop, lease.Coupling, lease.Stream)
		return err
	}))
}

const streamOfSQL = `
SELECT st.name, coalesce((SELECT id FROM scan WHERE run_id = $2 AND stream_id = st.id), 0) FROM stream st WHERE st.webshop_id = $1 AND st.id = $3`

// StreamOf is the name of a stream and the run's scan of it, 0 for none.
func (db *DB) StreamOf(ctx context.Context, webshop, run, stream int64) (name string, scan int64, err error) {
	const op = "find stream"
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		return tx.tx.QueryRow(ctx, streamOfSQL, webshop, run, stream).Scan(&name, &scan)
	})
	return name, scan, db.wrap(op, err)
}

const standsSQL = `
SELECT c.missing, c.asked, c.unlisted,
       (SELECT count(*) FROM gone_suspect s WHERE s.webshop_id = c.webshop_id AND s.stream_id = c.stream_id AND s.kept_at IS NOT NULL) AS kept,
       (SELECT count(*) FROM gone_suspect s WHERE s.webshop_id = c.webshop_id AND s.stream_id = c.stream_id AND NOT s.proven AND s.kept_at IS NULL) AS waiting
FROM scan c WHERE c.id = $1`

// Compared says how the comparison of a scan stands.
func (tx *Tx) Compared(ctx context.Context, scan int64) (Compared, error) {
	c, err := one[Compared](ctx, tx, standsSQL, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		err = koppel.E(koppel.KindNotFound, "read comparison", "there is no such scan")
	}
	return c, err
}
