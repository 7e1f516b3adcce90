package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/koppel-io/koppel"
)

// group is what a batch gives for one object kind.
type group struct {
	t     *table
	items []*item
	// targets are the objects that the items touch, by inner id.
	targets map[int64]*target
	order   []*target
	// made are the keys of this coupling's sources that are known or made here.
	made map[string]int64
	// fresh are the keys that are made here.
	fresh []string
	// refs is what the group's keys refer to.
	refs map[refKey]int64
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
		for _, step := range []func(context.Context, *group) error{w.find, w.renamed, w.link, w.load, w.overlay, w.merge, w.resolve, w.writeObjects} {
			if err := step(ctx, g); err != nil {
				return err
			}
		}
		w.writeSources(g)
		w.setFree(g)
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
		tg.lay(len(g.t.fields))
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

// lay merges the sources that are there, the weakest first; when the object is gone, all of them.
func (tg *target) lay(n int) {
	slices.SortStableFunc(tg.sources, func(a, b *source) int { return b.beats(a) })
	tg.gone = !tg.carried()
	tg.values = make(koppel.Values, n)
	tg.winner = make([]*source, n)
	for _, s := range tg.sources {
		if s.gone && !tg.gone {
			continue
		}
		for i, value := range s.values {
			if value != nil {
				tg.values[i], tg.winner[i] = value, s
			}
		}
	}
}

// beats orders sources by survivorship: lower priority first, then the coupling, then the key.
func (s *source) beats(other *source) int {
	rank := func(p int64) int64 {
		if p == 0 {
			return math.MaxInt64 // not activated yet
		}
		return p
	}
	switch a, b := rank(s.priority), rank(other.priority); {
	case a < b:
		return -1
	case a > b:
		return 1
	case s.coupling < other.coupling:
		return -1
	case s.coupling > other.coupling:
		return 1
	}
	return strings.Compare(s.remoteID, other.remoteID)
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
