package store

import "context"

const firstScanSQL = `SELECT NOT EXISTS (SELECT FROM scan WHERE stream_id = $1 AND id < $2)`

// FirstScan reports whether the lease's scan is the first of its stream, so that what it reads is most likely new and
// need not be looked up before it is written.
func (db *DB) FirstScan(ctx context.Context, lease Lease) (first bool, err error) {
	first, err = With(ctx, db, ForWebshop(lease.Webshop), func(tx *Tx) (first bool, err error) {
		err = tx.tx.QueryRow(ctx, firstScanSQL, lease.Stream, lease.Scan).Scan(&first)
		return first, err
	})
	return first, db.wrap("look for earlier scans", err)
}
