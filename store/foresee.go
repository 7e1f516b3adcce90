package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Foreseen is what writing a mapped record would do to one source of its coupling.
type Foreseen struct {
	Object             koppel.Object
	RecordID, RemoteID string
	// Change is koppel.ForeseenSame when the source gives the same already.
	Change koppel.ForeseenChange
	// Before are the values that the source gives, nil where there is none or it is gone; After those that it would
	// give, nil where it would be gone.
	Before, After koppel.Values
	// Field and Reason say why it would be parked.
	Field, Reason string
}

const foreseenSourcesSQL = `
SELECT k.id, CASE WHEN s.stream_id = $5 AND s.gone_at IS NULL THEN s.record_id ELSE '' END, s.mapped::text, s.gone_at IS NOT NULL
FROM unnest($4::text[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT stream_id, record_id, mapped, gone_at FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = k.id LIMIT 1
) s`

// Foresee compares what was mapped from stored records of a stream with what the coupling's sources hold, by the rules
// by which WriteBatch lays it over them, and writes nothing. What other couplings and people give does not count.
func (db *DB) Foresee(ctx context.Context, webshop, coupling, stream int64, records []Record) ([]Foreseen, error) {
	list, err := Read(ctx, db, ForWebshop(webshop), func(tx *Tx) (list []Foreseen, err error) {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return nil, err
		}
		for _, object := range koppel.Objects() {
			f := foreseeing{tx: tx, t: tables[object], coupling: coupling, stream: stream, records: records, held: map[string]heldSource{}}
			found, err := f.run(ctx, webshop)
			if err != nil {
				return nil, err
			}
			list = append(list, found...)
		}
		return list, nil
	})
	return list, wrap("foresee what would change", err)
}

// foreseeing is the work on one object.
type foreseeing struct {
	tx               *Tx
	t                *table
	coupling, stream int64
	records          []Record
	list             []Foreseen
	held             map[string]heldSource
}

// heldSource is a source as it is stored.
type heldSource struct {
	record string
	mapped []byte
	gone   bool
}

// foreseenItem is what one record gives under one key.
type foreseenItem struct {
	r *Record
	m *Mapped
}

func (f *foreseeing) run(ctx context.Context, webshop int64) ([]Foreseen, error) {
	items, lists := f.items()
	if len(items) == 0 && len(lists) == 0 {
		return f.list, nil
	}
	keys := make([]string, len(items))
	for i, it := range items {
		keys[i] = it.m.RemoteID
	}
	if err := f.read(ctx, webshop, keys); err != nil {
		return nil, err
	}
	left, err := f.left(ctx, webshop, items, lists)
	if err != nil {
		return nil, err
	}
	for _, it := range append(items, left...) {
		if err := f.compare(it); err != nil {
			return nil, koppel.Wrap("read source "+it.m.RemoteID, err)
		}
	}
	return f.list, nil
}

// items are what the records give of the object, one of each key, and the records that list all they give.
func (f *foreseeing) items() (items []foreseenItem, lists []*Record) {
	for i := range f.records {
		r := &f.records[i]
		for j := range r.Mapped {
			m := &r.Mapped[j]
			if m.Object != f.t.object {
				continue
			}
			field, reason := "remote_id", checkKey(m.RemoteID)
			if reason == "" && !m.Skip {
				field, reason = checkValues(f.t.fields, m.Values)
			}
			if reason != "" {
				f.list = append(f.list, Foreseen{Object: m.Object, RecordID: r.ID, RemoteID: m.RemoteID, Change: koppel.ForeseenParked, Field: field, Reason: reason})
				continue
			}
			items = append(items, foreseenItem{r, m})
		}
		for _, p := range r.Parked {
			if p.Object == f.t.object {
				f.list = append(f.list, Foreseen{Object: p.Object, RecordID: r.ID, Change: koppel.ForeseenParked, Field: p.Field, Reason: p.Reason})
			}
		}
		if r.lists(f.t.object) {
			lists = append(lists, r)
		}
	}
	slices.SortStableFunc(items, func(a, b foreseenItem) int {
		return cmp.Or(cmp.Compare(a.m.RemoteID, b.m.RemoteID), cmp.Compare(b.r.Ticket, a.r.Ticket))
	})
	return slices.CompactFunc(items, func(a, b foreseenItem) bool { return a.m.RemoteID == b.m.RemoteID }), lists
}

// read looks up the sources of keys.
func (f *foreseeing) read(ctx context.Context, webshop int64, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	found, err := f.tx.tx.Query(ctx, foreseenSourcesSQL, webshop, f.coupling, string(f.t.object), keys, f.stream)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var key string
		var s heldSource
		if err := found.Scan(&key, &s.record, &s.mapped, &s.gone); err != nil {
			return err
		}
		f.held[key] = s
	}
	return found.Err()
}

// left are the sources that the records gave and give no longer, as writing.renamed finds them.
func (f *foreseeing) left(ctx context.Context, webshop int64, items []foreseenItem, lists []*Record) (left []foreseenItem, err error) {
	byID, named := map[string]*Record{}, map[string]bool{}
	var own, all []string
	for _, it := range items {
		named[it.m.RemoteID] = true
		if f.held[it.m.RemoteID].record == it.r.ID || it.r.lists(f.t.object) || it.r.failed(f.t.object) {
			continue
		}
		byID[it.r.ID] = it.r
		if all = append(all, it.r.ID); it.m.RemoteID != it.r.ID {
			own = append(own, it.r.ID)
		}
	}
	for _, r := range lists {
		byID[r.ID] = r
		own, all = append(own, r.ID), append(all, r.ID)
	}
	if len(all) == 0 {
		return nil, nil
	}
	found, err := f.tx.tx.Query(ctx, otherSourcesSQL, webshop, f.coupling, string(f.t.object), f.stream, own, all)
	if err != nil {
		return nil, err
	}
	var record, key string
	var object int64
	var keys []string
	if _, err := pgx.ForEachRow(found, []any{&record, &key, &object}, func() error {
		if !named[key] {
			named[key] = true
			keys = append(keys, key)
			left = append(left, foreseenItem{byID[record], &Mapped{Object: f.t.object, RemoteID: key, Skip: true}})
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return left, f.read(ctx, webshop, keys)
}

// compare lays what a record gives over its source, as writing.overlay does.
func (f *foreseeing) compare(it foreseenItem) (err error) {
	s, found := f.held[it.m.RemoteID]
	out := Foreseen{Object: f.t.object, RecordID: it.r.ID, RemoteID: it.m.RemoteID, Change: koppel.ForeseenSame}
	there := found && !s.gone
	switch {
	case it.m.Skip && !there:
		return nil
	case it.m.Skip:
		out.Change = koppel.ForeseenGone
	case there && string(appendMapped(make([]byte, 0, len(s.mapped)+64), f.t.fields, it.m.Values)) == string(s.mapped):
		f.list = append(f.list, out)
		return nil
	}
	if found {
		if out.Before, err = decodeMapped(s.mapped, f.t.fields); err != nil {
			return err
		}
	}
	if !it.m.Skip {
		out.After = make(koppel.Values, len(f.t.fields))
		out.After.Merge(out.Before)
		out.After.Merge(it.m.Values)
		if !there {
			out.Change, out.Before = koppel.ForeseenMade, nil
		} else if string(appendMapped(nil, f.t.fields, out.After)) != string(s.mapped) {
			out.Change = koppel.ForeseenChanged
		}
	}
	f.list = append(f.list, out)
	return nil
}
