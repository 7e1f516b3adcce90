package store

import (
	"context"
)

// Children are the stored records of one stream that name the same parent, in the order of their ids.
type Children struct {
	Raw [][]byte
	// More: there are more than were asked for.
	More bool
}

// childrenSQL reads the bodies of the records that are there.
const childrenSQL = `
SELECT k.id, r.codec, r.raw FROM unnest($3::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT remote_id, codec, raw FROM record WHERE webshop_id = $1 AND stream_id = $2 AND parent_id = k.id AND gone_at IS NULL
    ORDER BY remote_id LIMIT $4
) r`

// ChildRecords reads the stored records of a stream that belong to parents: of each at most rows, and no more once
// they have more than size bytes.
func (db *DB) ChildRecords(ctx context.Context, webshop, stream int64, parents []string, rows, size int) (children map[string]Children, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		children = make(map[string]Children, len(parents))
		sizes := make(map[string]int, len(parents))
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, childrenSQL, webshop, stream, parents, rows+1)
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			var parent string
			var codec int16
			var raw []byte
			if err := found.Scan(&parent, &codec, &raw); err != nil {
				return err
			}
			c := children[parent]
			if c.More {
				continue
			}
			if raw, err = expand(raw, codec); err != nil {
				return err
			}
			sizes[parent] += len(raw)
			c.Raw = append(c.Raw, raw)
			if len(c.Raw) > rows || sizes[parent] > size {
				c = Children{More: true}
			}
			children[parent] = c
		}
		return found.Err()
	})
	return children, db.wrap("read child records", err)
}
