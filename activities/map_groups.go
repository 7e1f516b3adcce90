package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// groups maps up to dirtyAtOnce groups of records in one transaction. A group
// without records gives nothing any more.
func (m *mapStage) groups(ctx context.Context, result *SliceResult) (more bool, err error) {
	dirty, err := m.Store.Dirty(ctx, m.lease.Webshop, m.lease.Stream, dirtyAtOnce)
	if err != nil || len(dirty) == 0 {
		return false, err
	}
	evaluator, programs := m.evaluator(), m.programs(m.stream)
	b := &store.Batch{Lease: m.lease, Total: -1, Mapping: true, Groups: true}
	for part := range slices.Chunk(dirty, gatheredAtOnce) {
		ids := make([]string, len(part))
		for i, d := range part {
			ids[i] = d.ID
		}
		found, err := m.Store.ChildRecords(ctx, m.lease.Webshop, m.lease.Stream, ids, mapping.MaxRows, mapping.MaxRowBytes)
		if err != nil {
			return false, err
		}
		for _, d := range part {
			rows := found[d.ID]
			record := store.Record{ID: d.ID, Marked: d.Marked}
			if len(rows.Raw) > 0 {
				record.Raw = rows.Raw[0]
			}
			if len(rows.Raw) > 0 || rows.More {
				mapInto(&record, evaluator, programs, &together{rows: mapping.Rows{List: rows.Raw, More: rows.More}})
			}
			record.Lists = listsOf(programs, record)
			b.Records = append(b.Records, record)
		}
	}
	counts, err := m.Store.WriteBatch(ctx, b)
	if err != nil {
		return false, err
	}
	result.Counts.Add(counts)
	result.Progress = true
	return true, nil
}

// listsOf are the objects that the programs could map: the group gives no others.
func listsOf(programs []*mapping.Program, record store.Record) (lists []koppel.Object) {
	for _, program := range programs {
		if !slices.ContainsFunc(record.Parked, func(p store.Parked) bool { return p.Object == program.Object() }) {
			lists = append(lists, program.Object())
		}
	}
	return lists
}
