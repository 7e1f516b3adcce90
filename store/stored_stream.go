package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const (
	storedStreamSQL = `SELECT id FROM stream WHERE webshop_id = $1 AND coupling_id = $2 AND name = $3`
	countRecordsSQL = `SELECT count(*) FROM record WHERE webshop_id = $1 AND stream_id = $2 AND gone_at IS NULL`
	countGroupsSQL  = `SELECT count(DISTINCT parent_id) FROM record WHERE webshop_id = $1 AND stream_id = $2 AND gone_at IS NULL`
)

// StoredStream is a stream of which something was read. Its ID is 0 when nothing ever was.
type StoredStream struct {
	ID int64
	// Count is how many records there are, or groups of records.
	Count int64
}

// StoredStream finds what is stored of a coupling's stream; groups counts groups of records.
func (tx *Tx) StoredStream(ctx context.Context, coupling int64, name string, groups bool) (s StoredStream, err error) {
	const op = "count stored records"
	webshop, err := tx.webshop(op)
	if err != nil {
		return s, err
	}
	err = tx.tx.QueryRow(ctx, storedStreamSQL, webshop, coupling, name).Scan(&s.ID)
	if err == pgx.ErrNoRows {
		return s, nil
	}
	count := countRecordsSQL
	if groups {
		count = countGroupsSQL
	}
	if err == nil {
		err = tx.tx.QueryRow(ctx, count, webshop, s.ID).Scan(&s.Count)
	}
	return s, wrap(op, err)
}
