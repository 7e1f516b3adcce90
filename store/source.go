package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// source is the binding of an object to one coupling's remote id, with the values that coupling gives it.
type source struct {
	// coupling is 0, and by nil, for a person's own edit.
	coupling           int64
	by                 *participant
	object             int64
	remoteID, recordID string
	values             koppel.Values
	mapped             []byte
	gone               bool
	why                koppel.GoneReason
	// isNew and changed say what is to be written; item is what this batch gives for it.
	isNew, changed bool
	item           *item
}

const findSourcesSQL = `
SELECT k.id, s.object_id FROM unnest($4::text[]) AS k(id)
CROSS JOIN LATERAL (SELECT object_id FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = k.id LIMIT 1) s`

// boundSourcesSQL also says of which record of the stream a source is, if it is not gone.
const boundSourcesSQL = `
SELECT k.id, s.object_id, CASE WHEN s.stream_id = $5 AND s.gone_at IS NULL THEN s.record_id ELSE '' END FROM unnest($4::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT object_id, stream_id, record_id, gone_at FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = k.id LIMIT 1
) s`

// find looks up which of the group's keys are bound to objects already.
func (w *writing) find(ctx context.Context, g *group) error {
	keys := make([]string, 0, len(g.items))
	for _, it := range g.items {
		if w.careful || !it.r.New {
			keys = append(keys, it.m.RemoteID)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	l := w.b.Lease
	found, err := w.tx.tx.Query(ctx, boundSourcesSQL, l.Webshop, l.Coupling, string(g.t.object), keys, l.Stream)
	if err != nil {
		return err
	}
	var key, record string
	var object int64
	records := map[string]string{}
	if _, err := pgx.ForEachRow(found, []any{&key, &object, &record}, func() error {
		g.made[key], records[key] = object, record
		return nil
	}); err != nil {
		return err
	}
	for _, it := range g.items {
		it.object = g.made[it.m.RemoteID]
		it.bound = it.object != 0 && records[it.m.RemoteID] == it.r.ID
	}
	return nil
}

const loadSourcesSQL = `
SELECT s.object_id, s.coupling_id, s.remote_id, s.record_id, s.mapped::text, s.gone_at IS NOT NULL, coalesce(s.gone_reason, '')
FROM unnest($2::bigint[]) AS k(id)
CROSS JOIN LATERAL (SELECT * FROM source WHERE webshop_id = $1 AND object_id = k.id OFFSET 0) s`

// load locks the objects that the group touches, in the order of their ids, and then reads all their sources: nobody
// else merges them meanwhile.
func (w *writing) load(ctx context.Context, g *group) error {
	var ids []int64
	for _, it := range g.items {
		for _, id := range []int64{it.object, it.leaves} {
			if id != 0 && g.targets[id] == nil {
				g.target(id)
				ids = append(ids, id)
			}
		}
	}
	return w.loadObjects(ctx, g, ids)
}

func (w *writing) loadObjects(ctx context.Context, g *group, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	err := w.readRaw(ctx, g.t.read, ids, func(row [][]byte) {
		tg := g.targets[rawInt(row[0])]
		tg.before, tg.uuid = row, uuid.UUID(row[1])
	})
	if err == nil && g.t.lines != nil {
		err = w.readRaw(ctx, g.t.lines.read, ids, func(row [][]byte) {
			tg := g.targets[rawInt(row[0])]
			tg.lines = append(tg.lines, row)
		})
	}
	if err == nil {
		err = w.readSources(ctx, g, ids)
	}
	if err != nil {
		return err
	}
	for _, tg := range g.order {
		if tg.before == nil {
			// The object vanished; its sources bring it back.
			tg.uuid = uuid.Must(uuid.NewV7())
		}
	}
	return nil
}

func (w *writing) readSources(ctx context.Context, g *group, ids []int64) error {
	found, err := w.tx.tx.Query(ctx, loadSourcesSQL, w.b.Lease.Webshop, ids)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		s := &source{}
		if err := found.Scan(&s.object, &s.coupling, &s.remoteID, &s.recordID, &s.mapped, &s.gone, &s.why); err != nil {
			return err
		}
		if s.values, err = decodeMapped(s.mapped, g.t.fields); err != nil {
			return koppel.Wrap("read source "+s.remoteID, err)
		}
		if s.by = w.party[s.coupling]; s.by == nil && s.coupling != 0 {
			// Made after the batch began; the next one that touches the object knows its place.
			s.by = &participant{ID: s.coupling}
		}
		tg := g.targets[s.object]
		tg.sources = append(tg.sources, s)
	}
	return found.Err()
}

// readRaw hands on rows of the webshop's ids as PostgreSQL sends them in binary, to be compared with rows to be written.
func (w *writing) readRaw(ctx context.Context, sql string, ids []int64, fn func([][]byte)) error {
	found, err := w.tx.tx.Query(ctx, sql, pgx.QueryResultFormats{1}, w.b.Lease.Webshop, ids)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		raw := found.RawValues()
		size := 0
		for _, v := range raw {
			size += len(v)
		}
		row, buf := make([][]byte, len(raw)), make([]byte, 0, size)
		for i, v := range raw {
			if v != nil {
				start := len(buf)
				buf = append(buf, v...)
				row[i] = buf[start:len(buf):len(buf)]
			}
		}
		fn(row)
	}
	return found.Err()
}

func rawInt(b []byte) int64 {
	var v int64
	for _, c := range b {
		v = v<<8 | int64(c)
	}
	return v
}

func (g *group) target(id int64) *target {
	tg := &target{id: id}
	g.targets[id] = tg
	g.order = append(g.order, tg)
	return tg
}

// overlay lays what the batch gives over what the coupling's sources gave before: absent leaves, null clears. A
// record that the mapping leaves out takes its source away.
func (w *writing) overlay(ctx context.Context, g *group) error {
	if err := w.create(ctx, g); err != nil {
		return err
	}
	for _, it := range g.items {
		if it.object == 0 {
			continue
		}
		tg := g.targets[it.object]
		s := tg.source(w.b.Lease.Coupling, it.m.RemoteID)
		if it.leaves != 0 {
			if s = g.moveSource(it, w.b.Lease.Coupling); s != nil {
				tg.sources = append(tg.sources, s)
			}
		}
		switch {
		case it.back:
			if s != nil && s.gone {
				s.gone, s.why, s.changed, s.item = false, "", true, it
			}
		case it.m.Skip:
			if s != nil && !s.gone {
				s.gone, s.why, s.changed, s.item = true, cmp.Or(it.why, koppel.GoneLeftOut), true, it
				w.counts.Gone++
			}
		case s == nil:
			tg.sources = append(tg.sources, &source{
				coupling: w.b.Lease.Coupling, by: w.self(), object: tg.id, remoteID: it.m.RemoteID, recordID: it.r.ID,
				values: it.m.Values, mapped: appendMapped(make([]byte, 0, 512), g.t.fields, it.m.Values), isNew: true, item: it,
			})
			g.fresh = append(g.fresh, it.m.RemoteID)
			g.made[it.m.RemoteID] = tg.id
		default:
			s.values.Merge(it.m.Values)
			mapped := appendMapped(make([]byte, 0, len(s.mapped)+64), g.t.fields, s.values)
			// A source that a push made, or another record, is taken over.
			s.changed = it.leaves != 0 || s.gone || s.recordID != it.r.ID || string(mapped) != string(s.mapped)
			s.mapped, s.gone, s.why, s.recordID, s.item = mapped, false, "", it.r.ID, it
		}
	}
	return nil
}

func (tg *target) source(coupling int64, key string) *source {
	for _, s := range tg.sources {
		if s.coupling == coupling && s.remoteID == key {
			return s
		}
	}
	return nil
}

// create gives ids to the objects that are not there yet.
func (w *writing) create(ctx context.Context, g *group) error {
	var fresh []*item
	for _, it := range g.items {
		if it.object == 0 && !it.m.Skip {
			fresh = append(fresh, it)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	ids, err := w.db.objectIDs.take(ctx, w.tx, len(fresh))
	if err != nil {
		return err
	}
	for i, it := range fresh {
		it.object = ids[i]
		tg := g.target(ids[i])
		if tg.uuid, err = uuid.NewV7(); err != nil {
			return err
		}
	}
	return nil
}

var sourceRow = &rowType{"source_row", []rowCol{{"object", oidText}, {"remote_id", oidText}, {"object_id", oidInt8},
	{"record_id", oidText}, {"mapped", oidJSON}, {"notes", oidJSON}, {"gone", oidBool}, {"gone_reason", oidText}}}

const (
	insertSourceSQL = `
INSERT INTO source (webshop_id, coupling_id, stream_id, run_id, object, remote_id, object_id, record_id, mapped, notes)
SELECT $2::bigint, $3::bigint, $4::bigint, $5::bigint, r.object, r.remote_id, r.object_id, r.record_id, r.mapped, r.notes FROM unnest($1::source_row[]) AS r`
	updateSourceSQL = `
UPDATE source t SET object_id = r.object_id, stream_id = $4::bigint, run_id = $5::bigint, record_id = r.record_id, mapped = r.mapped, notes = r.notes, changed_at = now(),
       gone_at = CASE WHEN r.gone THEN coalesce(t.gone_at, now()) END, gone_reason = r.gone_reason
FROM (SELECT $2::bigint AS shop, $3::bigint AS coupling, k.* FROM unnest($1::source_row[]) AS k OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.coupling_id = r.coupling AND t.object = r.object AND t.remote_id = r.remote_id`
)

// writeSources keeps what changed of the coupling's own sources.
func (w *writing) writeSources(g *group) {
	inserts, updates := newRows(sourceRow, 512*len(g.fresh)), newRows(sourceRow, 0)
	for _, tg := range g.order {
		for _, s := range tg.sources {
			if !s.isNew && !s.changed {
				continue
			}
			into := updates
			if s.isNew {
				into = inserts
			}
			into.begin()
			into.text(string(g.t.object))
			into.text(s.remoteID)
			into.int8(tg.id)
			into.text(s.recordID)
			into.bytes(s.mapped)
			if notes := s.item.m.Notes; len(notes) > 0 {
				text, _ := json.Marshal(notes) // strings only
				into.bytes(text)
			} else {
				into.null()
			}
			into.bool(s.gone)
			into.optional(string(s.why))
			into.end()
		}
	}
	l := w.b.Lease
	for _, x := range []struct {
		rows *rows
		sql  string
	}{{inserts, insertSourceSQL}, {updates, updateSourceSQL}} {
		if x.rows.n > 0 {
			w.pipe.add(int64(x.rows.n), x.sql, w.pipe.rowsArg(x.rows), intArg(l.Webshop), intArg(l.Coupling), intArg(l.Stream), intArg(l.Run))
		}
	}
}
