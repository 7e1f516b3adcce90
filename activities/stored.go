package activities

import (
	"context"

	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// together is a record with what its objects are made of besides: its parent
// and its children, by stream.
type together struct {
	raw, parent []byte
	children    map[string]mapping.Rows
	rows        mapping.Rows
}

// input is what one program sees of it.
func (t *together) input(program *mapping.Program) mapping.Input {
	in := mapping.Input{Record: t.raw, Parent: t.parent, Rows: t.rows}
	for _, join := range program.Joins() {
		in.Joined = append(in.Joined, t.children[join.Stream])
	}
	return in
}

// gatheredAtOnce is how many records' children are in memory at a time: of each
// record and join at most mapping.MaxRowBytes.
const gatheredAtOnce = 50

// gather reads the children of stored records for the programs of their stream.
func (a *Activities) gather(ctx context.Context, p *pinned, programs []*mapping.Program, records []store.StoredRecord) ([]together, error) {
	all := make([]together, len(records))
	ids := make([]string, len(records))
	for i, r := range records {
		all[i] = together{raw: r.Raw, parent: r.ParentRaw}
		ids[i] = r.ID
	}
	read := map[string]bool{}
	for _, program := range programs {
		for _, join := range program.Joins() {
			if read[join.Stream] {
				continue
			}
			read[join.Stream] = true
			stream, err := a.Store.StreamID(ctx, p.run.WebshopID, p.run.CouplingID, join.Stream)
			if err != nil {
				return nil, err
			}
			found, err := a.Store.ChildRecords(ctx, p.run.WebshopID, stream, ids, mapping.MaxRows, mapping.MaxRowBytes)
			if err != nil {
				return nil, err
			}
			for i, id := range ids {
				if all[i].children == nil {
					all[i].children = map[string]mapping.Rows{}
				}
				all[i].children[join.Stream] = mapping.Rows{List: found[id].Raw, More: found[id].More}
			}
		}
	}
	return all, nil
}
