package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// pairOf are the fields of an object of which there is one for two others, found by both: an offer for supplier and
// product, a composition for the composed product and its part. Such an object never moves to another pair: a record
// that comes to name another one leaves it and makes, or finds, the other's.
var pairOf = map[koppel.Object][2]int{
	koppel.SupplierProducts:    {offerSupplier, offerProduct},
	koppel.ProductCompositions: {composedProduct, partProduct},
}

// pair is what two references name.
type pair [2]int64

func (p pair) whole() bool { return p[0] != 0 && p[1] != 0 }

// named is an item with the pair that it names.
type named struct {
	it *item
	pair
}

// namePairs looks up the pairs of items; those that name one that is not there yet are left out.
func (w *writing) namePairs(ctx context.Context, g *group, items []*item) ([]named, error) {
	fields := pairOf[g.t.object]
	keys := map[refKey]int64{}
	keyOf := func(it *item, i int) refKey {
		key, _ := it.m.Values[fields[i]].(string)
		return refKey{w.b.Lease.Coupling, g.t.fields[fields[i]].Ref, key}
	}
	for _, it := range items {
		for i := range fields {
			if k := keyOf(it, i); k.key != "" {
				keys[k] = 0
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	if err := w.lookUp(ctx, keys); err != nil {
		return nil, err
	}
	var list []named
	for _, it := range items {
		if p := (pair{keys[keyOf(it, 0)], keys[keyOf(it, 1)]}); p.whole() {
			list = append(list, named{it, p})
		}
	}
	return list, nil
}

// pairSQL gives the objects of pairs, deleted ones too; pairsSQL the pairs of objects.
func (t *table) pairSQL() (find, stored string) {
	fields := pairOf[t.object]
	a, b := t.fields[fields[0]].Name+"_id", t.fields[fields[1]].Name+"_id"
	find = `SELECT p.id, k.n FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS k(a, b, n)
CROSS JOIN LATERAL (SELECT id FROM ` + t.name + ` WHERE webshop_id = $1 AND ` + a + ` = k.a AND ` + b + ` = k.b LIMIT 1) p`
	stored = `SELECT p.* FROM unnest($2::bigint[]) AS k(id)
CROSS JOIN LATERAL (SELECT id, coalesce(` + a + `, 0), coalesce(` + b + `, 0) FROM ` + t.name + ` WHERE webshop_id = $1 AND id = k.id) p`
	return find, stored
}

// repair takes items away from objects whose pair they name no longer.
func (w *writing) repair(ctx context.Context, g *group) error {
	if _, ok := pairOf[g.t.object]; !ok {
		return nil
	}
	var bound []*item
	var ids []int64
	for _, it := range g.items {
		if it.object != 0 && !it.m.Skip && !it.back {
			bound, ids = append(bound, it), append(ids, it.object)
		}
	}
	if len(bound) == 0 {
		return nil
	}
	list, err := w.namePairs(ctx, g, bound)
	if err != nil || len(list) == 0 {
		return err
	}
	_, sql := g.t.pairSQL()
	found, err := w.tx.tx.Query(ctx, sql, w.b.Lease.Webshop, ids)
	if err != nil {
		return err
	}
	stored := map[int64]pair{}
	var id int64
	var was pair
	if _, err := pgx.ForEachRow(found, []any{&id, &was[0], &was[1]}, func() error {
		stored[id] = was
		return nil
	}); err != nil {
		return err
	}
	var changed []named
	for _, n := range list {
		if was, there := stored[n.it.object]; there && was != n.pair {
			changed = append(changed, n)
		}
	}
	return w.pairUp(ctx, g, changed, func(n named) bool { return !stored[n.it.object].whole() })
}

// linkPairs binds items of a pair that is there already, in the database or earlier in this batch.
func (w *writing) linkPairs(ctx context.Context, g *group, fresh []*item) error {
	list, err := w.namePairs(ctx, g, fresh)
	if err != nil {
		return err
	}
	return w.pairUp(ctx, g, list, func(named) bool { return false })
}

// pairUp gives each item the object of its pair. stays says of a bound item that its object had no pair before and
// takes this one.
func (w *writing) pairUp(ctx context.Context, g *group, list []named, stays func(named) bool) error {
	if len(list) == 0 {
		return nil
	}
	as, bs := make([]int64, len(list)), make([]int64, len(list))
	for i, n := range list {
		as[i], bs[i] = n.pair[0], n.pair[1]
	}
	sql, _ := g.t.pairSQL()
	found, err := w.tx.tx.Query(ctx, sql, w.b.Lease.Webshop, as, bs)
	if err != nil {
		return err
	}
	if g.pairs == nil {
		g.pairs = map[pair]int64{}
	}
	var id, n int64
	if _, err = pgx.ForEachRow(found, []any{&id, &n}, func() error {
		g.pairs[list[n-1].pair] = id
		return nil
	}); err != nil {
		return err
	}
	for _, n := range list {
		id := g.pairs[n.pair]
		if id == 0 && n.it.object != 0 && stays(n) {
			id = n.it.object
		}
		if id == 0 {
			ids, err := w.db.objectIDs.take(ctx, w.tx, 1)
			if err != nil {
				return err
			}
			id = ids[0]
		}
		g.pairs[n.pair] = id
		if n.it.object != id {
			n.it.leaves, n.it.object = n.it.object, id
		}
	}
	return nil
}

// moveSource takes the item's source away from the object that it left.
func (g *group) moveSource(it *item, coupling int64) *source {
	left := g.targets[it.leaves]
	for i, s := range left.sources {
		if s.coupling == coupling && s.remoteID == it.m.RemoteID {
			left.sources = append(left.sources[:i:i], left.sources[i+1:]...)
			left.emptied = len(left.sources) == 0
			s.object = it.object
			g.made[it.m.RemoteID] = it.object
			return s
		}
	}
	return nil
}

// retire makes an object without a source what one is whose sources are gone: it keeps its values and does not count.
func (tg *target) retire(t *table) {
	tg.gone, tg.reason = true, koppel.StateGone
	tg.values, tg.winner = make(koppel.Values, len(t.fields)), make([]*source, len(t.fields))
	if t.object == koppel.SupplierProducts {
		tg.values[offerStatus] = "disabled"
	}
}

// waits reports whether an object of a pair was never whole, so that nobody has seen it.
func (tg *target) waits(t *table) bool {
	for _, field := range pairOf[t.object] {
		if tg.before[t.refColumn(field)] == nil {
			return true
		}
	}
	return false
}
