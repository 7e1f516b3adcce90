package store

import "github.com/koppel-io/koppel"

// changeSet is the changes of one operation on one object.
type changeSet struct {
	object    koppel.Object
	operation string
	rows      *rows
	// ids of what may have to be pushed.
	ids []int64
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
	w.changes = append(w.changes, changeSet{object: object, operation: operation, rows: newRows(changeRow, 0)})
	w.changes[len(w.changes)-1].add(id, fields)
}

func (s *changeSet) add(id, fields int64) {
	if _, follows := following[s.object]; follows {
		s.ids = append(s.ids, id)
	}
	s.rows.begin()
	s.rows.int8(id)
	s.rows.int8(fields)
	s.rows.end()
}

// writeChanges asks for what is to be pushed of the changes and numbers them, last of all.
func (w *writing) writeChanges() {
	w.writeWanted()
	w.wantFollowing()
	for i := range w.changes {
		s := &w.changes[i]
		n := int64(s.rows.n)
		w.pipe.add(n, changeSQL, w.pipe.rowsArg(s.rows), intArg(w.b.Lease.Webshop), intArg(w.b.Lease.Run), intArg(n), textArg(string(s.object)), textArg(s.operation))
		w.counts.Objects += n
	}
}
