package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// knownHashesSQL looks up id by id: with remote_id = ANY a plan that was made while the table was empty goes on to
// read the whole stream.
const knownHashesSQL = `
SELECT k.id, r.hash FROM unnest($3::text[]) AS k(id)
CROSS JOIN LATERAL (SELECT hash, gone_at FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = k.id LIMIT 1) r
WHERE r.gone_at IS NULL`

// byKeySQL has rows looked up by key until the transaction ends. Left alone, the planner takes a stream or webshop for
// a handful of rows while a first load has not been analysed yet, and reads all of it for every row of a batch; and a
// plan that was made while a table was empty is kept. For the same reason statements that update many rows take the
// webshop and the stream from a fenced (OFFSET 0) row beside the keys, not as constants.
const byKeySQL = `
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true), set_config('enable_bitmapscan', 'off', true)`

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
	batch.Queue(byKeySQL)
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
