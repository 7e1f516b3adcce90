package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// A record's other sources: under its own id, and (the partial index source_record) under another key.
const otherSourcesSQL = `
SELECT k.id, s.remote_id, s.object_id FROM unnest($5::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT remote_id, object_id FROM source
    WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = k.id AND record_id = k.id AND stream_id = $4 AND gone_at IS NULL LIMIT 1
) s
UNION ALL
SELECT k.id, s.remote_id, s.object_id FROM unnest($6::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT remote_id, object_id, object, gone_at FROM source
    WHERE webshop_id = $1 AND stream_id = $4 AND record_id = k.id AND record_id <> remote_id OFFSET 0
) s
WHERE s.object = $3 AND s.gone_at IS NULL`

// renamed takes away what a changed record named before and names no longer. One that gives an object once gives it
// under another key now, such as a product's offer of another supplier; only one whose key is not bound to it has such a
// source. One that gives a list, such as a set its parts, gives it whole: what is not in it is gone. What a record does
// not give at all, because its mapping failed or is switched off, stays, and so does a key that another record of the
// batch names.
func (w *writing) renamed(ctx context.Context, g *group) error {
	moved := map[string]left{}
	named := map[string]bool{}
	var own, all []string
	for _, it := range g.items {
		named[it.m.RemoteID] = true
		if _, found := w.stored[it.r.ID]; !found || it.bound || it.r.lists(g.t.object) || it.r.failed(g.t.object) {
			continue
		}
		moved[it.r.ID] = left{it.r, "the record names " + it.m.RemoteID + " now"}
		all = append(all, it.r.ID)
		if it.m.RemoteID != it.r.ID {
			own = append(own, it.r.ID)
		}
	}
	for _, r := range g.lists {
		if _, found := w.stored[r.ID]; found || w.b.Groups {
			moved[r.ID] = left{r, "the record lists it no longer"}
			own, all = append(own, r.ID), append(all, r.ID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	l := w.b.Lease
	found, err := w.tx.tx.Query(ctx, otherSourcesSQL, l.Webshop, l.Coupling, string(g.t.object), l.Stream, own, all)
	if err != nil {
		return err
	}
	var record, key string
	var object int64
	_, err = pgx.ForEachRow(found, []any{&record, &key, &object}, func() error {
		if named[key] {
			return nil
		}
		now := moved[record]
		g.made[key] = object
		g.items = append(g.items, &item{r: now.record, object: object, why: koppel.GoneRenamed, m: &Mapped{
			Object: g.t.object, RemoteID: key, Skip: true, Notes: []koppel.Note{{Field: "remote_id", Text: now.note}},
		}})
		return nil
	})
	return err
}

// left is a record that gave more before, with what its sources' note says.
type left struct {
	record *Record
	note   string
}

// lists reports whether the record gives all of an object that it has.
func (r *Record) lists(object koppel.Object) bool { return slices.Contains(r.Lists, object) }

// failed reports whether something of the object could not be mapped.
func (r *Record) failed(object koppel.Object) bool {
	return slices.ContainsFunc(r.Parked, func(p Parked) bool { return p.Object == object || p.Object == "" })
}
