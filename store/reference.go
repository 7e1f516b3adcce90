package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// refKey is how one coupling names an object.
type refKey struct {
	coupling int64
	object   koppel.Object
	key      string
}

// lookUp finds the objects that keys name; what is not there is left out.
func (w *writing) lookUp(ctx context.Context, keys map[refKey]int64) error {
	type from struct {
		coupling int64
		object   koppel.Object
	}
	ask := map[from][]string{}
	coded := map[code][]refKey{}
	for k := range keys {
		if m, form, ok := codeKey(k.object, k.key); ok {
			if form != "" {
				c := code{k.object, m.field, form}
				coded[c] = append(coded[c], k)
			}
			continue
		}
		if k.coupling == w.b.Lease.Coupling {
			if g := w.groups[k.object]; g != nil && g.made[k.key] != 0 {
				keys[k] = g.made[k.key]
				continue
			}
		}
		f := from{k.coupling, k.object}
		ask[f] = append(ask[f], k.key)
	}
	if err := w.lookUpCodes(ctx, coded, keys); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for f, list := range ask {
		batch.Queue(findSourcesSQL, w.b.Lease.Webshop, f.coupling, string(f.object), list).Query(func(found pgx.Rows) error {
			var key string
			var id int64
			_, err := pgx.ForEachRow(found, []any{&key, &id}, func() error {
				keys[refKey{f.coupling, f.object, key}] = id
				return nil
			})
			return err
		})
	}
	if batch.Len() == 0 {
		return nil
	}
	return w.tx.tx.SendBatch(ctx, batch).Close()
}

// code is what a key that is no remote id names: a field of an object in its normal form.
type code struct {
	object koppel.Object
	field  int
	form   string
}

// lookUpCodes finds the objects that codes name. A code that several have names none of them.
func (w *writing) lookUpCodes(ctx context.Context, coded map[code][]refKey, keys map[refKey]int64) error {
	for object, byKey := range matchers {
		for _, m := range byKey {
			var ask []string
			for c := range coded {
				if c.object == object && c.field == m.field {
					ask = append(ask, m.stored(c.form)...)
				}
			}
			if len(ask) == 0 {
				continue
			}
			hits, err := w.findHits(ctx, m, ask)
			if err != nil {
				return err
			}
			for form, list := range hits {
				if len(list) != 1 {
					continue
				}
				for _, k := range coded[code{object, m.field, form}] {
					keys[k] = list[0].id
				}
			}
		}
	}
	return nil
}

// resolve finds what the group's objects and their lines refer to.
func (w *writing) resolve(ctx context.Context, g *group) error {
	g.refs = map[refKey]int64{}
	for _, tg := range g.order {
		g.t.eachRef(tg.values, func(field int, f *koppel.Field, key string) {
			g.refs[refKey{tg.winner[field].coupling, f.Ref, key}] = 0
		})
	}
	if len(g.refs) == 0 {
		return nil
	}
	return w.lookUp(ctx, g.refs)
}

// eachRef calls fn for every key that values name, those of lines under the field of the lines.
func (t *table) eachRef(values koppel.Values, fn func(field int, f *koppel.Field, key string)) {
	for _, i := range t.refs {
		if key, ok := values[i].(string); ok {
			fn(i, &t.fields[i], key)
		}
	}
	if t.lines == nil {
		return
	}
	lines, _ := values[t.lineField].([]koppel.Values)
	for _, line := range lines {
		for _, i := range t.lines.refs {
			if key, ok := line[i].(string); ok {
				fn(t.lineField, &t.lines.fields[i], key)
			}
		}
	}
}

// freed are keys with what they name from now on.
type freed struct {
	couplings, ids []int64
	keys           []string
}

func (f *freed) add(coupling int64, key string, id int64) {
	f.couplings, f.keys, f.ids = append(f.couplings, coupling), append(f.keys, key), append(f.ids, id)
}

// setFree resolves what waited for the group's new sources and codes, where anything waits at all.
func (w *writing) setFree(ctx context.Context, g *group) error {
	if !w.waiting.forObject(g.t.object) {
		return nil
	}
	var f freed
	for _, key := range g.fresh {
		if id := g.made[key]; id != 0 {
			f.add(w.b.Lease.Coupling, key, id)
		}
	}
	if err := w.newCodes(ctx, g, &f); err != nil {
		return err
	}
	w.free(g.t.object, f)
	return nil
}

// newCodes adds the codes that an object of the group has from now on, for every coupling of the webshop. A code that
// another object has too names none of them.
func (w *writing) newCodes(ctx context.Context, g *group, f *freed) error {
	for prefix, name := range codePrefixes[g.t.object] {
		m := matchers[g.t.object][name]
		column := g.t.valueColumn(m.field)
		has := map[string][]int64{}
		var ask []string
		for _, tg := range g.order {
			value, _ := tg.values[m.field].(string)
			form := m.form(value)
			if form == "" || tg.before != nil && m.form(string(tg.before[column])) == form {
				continue
			}
			has[form] = append(has[form], tg.id)
			ask = append(ask, m.stored(form)...)
		}
		if len(has) == 0 {
			continue
		}
		hits, err := w.findHits(ctx, m, ask)
		if err != nil {
			return err
		}
		for form, ids := range has {
			if len(ids) > 1 || slices.ContainsFunc(hits[form], func(h hit) bool { return h.id != ids[0] }) {
				continue
			}
			for coupling := range w.party {
				f.add(coupling, prefix+":"+form, ids[0])
			}
		}
	}
	return nil
}
