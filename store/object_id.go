package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// blockSize is the increment of the sequence object_id: one value is the first of so many ids.
const blockSize = 1000

// objectIDs hands out inner ids of objects from blocks of the sequence, so that a batch asks the database rarely.
// What a rolled-back batch took is not given again.
type objectIDs struct {
	mu        sync.Mutex
	next, end int64
}

const blocksSQL = `SELECT nextval('object_id') FROM generate_series(1, $1)`

func (o *objectIDs) take(ctx context.Context, tx *Tx, n int) ([]int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := make([]int64, 0, n)
	for ; len(ids) < n && o.next < o.end; o.next++ {
		ids = append(ids, o.next)
	}
	if len(ids) == n {
		return ids, nil
	}
	found, err := tx.tx.Query(ctx, blocksSQL, (n-len(ids)+blockSize-1)/blockSize)
	if err != nil {
		return nil, err
	}
	starts, err := pgx.CollectRows(found, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	for _, start := range starts {
		o.next, o.end = start, start+blockSize
		for ; len(ids) < n && o.next < o.end; o.next++ {
			ids = append(ids, o.next)
		}
	}
	return ids, nil
}
