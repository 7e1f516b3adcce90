package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/koppel-io/koppel"
)

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
		if r.Hash == ([16]byte{}) || w.refused[r] != "" || w.stale(r) {
			continue
		}
		s, found := w.stored[r.ID]
		if found && s.hash == r.Hash && !s.gone && (w.b.Mapping || s.ticket == r.Ticket) {
			continue
		}
		into := inserts
		if found {
			into = updates
		}
		codec := int16(codecPlain)
		packed = packed[:0]
		if !w.b.Mapping {
			packed, codec = compress(packed, r.Raw)
		}
		into.begin()
		into.text(r.ID)
		into.optional(r.ParentID)
		into.bytes(r.Hash[:])
		into.int8(r.Ticket)
		into.int2(codec)
		into.bytes(packed)
		into.bool(w.b.Mapping)
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
		if r.Dirty && w.refused[r] == "" {
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

var parkedRowType = &rowType{"parked_row", []rowCol{{"uuid", oidUUID}, {"remote_id", oidText}, {"object", oidText}, {"field", oidText},
	{"expression", oidText}, {"input", oidText}, {"kind", oidText}, {"reason", oidText}, {"codec", oidInt2}, {"raw", oidBytea}}}

// parkedRow is a record, or one object of it, that is parked in this try.
type parkedRow struct {
	record *Record
	Parked
}

const (
	parkSQL = `
INSERT INTO parked (webshop_id, coupling_id, stream_id, run_id, uuid, remote_id, object, field, expression, input, kind, reason, codec, raw)
SELECT $2::bigint, $3::bigint, $4::bigint, $5::bigint, r.uuid, r.remote_id, r.object, r.field, r.expression, r.input, r.kind, r.reason, r.codec, r.raw
FROM unnest($1::parked_row[]) AS r
ON CONFLICT (webshop_id, stream_id, remote_id, object) WHERE resolved_at IS NULL DO UPDATE
SET field = excluded.field, expression = excluded.expression, input = excluded.input, kind = excluded.kind, reason = excluded.reason,
    codec = excluded.codec, raw = excluded.raw, run_id = excluded.run_id, last_at = now(), times = parked.times + 1`
	resolveSQL = `
UPDATE parked p SET resolved_at = now()
WHERE p.webshop_id = $2::bigint AND p.stream_id = $3::bigint AND p.resolved_at IS NULL AND p.remote_id = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM unnest($4::text[], $5::text[]) AS k(id, object) WHERE k.id = p.remote_id AND k.object = p.object)`
)

// writeParked keeps what could not be processed and closes what could be by now.
func (w *writing) writeParked() {
	l := w.b.Lease
	var mapped, ids, objects []string
	out := newRows(parkedRowType, 0)
	w.parked = distinctParked(w.parked)
	var packed []byte
	for _, p := range w.parked {
		ids, objects = append(ids, p.record.ID), append(objects, string(p.Object))
		var codec int16
		packed, codec = compress(packed[:0], p.record.Raw)
		out.begin()
		out.uuid(uuid.Must(uuid.NewV7()))
		out.text(p.record.ID)
		out.text(string(p.Object))
		out.text(plain(p.Field))
		out.text(plain(p.Expression))
		out.text(plain(p.Input))
		out.text(string(p.Kind))
		out.text(plain(p.Reason))
		out.int2(codec)
		out.bytes(packed)
		out.end()
	}
	if w.waiting.parked {
		for _, r := range w.records {
			if !r.Dirty && !w.stale(r) {
				mapped = append(mapped, r.ID)
			}
		}
		if len(mapped) > 0 {
			w.pipe.add(-1, resolveSQL, textsArg(mapped), intArg(l.Webshop), intArg(l.Stream), textsArg(ids), textsArg(objects))
		}
	}
	if out.n > 0 {
		w.pipe.add(int64(out.n), parkSQL, w.pipe.rowsArg(out), intArg(l.Webshop), intArg(l.Coupling), intArg(l.Stream), intArg(l.Run))
	}
	w.counts.Parked = int64(len(slices.Compact(ids)))
}

func distinctParked(list []parkedRow) []parkedRow {
	slices.SortStableFunc(list, func(a, b parkedRow) int {
		if a.record.ID != b.record.ID {
			if a.record.ID < b.record.ID {
				return -1
			}
			return 1
		}
		if a.Object < b.Object {
			return -1
		} else if a.Object > b.Object {
			return 1
		}
		return 0
	})
	return slices.CompactFunc(list, func(a, b parkedRow) bool { return a.record.ID == b.record.ID && a.Object == b.Object })
}

const (
	// countSQL moves the scan on: position, counters, end.
	countSQL = `
WITH s AS (
    UPDATE scan SET resume = coalesce($3::jsonb, resume), last_page_at = now(), batches = batches + 1,
        pages = pages + $4::bigint, records = records + $5::bigint, changed = changed + $6::bigint, unchanged = unchanged + $7::bigint,
        parked = parked + $8::bigint, gone = gone + $9::bigint, objects = objects + $10::bigint, bytes = bytes + $11::bigint,
        total = CASE WHEN $12::bigint >= 0 THEN $12::bigint ELSE total END,
        ended_at = CASE WHEN $13::boolean THEN now() ELSE ended_at END,
        end_rule = CASE WHEN $13::boolean THEN $14::text ELSE end_rule END,
        complete = CASE WHEN $13::boolean THEN $15::boolean ELSE complete END,
        ignored = CASE WHEN $13::boolean THEN $16::jsonb ELSE ignored END
    WHERE webshop_id = $1::bigint AND id = $2::bigint RETURNING batches
)
INSERT INTO scan_seen (webshop_id, scan_id, batch, keys) SELECT $1::bigint, $2::bigint, s.batches, $17::bytea FROM s WHERE length($17::bytea) > 0`
)

// writeScan moves the scan's row on and keeps what the batch saw.
func (w *writing) writeScan() {
	l, b := w.b.Lease, w.b
	w.count()
	if l.Scan == 0 {
		return
	}
	end := End{}
	ignored := []byte("{}")
	if b.End != nil {
		end = *b.End
		if len(end.Ignored) > 0 {
			ignored, _ = json.Marshal(end.Ignored) // a map of numbers always can be
		}
	}
	c := w.counts
	var resume []byte
	if len(b.Resume) > 0 {
		resume = b.Resume
	}
	rows := int64(min(1, len(b.Seen)))
	w.pipe.add(rows, countSQL, intArg(l.Webshop), intArg(l.Scan), jsonbArg(resume), intArg(c.Pages), intArg(c.Records), intArg(c.Changed),
		intArg(c.Unchanged), intArg(c.Parked), intArg(c.Gone), intArg(c.Objects), intArg(c.Bytes), intArg(b.Total),
		boolArg(b.End != nil), textArg(end.Rule), boolArg(end.Complete), jsonbArg(ignored), bytesArg(seenKeys(b.Seen)))
}

// count sums up what the batch read and what became of it.
func (w *writing) count() {
	b := w.b
	w.counts.Pages, w.counts.Bytes, w.counts.Unchanged = b.Pages, b.Bytes, b.Unchanged
	for i := range b.Records {
		if b.Records[i].Marked == 0 {
			w.counts.Records++
		}
	}
	w.counts.Records += b.Unchanged
	for _, r := range w.records {
		switch {
		case r.Marked != 0:
		case w.stale(r):
			w.counts.Unchanged++
		default:
			w.counts.Changed++
		}
	}
}

// seenKey is how a scan remembers a remote id.
func seenKey(id string) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.BigEndian.Uint64(sum[:8])
}

// seenKeys is the sorted set of ids as scan_seen keeps it.
func seenKeys(ids []string) []byte {
	keys := make([]uint64, len(ids))
	for i, id := range ids {
		keys[i] = seenKey(id)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	out := make([]byte, 0, 8*len(keys))
	for _, key := range keys {
		out = binary.BigEndian.AppendUint64(out, key)
	}
	return out
}

// plain makes a text that came from a record fit for the database.
func plain(s string) string {
	if checkText(s) == "" {
		return s
	}
	out := make([]rune, 0, len(s))
	for _, c := range s {
		if c != 0 {
			out = append(out, c)
		}
	}
	return string(out)
}

// changeSet is the changes of one operation on one object.
type changeSet struct {
	object    koppel.Object
	operation string
	rows      *rows
}

var changeRow = &rowType{"change_row", []rowCol{{"object_id", oidInt8}, {"fields", oidInt8}}}

// changeSQL takes the next numbers of the webshop; the counter stays locked until the commit, so that numbers become
// visible in their order.
const changeSQL = `
WITH c AS (
    INSERT INTO webshop_counter (webshop_id, changes) VALUES ($2::bigint, $4::bigint)
    ON CONFLICT (webshop_id) DO UPDATE SET changes = webshop_counter.changes + excluded.changes
    RETURNING changes - $4::bigint AS base
)
INSERT INTO change (webshop_id, run_id, number, object, operation, object_id, fields)
SELECT $2::bigint, $3::bigint, c.base + r.n, $5::text, $6::text, r.object_id, r.fields
FROM c, unnest($1::change_row[]) WITH ORDINALITY AS r(object_id, fields, n)`

func (w *writing) change(object koppel.Object, operation string, id, fields int64) {
	for i := range w.changes {
		if s := &w.changes[i]; s.object == object && s.operation == operation {
			s.add(id, fields)
			return
		}
	}
	w.changes = append(w.changes, changeSet{object, operation, newRows(changeRow, 0)})
	w.changes[len(w.changes)-1].add(id, fields)
}

func (s *changeSet) add(id, fields int64) {
	s.rows.begin()
	s.rows.int8(id)
	s.rows.int8(fields)
	s.rows.end()
}

// writeChanges numbers the changes, last of all.
func (w *writing) writeChanges() {
	for i := range w.changes {
		s := &w.changes[i]
		n := int64(s.rows.n)
		w.pipe.add(n, changeSQL, w.pipe.rowsArg(s.rows), intArg(w.b.Lease.Webshop), intArg(w.b.Lease.Run), intArg(n), textArg(string(s.object)), textArg(s.operation))
		w.counts.Objects += n
	}
}
