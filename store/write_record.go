package store

var recordRow = &rowType{"record_row", []rowCol{{"remote_id", oidText}, {"parent_id", oidText}, {"hash", oidBytea},
	{"ticket", oidInt8}, {"codec", oidInt2}, {"raw", oidBytea}, {"keep", oidBool}}}

const (
	insertRecordSQL = `
INSERT INTO record (webshop_id, stream_id, run_id, remote_id, parent_id, hash, ticket, codec, raw)
SELECT $2::bigint, $3::bigint, $4::bigint, r.remote_id, r.parent_id, r.hash, r.ticket, r.codec, r.raw FROM unnest($1::record_row[]) AS r`
	updateRecordSQL = `
UPDATE record t SET hash = r.hash, ticket = r.ticket, gone_at = NULL,
       parent_id = CASE WHEN r.keep THEN t.parent_id ELSE r.parent_id END,
       run_id = CASE WHEN r.keep THEN t.run_id ELSE $4::bigint END,
       changed_at = CASE WHEN r.keep THEN t.changed_at ELSE now() END,
       codec = CASE WHEN r.keep THEN t.codec ELSE r.codec END,
       raw = CASE WHEN r.keep THEN t.raw ELSE r.raw END
FROM (SELECT $2::bigint AS shop, $3::bigint AS stream, k.* FROM unnest($1::record_row[]) AS k OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.stream_id = r.stream AND t.remote_id = r.remote_id`
)

// writeRecords stores the bodies of what is new or changed.
func (w *writing) writeRecords() {
	if w.b.Groups {
		return
	}
	size := 0
	for _, r := range w.records {
		size += len(r.Raw) + 160
	}
	inserts, updates := newRows(recordRow, size), newRows(recordRow, 0)
	var packed []byte
	for _, r := range w.records {
		if w.stale(r) {
			continue
		}
		s, found := w.stored[r.ID]
		hash, keep := r.Hash, w.b.Mapping
		if no, refused := w.refused[r]; hash == ([16]byte{}) || refused && !no.stored {
			// The body that is stored stays. Its hash goes: the record is parked, and when the remote shows that body
			// again it must not be taken for unchanged.
			if hash = [16]byte{}; w.b.Mapping || !found || s.hash == hash {
				continue
			}
			keep = true
		}
		if found && s.hash == hash && !s.gone && (w.b.Mapping || s.ticket == r.Ticket) {
			continue
		}
		into := inserts
		if found {
			into = updates
		}
		codec := int16(codecPlain)
		packed = packed[:0]
		if !keep {
			packed, codec = compress(packed, r.Raw)
		}
		into.begin()
		into.text(r.ID)
		into.optional(r.ParentID)
		into.bytes(hash[:])
		into.int8(r.Ticket)
		into.int2(codec)
		into.bytes(packed)
		into.bool(keep)
		into.end()
	}
	w.addRecords(inserts, insertRecordSQL)
	w.addRecords(updates, updateRecordSQL)
}

func (w *writing) addRecords(r *rows, sql string) {
	if r.n > 0 {
		l := w.b.Lease
		w.pipe.add(int64(r.n), sql, w.pipe.rowsArg(r), intArg(l.Webshop), intArg(l.Stream), intArg(l.Run))
	}
}
