package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// StoredRecord is a record as it is stored.
type StoredRecord struct {
	ID, ParentID string
	// Raw is the body as it came; ParentRaw, which only DirtyRecords and WholeRecords give, that of the record it belongs to, nil when
	// that is not stored.
	Raw, ParentRaw []byte
	Hash           [16]byte
	Ticket         int64
}

// RecordsAfter says which stored records to read, in the order of their ids.
type RecordsAfter struct {
	// ID is the last one read before; "" begins.
	ID string
	// Run leaves only records that this run changed; 0 for all.
	Run int64
	// Limit is how many at most; required.
	Limit int
}

// DirtyRecord is a stored record that must be mapped (again).
type DirtyRecord struct {
	StoredRecord
	// Marked is the mark under which it was taken; give it back in Record.Marked.
	Marked int64
	// Lost: no such record is stored, or it is gone. Only the mark is to be taken away.
	Lost bool
}

const (
	// recordsSQL begins a list of records without their parents and marks.
	recordsSQL = `
SELECT remote_id, coalesce(parent_id, ''), codec, raw, hash, ticket, NULL::smallint, NULL::bytea, 0::bigint
FROM record WHERE webshop_id = $1 AND stream_id = $2 AND `
	storedRecordsSQL = recordsSQL + `remote_id > $3 AND gone_at IS NULL AND ($4 = 0 OR run_id = $4) ORDER BY remote_id LIMIT $5`
	storedIDsSQL     = `
SELECT remote_id FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id > $3 AND gone_at IS NULL ORDER BY remote_id LIMIT $4`
	recordsByIDSQL = recordsSQL + `remote_id = ANY($3) ORDER BY remote_id`
	// wholeRecordsSQL reads records with their parents, as dirtyRecordsSQL does.
	wholeRecordsSQL = `
SELECT r.remote_id, coalesce(r.parent_id, ''), r.codec, r.raw, r.hash, r.ticket, p.codec, p.raw, 0::bigint
FROM (SELECT * FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id > $3 AND gone_at IS NULL ORDER BY remote_id LIMIT $4) r
JOIN stream s ON s.id = r.stream_id
LEFT JOIN LATERAL (
    SELECT codec, raw FROM record WHERE webshop_id = $1 AND stream_id = s.parent_stream_id AND remote_id = r.parent_id AND gone_at IS NULL OFFSET 0
) p ON true
ORDER BY r.remote_id`
	// dirtyRecordsSQL reads marks with their records. A stream knows its parent stream from the first batch of that one on.
	dirtyRecordsSQL = `
SELECT d.remote_id, coalesce(r.parent_id, ''), coalesce(r.codec, 0), r.raw, r.hash, coalesce(r.ticket, 0), p.codec, p.raw, d.marked
FROM (SELECT * FROM dirty WHERE webshop_id = $1 AND stream_id = $2 ORDER BY remote_id LIMIT $3) d
JOIN stream s ON s.id = d.stream_id
LEFT JOIN LATERAL (
    SELECT * FROM record WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = d.remote_id AND gone_at IS NULL OFFSET 0
) r ON true
LEFT JOIN LATERAL (
    SELECT codec, raw FROM record WHERE webshop_id = $1 AND stream_id = s.parent_stream_id AND remote_id = r.parent_id AND gone_at IS NULL OFFSET 0
) p ON true
ORDER BY d.remote_id`
)

// StoredRecords reads a page of a stream's records.
func (db *DB) StoredRecords(ctx context.Context, webshop, stream int64, after RecordsAfter) ([]StoredRecord, error) {
	found, err := db.readRecords(ctx, webshop, storedRecordsSQL, webshop, stream, after.ID, after.Run, after.Limit)
	return plainRecords(found), db.wrap("read stored records", err)
}

// WholeRecords reads up to limit records of a stream, with their parents, after one of them.
func (db *DB) WholeRecords(ctx context.Context, webshop, stream int64, after string, limit int) ([]StoredRecord, error) {
	found, err := db.readRecords(ctx, webshop, wholeRecordsSQL, webshop, stream, after, limit)
	return plainRecords(found), db.wrap("read stored records with their parents", err)
}

// StoredIDs reads up to limit ids of a stream's records that are there, after one of them.
func (db *DB) StoredIDs(ctx context.Context, webshop, stream int64, after string, limit int) (ids []string, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, storedIDsSQL, webshop, stream, after, limit)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(found, pgx.RowTo[string])
		return err
	})
	return ids, db.wrap("read ids of stored records", err)
}

// RecordsByID reads those of the records that are stored, gone or not.
func (db *DB) RecordsByID(ctx context.Context, webshop, stream int64, ids []string) ([]StoredRecord, error) {
	found, err := db.readRecords(ctx, webshop, recordsByIDSQL, webshop, stream, ids)
	return plainRecords(found), db.wrap("read records by id", err)
}

// DirtyRecords reads up to limit marks of a stream whose records must be mapped (again), with their parents.
func (db *DB) DirtyRecords(ctx context.Context, webshop, stream int64, limit int) ([]DirtyRecord, error) {
	found, err := db.readRecords(ctx, webshop, dirtyRecordsSQL, webshop, stream, limit)
	return found, db.wrap("read dirty records", err)
}

func plainRecords(found []DirtyRecord) []StoredRecord {
	list := make([]StoredRecord, len(found))
	for i := range found {
		list[i] = found[i].StoredRecord
	}
	return list
}

func (db *DB) readRecords(ctx context.Context, webshop int64, sql string, args ...any) (list []DirtyRecord, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		list = nil
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			d, err := scanRecord(found)
			if err != nil {
				return err
			}
			// Children of one parent lie together: they share its unpacked body.
			if n := len(list); n > 0 && d.ParentID != "" && list[n-1].ParentID == d.ParentID {
				d.ParentRaw = list[n-1].ParentRaw
			} else if d.ParentRaw, err = expand(d.ParentRaw, d.parentCodec); err != nil {
				return err
			}
			list = append(list, d.DirtyRecord)
		}
		return found.Err()
	})
	return list, err
}

type scannedRecord struct {
	DirtyRecord
	parentCodec int16
}

func scanRecord(row pgx.Rows) (d scannedRecord, err error) {
	var codec int16
	var parentCodec *int16
	var stored, hash []byte
	if err := row.Scan(&d.ID, &d.ParentID, &codec, &stored, &hash, &d.Ticket, &parentCodec, &d.ParentRaw, &d.Marked); err != nil {
		return d, err
	}
	copy(d.Hash[:], hash)
	if parentCodec != nil {
		d.parentCodec = *parentCodec
	}
	if d.Lost = stored == nil; d.Lost {
		return d, nil
	}
	d.Raw, err = expand(stored, codec)
	return d, err
}
