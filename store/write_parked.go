package store

import (
	"slices"

	"github.com/google/uuid"
)

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
WHERE p.webshop_id = $2::bigint AND p.stream_id = $3::bigint AND p.resolved_at IS NULL AND p.remote_id = ANY($1::text[]) AND ($6::text = '' OR p.object = $6::text)
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
			w.pipe.add(-1, resolveSQL, textsArg(mapped), intArg(l.Webshop), intArg(l.Stream), textsArg(ids), textsArg(objects), textArg(string(w.b.only)))
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
