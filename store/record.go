package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// StoredRecord is a record as it is stored.
type StoredRecord struct {
	ID, ParentID string
	// Raw is the body as it came; ParentRaw that of the record it belongs to, nil when that is not stored or was not
	// asked for.
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
	// Parents reads the parents' bodies too.
	Parents bool
}

// DirtyRecord is a stored record that must be mapped (again).
type DirtyRecord struct {
	StoredRecord
	// Marked is the mark under which it was taken; give it back in Record.Marked.
	Marked int64
}

// The parent's body comes along only when $4 asks for it. A stream knows its parent stream from the first batch of
// that one on.
const (
	recordColumns = `r.remote_id, coalesce(r.parent_id, ''), r.codec, r.raw, r.hash, r.ticket, `
	parentJoin    = `
JOIN stream s ON s.id = r.stream_id
LEFT JOIN LATERAL (
    SELECT codec, raw FROM record
    WHERE $4::boolean AND webshop_id = r.webshop_id AND stream_id = s.parent_stream_id AND remote_id = r.parent_id AND gone_at IS NULL OFFSET 0
) p ON true`
	storedRecordsSQL = `SELECT ` + recordColumns + `p.codec, p.raw, 0::bigint FROM record r` + parentJoin + `
WHERE r.webshop_id = $1 AND r.stream_id = $2 AND r.remote_id > $3 AND r.gone_at IS NULL AND ($5 = 0 OR r.run_id = $5)
ORDER BY r.remote_id LIMIT $6`
	recordsByIDSQL = `SELECT ` + recordColumns + `p.codec, p.raw, 0::bigint FROM record r` + parentJoin + `
WHERE r.webshop_id = $1 AND r.stream_id = $2 AND r.remote_id = ANY($3) ORDER BY r.remote_id`
	dirtyRecordsSQL = `SELECT ` + recordColumns + `p.codec, p.raw, d.marked
FROM (SELECT * FROM dirty WHERE webshop_id = $1 AND stream_id = $2 ORDER BY remote_id LIMIT $3) d
CROSS JOIN LATERAL (SELECT * FROM record WHERE webshop_id = d.webshop_id AND stream_id = d.stream_id AND remote_id = d.remote_id OFFSET 0) r` + parentJoin + `
ORDER BY r.remote_id`
)

// StoredRecords reads a page of a stream's records.
func (db *DB) StoredRecords(ctx context.Context, webshop, stream int64, after RecordsAfter) ([]StoredRecord, error) {
	found, err := db.readRecords(ctx, webshop, storedRecordsSQL, webshop, stream, after.ID, after.Parents, after.Run, after.Limit)
	return plainRecords(found), db.wrap("read stored records", err)
}

// RecordsByID reads those of the records that are stored, gone or not.
func (db *DB) RecordsByID(ctx context.Context, webshop, stream int64, ids []string) ([]StoredRecord, error) {
	found, err := db.readRecords(ctx, webshop, recordsByIDSQL, webshop, stream, ids, false)
	return plainRecords(found), db.wrap("read records by id", err)
}

// DirtyRecords reads up to limit records of a stream that must be mapped (again), with their parents.
func (db *DB) DirtyRecords(ctx context.Context, webshop, stream int64, limit int) ([]DirtyRecord, error) {
	found, err := db.readRecords(ctx, webshop, dirtyRecordsSQL, webshop, stream, limit, true)
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
	d.Raw, err = expand(stored, codec)
	return d, err
}
