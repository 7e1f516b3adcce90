package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const knownHashesSQL = `
SELECT remote_id, hash FROM record
WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = ANY($3) AND gone_at IS NULL`

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
	err := db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		found, err := tx.tx.Query(ctx, knownHashesSQL, webshop, stream, ids)
		if err != nil {
			return err
		}
		var id string
		var hash []byte
		_, err = pgx.ForEachRow(found, []any{&id, &hash}, func() error {
			copy(out[place[id]][:], hash)
			return nil
		})
		return err
	})
	for i, first := range again {
		out[i] = out[first]
	}
	return db.wrap("read known hashes", err)
}
