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

var dirtyRow = &rowType{"dirty_row", []rowCol{{"remote_id", oidText}, {"marked", oidInt8}}}

const (
	markSQL = `
INSERT INTO dirty (webshop_id, stream_id, remote_id, marked)
SELECT $2::bigint, $3::bigint, id, nextval('ticket') FROM unnest($1::text[]) AS id
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET marked = excluded.marked`
	markChildrenSQL = `
INSERT INTO dirty (webshop_id, stream_id, remote_id, marked)
SELECT r.webshop_id, r.stream_id, r.remote_id, nextval('ticket')
FROM unnest($3::bigint[]) AS s(id) CROSS JOIN unnest($1::text[]) AS p(id)
CROSS JOIN LATERAL (SELECT * FROM record WHERE webshop_id = $2::bigint AND stream_id = s.id AND parent_id = p.id AND gone_at IS NULL OFFSET 0) r
ORDER BY r.stream_id, r.remote_id
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET marked = excluded.marked`
	adoptSQL  = `UPDATE stream SET parent_stream_id = $3::bigint WHERE webshop_id = $2::bigint AND id = ANY($1::bigint[])`
	unmarkSQL = `
DELETE FROM dirty d USING (SELECT $2::bigint AS shop, $3::bigint AS stream, k.* FROM unnest($1::dirty_row[]) AS k OFFSET 0) r
WHERE d.webshop_id = r.shop AND d.stream_id = r.stream AND d.remote_id = r.remote_id AND d.marked = r.marked`
)

// writeDirty marks what must be mapped later and takes away the marks of what was mapped now, unless they moved.
func (w *writing) writeDirty() {
	var mark, changed []string
	unmark := newRows(dirtyRow, 0)
	for _, r := range w.records {
		if w.stale(r) {
			continue
		}
		if _, refused := w.refused[r]; r.Dirty && !refused {
			mark = append(mark, r.ID)
		}
		if r.Marked != 0 {
			unmark.begin()
			unmark.text(r.ID)
			unmark.int8(r.Marked)
			unmark.end()
		}
		if !w.b.Mapping {
			changed = append(changed, r.ID)
		}
	}
	l := w.b.Lease
	if len(mark) > 0 {
		w.pipe.add(int64(len(mark)), markSQL, textsArg(mark), intArg(l.Webshop), intArg(l.Stream))
	}
	if w.waiting.adoption {
		w.pipe.add(-1, adoptSQL, intsArg(w.b.Children), intArg(l.Webshop), intArg(l.Stream))
	}
	if len(w.b.Children) > 0 && len(changed) > 0 {
		w.pipe.add(-1, markChildrenSQL, textsArg(changed), intArg(l.Webshop), intsArg(w.b.Children))
	}
	if unmark.n > 0 {
		w.pipe.add(-1, unmarkSQL, w.pipe.rowsArg(unmark), intArg(l.Webshop), intArg(l.Stream))
	}
}
