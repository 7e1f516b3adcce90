package store

import (
	"context"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"
)

const (
	seenSQL = `SELECT keys FROM scan_seen WHERE webshop_id = $1 AND scan_id = $2 ORDER BY batch`
	idsSQL  = `
SELECT r.remote_id FROM record r WHERE r.webshop_id = $1 AND r.stream_id = $2 AND r.remote_id > $3 AND r.gone_at IS NULL AND r.ticket <= $5
  AND ($6 = 0 OR EXISTS (
      SELECT FROM stream s JOIN record p ON p.webshop_id = s.webshop_id AND p.stream_id = s.parent_stream_id
      WHERE s.id = r.stream_id AND p.remote_id = r.parent_id AND p.run_id = $6))
ORDER BY r.remote_id LIMIT $4`
	idsAtOnce = 5000
)

// missing goes over the stored, not yet gone records of the lease's stream that its scan did not see, in the order of
// their ids, without those that were read under a newer ticket. parentsOf, unless 0, leaves only children of parents
// that the run changed. It holds eight bytes for every record that the scan saw. It says nothing about whether the scan
// was complete: that is for the caller to know before anything is taken for gone.
func (db *DB) missing(ctx context.Context, lease Lease, ticket, parentsOf int64) iter.Seq2[string, error] {
	const op = "look for missing records"
	return func(yield func(string, error) bool) {
		seen, err := db.seen(ctx, lease)
		if err != nil {
			yield("", db.wrap(op, err))
			return
		}
		for after, more := "", true; more; {
			ids, err := db.idsAfter(ctx, lease, after, ticket, parentsOf)
			if err != nil {
				yield("", db.wrap(op, err))
				return
			}
			for _, id := range ids {
				if _, found := slices.BinarySearch(seen, seenKey(id)); !found && !yield(id, nil) {
					return
				}
				after = id
			}
			more = len(ids) == idsAtOnce
		}
	}
}

// seen is the sorted set of what the scan saw.
func (db *DB) seen(ctx context.Context, lease Lease) (keys []uint64, err error) {
	err = db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		keys = nil
		found, err := tx.tx.Query(ctx, seenSQL, lease.Webshop, lease.Scan)
		if err != nil {
			return err
		}
		var packed []byte
		_, err = pgx.ForEachRow(found, []any{&packed}, func() error {
			for ; len(packed) >= 8; packed = packed[8:] {
				keys = append(keys, binary.BigEndian.Uint64(packed))
			}
			return nil
		})
		return err
	})
	slices.Sort(keys)
	return slices.Compact(keys), err
}

func (db *DB) idsAfter(ctx context.Context, lease Lease, after string, ticket, parentsOf int64) ([]string, error) {
	return With(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) ([]string, error) {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return nil, err
		}
		found, err := tx.tx.Query(ctx, idsSQL, lease.Webshop, lease.Stream, after, idsAtOnce, ticket, parentsOf)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(found, pgx.RowTo[string])
	})
}
