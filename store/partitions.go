package store

import "context"

const partitionsSQL = `SELECT koppel_partitions($1)`

// partitionsMost bounds how far ahead partitions are made.
const partitionsMost = 90

// MakePartitions makes the daily partitions of logs, changes and inbox from yesterday to so many days ahead, and
// says how many were missing. Starting programs and the sweep call it; many at once are fine.
func (db *DB) MakePartitions(ctx context.Context, daysAhead int) (made int, err error) {
	const op = "make partitions"
	if daysAhead < 0 || daysAhead > partitionsMost {
		return 0, invalid(op, "%d days ahead is not between 0 and %d", daysAhead, partitionsMost)
	}
	err = db.InTx(ctx, Queues(), func(tx *Tx) error {
		return wrap(op, tx.tx.QueryRow(ctx, partitionsSQL, daysAhead).Scan(&made))
	})
	return made, err
}
