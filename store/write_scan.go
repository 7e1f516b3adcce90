package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
)

const (
	// countSQL moves the scan on: position, counters, end.
	countSQL = `
WITH s AS (
    UPDATE scan SET resume = coalesce($3::jsonb, resume), last_page_at = now(), batches = batches + 1,
        pages = pages + $4::bigint, records = records + $5::bigint, changed = changed + $6::bigint, unchanged = unchanged + $7::bigint,
        parked = parked + $8::bigint, gone = gone + $9::bigint, objects = objects + $10::bigint, bytes = bytes + $11::bigint,
        total = CASE WHEN $12::bigint >= 0 THEN $12::bigint ELSE total END,
        cursor = CASE WHEN $20::text <> '' THEN $20::text ELSE cursor END,
        ended_at = CASE WHEN $13::boolean THEN now() ELSE ended_at END,
        end_rule = CASE WHEN $13::boolean THEN $14::text ELSE end_rule END,
        complete = CASE WHEN $13::boolean THEN $15::boolean ELSE complete END,
        ignored = CASE WHEN $13::boolean THEN ignored || $16::jsonb ELSE ignored END || CASE WHEN $21::jsonb = '{}' THEN '{}' ELSE (
            SELECT jsonb_object_agg(k.key, k.value::bigint + coalesce((ignored->>k.key)::bigint, 0)) FROM jsonb_each_text($21::jsonb) k) END,
        whole = CASE WHEN $13::boolean THEN $18::boolean ELSE whole END,
        counted = CASE WHEN $13::boolean THEN $19::boolean ELSE counted END
    WHERE webshop_id = $1::bigint AND id = $2::bigint RETURNING batches
)
INSERT INTO scan_seen (webshop_id, scan_id, batch, keys) SELECT $1::bigint, $2::bigint, s.batches, $17::bytea FROM s WHERE length($17::bytea) > 0`
	// sweptSQL counts records that no webhook named; what one names is kept until the run that reads it has ended.
	sweptSQL = `
UPDATE scan SET swept = swept + (SELECT count(*) FROM unnest($3::text[]) AS c(id) WHERE NOT EXISTS (
    SELECT FROM refetch_key k WHERE k.coupling_id = $4::bigint AND k.stream = $5::text AND k.remote_id = c.id))
WHERE webshop_id = $1::bigint AND id = $2::bigint`
	// promoteKeySQL moves a cursor that is a whole number forward.
	promoteKeySQL = `
UPDATE stream SET cursor = $3::text WHERE webshop_id = $1::bigint AND id = $2::bigint
  AND (cursor IS NULL OR (length($3::text), $3::text COLLATE "C") > (length(cursor), cursor COLLATE "C"))`
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
	rows := int64(min(1, len(w.seen())))
	w.pipe.add(rows, countSQL, intArg(l.Webshop), intArg(l.Scan), jsonbArg(resume), intArg(c.Pages), intArg(c.Records), intArg(c.Changed),
		intArg(c.Unchanged), intArg(c.Parked), intArg(c.Gone), intArg(c.Objects), intArg(c.Bytes), intArg(b.Total),
		boolArg(b.End != nil), textArg(end.Rule), boolArg(end.Complete), jsonbArg(ignored), bytesArg(seenKeys(w.seen())), boolArg(end.Whole), boolArg(end.Counted), textArg(b.Cursor), jsonbArg(w.ignored()))
	if ids := w.changedIDs(); b.Told != "" && len(ids) > 0 {
		w.pipe.add(-1, sweptSQL, intArg(l.Webshop), intArg(l.Scan), textsArg(ids), intArg(l.Coupling), textArg(b.Told))
	}
	if b.Cursor != "" {
		w.pipe.add(-1, promoteKeySQL, intArg(l.Webshop), intArg(l.Stream), textArg(b.Cursor))
	}
}

// changedIDs are the records that the batch changes.
func (w *writing) changedIDs() (ids []string) {
	for _, r := range w.records {
		if r.Marked == 0 && !w.stale(r) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// seen is what the batch saw, records without a usable id under the name they are parked by.
func (w *writing) seen() []string {
	seen := w.b.Seen
	for _, r := range w.records {
		if len(r.ID) > 0 && r.ID[0] == '?' {
			seen = append(seen[:len(seen):len(seen)], r.ID)
		}
	}
	return seen
}

// ignored counts by reason what the batch's records leave out, as JSON.
func (w *writing) ignored() []byte {
	counts := map[string]int64{}
	for _, r := range w.records {
		if !w.stale(r) {
			for _, reason := range r.Ignored {
				counts[reason]++
			}
		}
	}
	text, _ := json.Marshal(counts) // a map of numbers always can be
	return text
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
	w.counts.Records += b.Unchanged + int64(len(b.Mark))
	w.counts.Changed += int64(len(b.Mark))
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
