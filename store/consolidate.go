package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/koppel-io/koppel"
)

// group is what a batch gives for one object kind.
type group struct {
	t     *table
	items []*item
	// lists are the records that give all of the object that they have.
	lists []*Record
	// targets are the objects that the items touch, by inner id.
	targets map[int64]*target
	order   []*target
	// made are the keys of this coupling's sources that are known or made here.
	made map[string]int64
	// fresh are the keys that are made here.
	fresh []string
	// refs is what the group's keys refer to.
	refs map[refKey]int64
	// pairs are the objects of pairs that the items name.
	pairs map[pair]int64
}

// item is what one record gives for one object.
type item struct {
	r      *Record
	m      *Mapped
	object int64
	// bound: the key's source is of this record already, and there.
	bound bool
	// why the source is gone, where the item takes it away; back brings a source that is gone back as it was.
	why  koppel.GoneReason
	back bool
	// left: it was taken out of the group.
	left bool
	// leaves is the object that the source belongs to no longer; 0 for none.
	leaves int64
}

// target is an object as it is and as it becomes.
type target struct {
	id   int64
	uuid uuid.UUID
	// before and lines are the stored rows; before is nil for an object that is not there.
	before  [][]byte
	lines   [][][]byte
	sources []*source
	// values is the merge; coupling[i] is whose value field i has, for the fields that name other objects.
	values koppel.Values
	winner []*source
	// gone: the sources that carry the object are; reason is why it does not count, "" while it does.
	gone   bool
	reason koppel.StateReason
	drop   bool
	// emptied: its last source belongs to another object now.
	emptied bool
}

// consolidate makes the objects of the batch the merge of their sources, kind by kind in the order of references.
func (w *writing) consolidate(ctx context.Context) error {
	w.gather()
	if err := w.gatherGone(ctx); err != nil {
		return err
	}
	for _, object := range koppel.Objects() {
		g := w.groups[object]
		if g == nil {
			continue
		}
		for _, step := range []func(context.Context, *group) error{w.find, w.renamed, w.repair, w.link, w.load, w.overlay, w.merge, w.resolve, w.refuseCycles, w.writeObjects} {
			if err := step(ctx, g); err != nil {
				return err
			}
		}
		w.writeSources(g)
		if err := w.setFree(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// gather sorts what was mapped by object and parks what could not be stored.
func (w *writing) gather() {
	w.groups = map[koppel.Object]*group{}
	for _, r := range w.records {
		if w.stale(r) {
			continue
		}
		if no, refused := w.refused[r]; refused {
			w.parked = append(w.parked, parkedRow{r, Parked{Kind: koppel.KindInvalidRequest, Reason: no.reason}})
			continue
		}
		for _, p := range r.Parked {
			w.parked = append(w.parked, parkedRow{r, p})
		}
		for i := range r.Mapped {
			w.take(r, &r.Mapped[i])
		}
		for _, object := range r.Lists {
			g := w.group(object)
			g.lists = append(g.lists, r)
		}
	}
}

// inOrder sorts what the groups hold and leaves one item of each key.
func (w *writing) inOrder() {
	for _, g := range w.groups {
		slices.SortStableFunc(g.items, func(a, b *item) int { return strings.Compare(a.m.RemoteID, b.m.RemoteID) })
		g.items = lastOfEach(g.items)
	}
}

func (w *writing) take(r *Record, m *Mapped) {
	t := tables[m.Object]
	if t == nil {
		w.park(r, m.Object, "", fmt.Sprintf("there is no object %q", m.Object))
		return
	}
	if reason := checkKey(m.RemoteID); reason != "" {
		w.park(r, m.Object, "remote_id", reason)
		return
	}
	if !m.Skip {
		if field, reason := checkValues(t.fields, m.Values); reason != "" {
			w.park(r, m.Object, field, reason)
			return
		}
	}
	g := w.group(m.Object)
	g.items = append(g.items, &item{r: r, m: m})
}

func (w *writing) group(object koppel.Object) *group {
	g := w.groups[object]
	if g == nil {
		g = &group{t: tables[object], targets: map[int64]*target{}, made: map[string]int64{}}
		w.groups[object] = g
	}
	return g
}

// lastOfEach keeps, of items with one key, what was read last.
func lastOfEach(items []*item) []*item {
	out := items[:0]
	for i, it := range items {
		if i+1 < len(items) && items[i+1].m.RemoteID == it.m.RemoteID {
			if items[i+1].r.Ticket >= it.r.Ticket {
				continue
			}
			items[i+1] = it
			continue
		}
		out = append(out, it)
	}
	return out
}

func (w *writing) park(r *Record, object koppel.Object, field, reason string) {
	w.parked = append(w.parked, parkedRow{r, Parked{Object: object, Field: field, Kind: koppel.KindMapping, Reason: reason}})
}

// merge lays the sources of each object over each other and adds what the model says beside them.
func (w *writing) merge(_ context.Context, g *group) error {
	for _, tg := range g.order {
		if tg.emptied {
			tg.retire(g.t)
			continue
		}
		tg.lay(g.t)
		finish(g.t, tg)
		if missing := g.lacks(tg); missing != "" {
			tg.drop = true
			for _, s := range tg.sources {
				if s.item != nil {
					w.park(s.item.r, g.t.object, missing, missing+" is missing: no source of the object gives it")
				}
			}
		}
	}
	g.order = slices.DeleteFunc(g.order, func(tg *target) bool {
		if tg.drop {
			for _, s := range tg.sources {
				if s.item != nil {
					delete(g.made, s.remoteID)
				}
			}
		}
		return tg.drop
	})
	return nil
}

// lay merges the sources field by field; when the object is gone, all of them, else those that are there.
func (tg *target) lay(t *table) {
	tg.gone = !tg.carried(t.object)
	n := len(t.fields)
	tg.values, tg.winner = make(koppel.Values, n), make([]*source, n)
	order := tg.sources
	if !tg.gone {
		order = slices.Clone(order)
		order = slices.DeleteFunc(order, func(s *source) bool { return s.gone })
	}
	if len(order) == 1 {
		for i, value := range order[0].values {
			if value != nil {
				tg.values[i], tg.winner[i] = value, order[0]
			}
		}
		return
	}
	byGroup := make([][]*source, len(t.groups))
	for i := range t.fields {
		at := t.groupAt[i]
		if byGroup[at] == nil {
			byGroup[at] = strongest(t.object, t.groups[at], order)
		}
		if s := choose(t, byGroup[at], i); s != nil {
			tg.values[i], tg.winner[i] = s.values[i], s
		}
	}
}

// strongest orders sources for a field group, the strongest first and a person's edit last.
func strongest(object koppel.Object, group string, sources []*source) []*source {
	order := make([]*source, 0, len(sources))
	var person []*source
	for _, s := range sources {
		if s.by == nil {
			person = append(person, s)
		} else {
			order = append(order, s)
		}
	}
	slices.SortStableFunc(order, byStrength(object, group))
	return append(order, person...)
}

// lacks is the first required field that the object has from nowhere; lines may be none.
func (g *group) lacks(tg *target) string {
	for i := range g.t.fields {
		f := &g.t.fields[i]
		if f.Required && f.Type != koppel.Lines && absent(tg.values[i]) && !g.madeHere(tg, slot{partValue, i}) {
			return f.Name
		}
	}
	return ""
}
