package store

import (
	"context"

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
	for k := range keys {
		if k.coupling == w.b.Lease.Coupling {
			if g := w.groups[k.object]; g != nil && g.made[k.key] != 0 {
				keys[k] = g.made[k.key]
				continue
			}
		}
		f := from{k.coupling, k.object}
		ask[f] = append(ask[f], k.key)
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

// The statements that set waiting references free: keys in $1 with their objects in $2.
const (
	freeOfferProductSQL = `
UPDATE supplier_product t SET product_id = k.object_id, run_id = $5::bigint, changed_at = now()
FROM (SELECT $3::bigint AS shop, $4::bigint AS coupling, u.* FROM unnest($1::text[], $2::bigint[]) AS u(key, object_id) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.product_id IS NULL AND t.product_key = k.key RETURNING t.id, t.product_id`
	freeOfferSupplierSQL = `
UPDATE supplier_product t SET supplier_id = k.object_id, run_id = $5::bigint, changed_at = now()
FROM (SELECT $3::bigint AS shop, $4::bigint AS coupling, u.* FROM unnest($1::text[], $2::bigint[]) AS u(key, object_id) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.supplier_id IS NULL AND t.supplier_key = k.key RETURNING t.id`
	freeBuyOrderSQL = `
UPDATE buy_order t SET supplier_id = k.object_id, run_id = $5::bigint, changed_at = now()
FROM (SELECT $3::bigint AS shop, $4::bigint AS coupling, u.* FROM unnest($1::text[], $2::bigint[]) AS u(key, object_id) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.supplier_id IS NULL AND t.supplier_key = k.key RETURNING t.id`
	freeSellLineSQL = `
WITH l AS (
    UPDATE sell_order_line t SET product_id = k.object_id FROM (SELECT $3::bigint AS shop, $4::bigint AS coupling, u.* FROM unnest($1::text[], $2::bigint[]) AS u(key, object_id) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.product_id IS NULL AND t.product_key = k.key RETURNING t.sell_order_id AS id
)
UPDATE sell_order o SET changed_at = now(), run_id = $5::bigint
FROM (SELECT DISTINCT id FROM l) AS l WHERE o.webshop_id = $3::bigint AND o.id = l.id RETURNING o.id`
	freeBuyLineSQL = `
WITH l AS (
    UPDATE buy_order_line t SET product_id = k.object_id FROM (SELECT $3::bigint AS shop, $4::bigint AS coupling, u.* FROM unnest($1::text[], $2::bigint[]) AS u(key, object_id) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.product_id IS NULL AND t.product_key = k.key RETURNING t.buy_order_id AS id
)
UPDATE buy_order o SET changed_at = now(), run_id = $5::bigint
FROM (SELECT DISTINCT id FROM l) AS l WHERE o.webshop_id = $3::bigint AND o.id = l.id RETURNING o.id`
)

// setFree resolves what waited for the group's new sources, where anything waits at all.
func (w *writing) setFree(g *group) {
	var keys []string
	var ids []int64
	for _, key := range g.fresh {
		if id := g.made[key]; id != 0 {
			keys, ids = append(keys, key), append(ids, id)
		}
	}
	if len(keys) == 0 {
		return
	}
	free := func(waits bool, sql string, object koppel.Object, field int) {
		if !waits {
			return
		}
		l := w.b.Lease
		w.pipe.query(sql, func(row [][]byte) error {
			id, err := textInt(row[0])
			if err != nil {
				return err
			}
			w.change(object, changeUpdated, id, 1<<field)
			if len(row) > 1 {
				product, err := textInt(row[1])
				if w.offered == nil {
					w.offered = map[int64]bool{}
				}
				w.offered[product] = true
				return err
			}
			return nil
		}, textsArg(keys), intsArg(ids), intArg(l.Webshop), intArg(l.Coupling), intArg(l.Run))
	}
	switch g.t.object {
	case koppel.Products:
		free(w.waiting.offerProduct, freeOfferProductSQL, koppel.SupplierProducts, offerProduct)
		free(w.waiting.sellLine, freeSellLineSQL, koppel.SellOrders, sellLines)
		free(w.waiting.buyLine, freeBuyLineSQL, koppel.BuyOrders, buyLines)
	case koppel.Suppliers:
		free(w.waiting.offerSupplier, freeOfferSupplierSQL, koppel.SupplierProducts, offerSupplier)
		free(w.waiting.buyOrder, freeBuyOrderSQL, koppel.BuyOrders, buySupplier)
	}
}
