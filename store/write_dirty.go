package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

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
	mark, changed := slices.Clone(w.b.Mark), []string(nil)
	unmark := newRows(dirtyRow, 0)
	for _, r := range w.records {
		if r.Marked != 0 {
			unmark.begin()
			unmark.text(r.ID)
			unmark.int8(r.Marked)
			unmark.end()
		}
		if w.stale(r) {
			continue
		}
		if _, refused := w.refused[r]; r.Dirty && !refused {
			mark = append(mark, r.ID)
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
	if parents := w.parentsOf(changed); len(parents) > 0 {
		w.pipe.add(int64(len(parents)), markSQL, textsArg(parents), intArg(l.Webshop), intArg(w.b.Parent))
	}
	if unmark.n > 0 {
		w.pipe.add(-1, unmarkSQL, w.pipe.rowsArg(unmark), intArg(l.Webshop), intArg(l.Stream))
	}
}

// parentsOf are the records that changed ones belong to now or belonged to before, and those that what goes or comes
// back belongs to, in the order in which rows are locked, when they are mapped together with their children.
func (w *writing) parentsOf(changed []string) (parents []string) {
	if w.b.Parent == 0 {
		return nil
	}
	now := map[string]string{}
	for _, r := range w.records {
		now[r.ID] = r.ParentID
	}
	for _, id := range changed {
		parents = append(parents, now[id], w.stored[id].parent)
	}
	for _, r := range slices.Concat(w.gone, w.back) {
		parents = append(parents, r.ParentID)
	}
	slices.Sort(parents)
	return slices.DeleteFunc(slices.Compact(parents), func(id string) bool { return id == "" })
}

// lockMarksSQL locks marks for who maps under them: of two that took the same, one writes.
const lockMarksSQL = `
SELECT d.remote_id, d.marked FROM unnest($3::text[]) AS k(id)
CROSS JOIN LATERAL (SELECT remote_id, marked FROM dirty WHERE webshop_id = $1 AND stream_id = $2 AND remote_id = k.id FOR UPDATE) d`

// readMarks reads and locks the marks of the records that are mapped (again).
func (w *writing) readMarks(ctx context.Context) error {
	var ids []string
	for _, r := range w.records {
		if r.Marked != 0 {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	w.marks = make(map[string]int64, len(ids))
	found, err := w.tx.tx.Query(ctx, lockMarksSQL, w.b.Lease.Webshop, w.b.Lease.Stream, ids)
	if err != nil {
		return err
	}
	var id string
	var marked int64
	_, err = pgx.ForEachRow(found, []any{&id, &marked}, func() error {
		w.marks[id] = marked
		return nil
	})
	return err
}
