package store

import (
	"context"

	"github.com/jackc/pgx/v5"
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

// dirtySQL and groupsSQL list keys without bodies.
const (
	dirtySQL  = `SELECT remote_id, marked FROM dirty WHERE webshop_id = $1 AND stream_id = $2 ORDER BY remote_id LIMIT $3`
	groupsSQL = `
SELECT parent_id FROM record WHERE webshop_id = $1 AND stream_id = $2 AND parent_id > $3 AND gone_at IS NULL
GROUP BY parent_id ORDER BY parent_id LIMIT $4`
)

// Dirty reads up to limit marks of a stream whose records are mapped by groups: the ids are the groups'.
func (db *DB) Dirty(ctx context.Context, webshop, stream int64, limit int) (list []DirtyRecord, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		list = nil
		found, err := tx.tx.Query(ctx, dirtySQL, webshop, stream, limit)
		if err != nil {
			return err
		}
		var d DirtyRecord
		_, err = pgx.ForEachRow(found, []any{&d.ID, &d.Marked}, func() error {
			list = append(list, d)
			return nil
		})
		return err
	})
	return list, db.wrap("read dirty groups", err)
}

// StoredGroups reads up to limit groups of a stream's records that are there, after one of them.
func (db *DB) StoredGroups(ctx context.Context, webshop, stream int64, after string, limit int) (ids []string, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, groupsSQL, webshop, stream, after, limit)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(found, pgx.RowTo[string])
		return err
	})
	return ids, db.wrap("read groups of stored records", err)
}

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
