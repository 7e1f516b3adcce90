package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const knownHashesSQL = `
SELECT remote_id, hash FROM record
WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = ANY($3) AND gone_at IS NULL`

// byIndexSQL keeps a plan that was made while a table was empty from reading all of it later, until the transaction ends.
const byIndexSQL = `SELECT set_config('enable_seqscan', 'off', true)`

// KnownHashes fills out[i] with the stored hash of ids[i], zero where the record is unknown or gone. out is as long
// as ids.
func (db *DB) KnownHashes(ctx context.Context, webshop, stream int64, ids []string, out [][16]byte) error {
	if len(ids) == 0 {
		return nil
	}
	place := make(map[string]int, len(ids))
	again := map[int]int{}
	for i, id := range ids {
		out[i] = [16]byte{}
		if first, twice := place[id]; twice {
			again[i] = first
			continue
		}
		place[id] = i
	}
	// Without BEGIN and COMMIT the statements of a batch are one transaction all the same, in one round trip.
	batch := &pgx.Batch{}
	batch.Queue(scopeSQL, ForWebshop(webshop).setting())
	batch.Queue(byIndexSQL)
	batch.Queue(knownHashesSQL, webshop, stream, ids).Query(func(found pgx.Rows) error {
		var id string
		var hash []byte
		_, err := pgx.ForEachRow(found, []any{&id, &hash}, func() error {
			copy(out[place[id]][:], hash)
			return nil
		})
		return err
	})
	err := db.pool.SendBatch(ctx, batch).Close()
	for i, first := range again {
		out[i] = out[first]
	}
	return db.wrap("read known hashes", err)
}
