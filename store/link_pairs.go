package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const findPairsSQL = `
SELECT p.id, k.n FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS k(supplier_id, product_id, n)
JOIN supplier_product p ON p.webshop_id = $1 AND p.product_id = k.product_id AND p.supplier_id = k.supplier_id ORDER BY p.id`

// linkPairs binds offers of a pair that is there already, in the database or earlier in this batch.
func (w *writing) linkPairs(ctx context.Context, g *group, fresh []*item) error {
	keys := map[refKey]int64{}
	own := w.b.Lease.Coupling
	keyOf := func(it *item, field int) refKey {
		key, _ := it.m.Values[field].(string)
		return refKey{own, g.t.fields[field].Ref, key}
	}
	for _, it := range fresh {
		keys[keyOf(it, offerSupplier)], keys[keyOf(it, offerProduct)] = 0, 0
	}
	if err := w.lookUp(ctx, keys); err != nil {
		return err
	}
	var pairs []*item
	var suppliers, products []int64
	for _, it := range fresh {
		s, p := keys[keyOf(it, offerSupplier)], keys[keyOf(it, offerProduct)]
		if s != 0 && p != 0 {
			pairs, suppliers, products = append(pairs, it), append(suppliers, s), append(products, p)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	found, err := w.tx.tx.Query(ctx, findPairsSQL, w.b.Lease.Webshop, suppliers, products)
	if err != nil {
		return err
	}
	var id, n int64
	if _, err = pgx.ForEachRow(found, []any{&id, &n}, func() error {
		if it := pairs[n-1]; it.object == 0 {
			it.object = id
		}
		return nil
	}); err != nil {
		return err
	}
	first := map[[2]int64]*item{}
	for i, it := range pairs {
		pair := [2]int64{suppliers[i], products[i]}
		same := first[pair]
		if first[pair] = it; same == nil || it.object != 0 {
			continue
		}
		if same.object == 0 {
			ids, err := w.db.objectIDs.take(ctx, w.tx, 1)
			if err != nil {
				return err
			}
			same.object = ids[0]
		}
		it.object = same.object
	}
	return nil
}
