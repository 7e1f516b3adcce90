package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

const (
	rehearsedAtOnce = 1000
	// gatheredAtOnce is how many records' children are in memory at a time: of each at most mapping.MaxRowBytes.
	gatheredAtOnce = 50
)

// rehearsal maps stored records as a replay does and writes nothing.
type rehearsal struct {
	db        *store.DB
	coupling  store.Coupling
	mapping   *mapping.Mapping
	evaluator *mapping.Evaluator
	objects   []koppel.Object
	// until and left bound it.
	until time.Time
	left  int
	// ids are the streams' ids, as far as they were asked for.
	ids map[string]int64
}

// stream maps what is stored of a stream and hands on what would come of it.
func (r *rehearsal) stream(ctx context.Context, name string, foreseen func(store.Foreseen) error) (stored, looked int64, err error) {
	programs := slices.Clone(r.mapping.ByStream(name))
	programs = slices.DeleteFunc(programs, func(p *mapping.Program) bool { return !slices.Contains(r.objects, p.Object()) })
	grouped := slices.ContainsFunc(programs, (*mapping.Program).Grouped)
	s, err := r.stored(ctx, name, grouped)
	if err != nil || s.ID == 0 {
		return 0, 0, err
	}
	page := r.records
	if grouped {
		page = r.groups
	}
	for after := ""; r.left > 0 && time.Now().Before(r.until); {
		limit := min(r.left, rehearsedAtOnce)
		if slices.ContainsFunc(programs, func(p *mapping.Program) bool { return p.Grouped() || len(p.Joins()) > 0 }) {
			limit = min(limit, gatheredAtOnce)
		}
		records, err := page(ctx, s.ID, programs, after, limit)
		if err != nil || len(records) == 0 {
			return s.Count, looked, err
		}
		list, err := r.db.Foresee(ctx, r.coupling.WebshopID, r.coupling.ID, s.ID, records)
		if err != nil {
			return s.Count, looked, err
		}
		for _, f := range list {
			if err := foreseen(f); err != nil {
				return s.Count, looked, err
			}
		}
		looked, r.left, after = looked+int64(len(records)), r.left-len(records), records[len(records)-1].ID
		if len(records) < limit {
			break
		}
	}
	return max(s.Count, looked), looked, nil
}

func (r *rehearsal) stored(ctx context.Context, name string, grouped bool) (store.StoredStream, error) {
	return store.Read(ctx, r.db, store.ForWebshop(r.coupling.WebshopID), func(tx *store.Tx) (store.StoredStream, error) {
		return tx.StoredStream(ctx, r.coupling.ID, name, grouped)
	})
}

// records maps a page of records, with their parents and children.
func (r *rehearsal) records(ctx context.Context, stream int64, programs []*mapping.Program, after string, limit int) ([]store.Record, error) {
	stored, err := r.db.WholeRecords(ctx, r.coupling.WebshopID, stream, after, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(stored))
	for i, s := range stored {
		ids[i] = s.ID
	}
	children, err := r.children(ctx, programs, ids)
	if err != nil {
		return nil, err
	}
	records := make([]store.Record, len(stored))
	for i, s := range stored {
		records[i] = store.Record{ID: s.ID, ParentID: s.ParentID, Ticket: s.Ticket}
		r.apply(&records[i], programs, func(p *mapping.Program) mapping.Input {
			in := mapping.Input{Record: s.Raw, Parent: s.ParentRaw}
			for _, join := range p.Joins() {
				rows := children[join.Stream][s.ID]
				in.Joined = append(in.Joined, mapping.Rows{List: rows.Raw, More: rows.More})
			}
			return in
		})
	}
	return records, nil
}

// children reads the records that are joined to those of ids, by stream.
func (r *rehearsal) children(ctx context.Context, programs []*mapping.Program, ids []string) (map[string]map[string]store.Children, error) {
	children := map[string]map[string]store.Children{}
	for _, p := range programs {
		for _, join := range p.Joins() {
			if _, read := children[join.Stream]; read {
				continue
			}
			children[join.Stream] = nil
			id, known := r.ids[join.Stream]
			if !known {
				s, err := r.stored(ctx, join.Stream, false)
				if err != nil {
					return nil, err
				}
				id, r.ids[join.Stream] = s.ID, s.ID
			}
			var err error
			if children[join.Stream], err = r.db.ChildRecords(ctx, r.coupling.WebshopID, id, ids, mapping.MaxRows, mapping.MaxRowBytes); err != nil {
				return nil, err
			}
		}
	}
	return children, nil
}

// groups maps a page of groups of records.
func (r *rehearsal) groups(ctx context.Context, stream int64, programs []*mapping.Program, after string, limit int) ([]store.Record, error) {
	ids, err := r.db.StoredGroups(ctx, r.coupling.WebshopID, stream, after, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found, err := r.db.ChildRecords(ctx, r.coupling.WebshopID, stream, ids, mapping.MaxRows, mapping.MaxRowBytes)
	if err != nil {
		return nil, err
	}
	records := make([]store.Record, len(ids))
	for i, id := range ids {
		records[i] = store.Record{ID: id}
		r.apply(&records[i], programs, func(*mapping.Program) mapping.Input {
			return mapping.Input{Rows: mapping.Rows{List: found[id].Raw, More: found[id].More}}
		})
		for _, p := range programs {
			parked := slices.ContainsFunc(records[i].Parked, func(x store.Parked) bool { return x.Object == p.Object() })
			if !parked && !slices.Contains(records[i].Lists, p.Object()) {
				records[i].Lists = append(records[i].Lists, p.Object())
			}
		}
	}
	return records, nil
}

// apply maps one record by every program; one that fails leaves the others.
func (r *rehearsal) apply(record *store.Record, programs []*mapping.Program, input func(*mapping.Program) mapping.Input) {
	for _, p := range programs {
		results, err := r.evaluator.MapList(p, input(p))
		if err != nil {
			parked := store.Parked{Object: p.Object(), Kind: koppel.KindOf(err), Reason: koppel.DetailOf(err)}
			var field *mapping.FieldError
			if errors.As(err, &field) {
				parked.Field, parked.Reason = field.Field, field.Reason
			}
			record.Parked = append(record.Parked, parked)
		} else if p.List() {
			record.Lists = append(record.Lists, p.Object())
		}
		for _, result := range results {
			record.Mapped = append(record.Mapped, store.Mapped{Object: p.Object(), RemoteID: result.RemoteID, Values: result.Values, Notes: result.Notes, Skip: result.Skip})
		}
	}
}
