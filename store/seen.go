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
SELECT remote_id FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id > $3 AND gone_at IS NULL
ORDER BY remote_id LIMIT $4`
	idsAtOnce = 5000
)

// Missing goes over the stored, not yet gone records of the lease's stream that its scan did not see, in the order of
// their ids. It holds eight bytes for every record that the scan saw. It says nothing about whether the scan was
// complete: that is for the caller to know before anything is taken for gone.
func (db *DB) Missing(ctx context.Context, lease Lease) iter.Seq2[string, error] {
	const op = "look for missing records"
	return func(yield func(string, error) bool) {
		seen, err := db.seen(ctx, lease)
		if err != nil {
			yield("", db.wrap(op, err))
			return
		}
		for after, more := "", true; more; {
			ids, err := db.idsAfter(ctx, lease, after)
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

func (db *DB) idsAfter(ctx context.Context, lease Lease, after string) ([]string, error) {
	return With(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) ([]string, error) {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return nil, err
		}
		found, err := tx.tx.Query(ctx, idsSQL, lease.Webshop, lease.Stream, after, idsAtOnce)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(found, pgx.RowTo[string])
	})
}
