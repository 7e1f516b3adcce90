package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// partsSQL are the compositions that are alive below products, however deep; namesSQL how people know products.
const (
	partsSQL = `
WITH RECURSIVE below AS (
    SELECT k.id FROM unnest($2::bigint[]) AS k(id)
    UNION
    SELECT c.part_product_id FROM below b
    JOIN product_composition c ON c.webshop_id = $1 AND c.composed_product_id = b.id AND c.part_product_id IS NOT NULL AND c.deleted_at IS NULL
)
SELECT c.id, c.composed_product_id, c.part_product_id FROM below b
JOIN product_composition c ON c.webshop_id = $1 AND c.composed_product_id = b.id AND c.part_product_id IS NOT NULL AND c.deleted_at IS NULL`
	namesSQL = `SELECT id, coalesce(sku_code, name) FROM product WHERE webshop_id = $1 AND id = ANY($2)`
)

// refuseCycles parks compositions that would make a product a part of itself. Others are written under the kind's
// lock, so that two halves of a cycle never come from two writers.
func (w *writing) refuseCycles(ctx context.Context, g *group) error {
	if g.t.object != koppel.ProductCompositions {
		return nil
	}
	rewritten, edges := map[int64]bool{}, map[*target]pair{}
	var parts []int64
	for _, tg := range g.order {
		rewritten[tg.id] = true
		p := pair{g.ref(tg, composedProduct, &g.t.fields[composedProduct], tg.values[composedProduct]), g.ref(tg, partProduct, &g.t.fields[partProduct], tg.values[partProduct])}
		if p.whole() && !tg.gone {
			edges[tg] = p
			parts = append(parts, p[1])
		}
	}
	if len(edges) == 0 {
		return nil
	}
	if err := w.lockKind(ctx, g); err != nil {
		return err
	}
	found, err := w.tx.tx.Query(ctx, partsSQL, w.b.Lease.Webshop, parts)
	if err != nil {
		return err
	}
	below := map[int64][]int64{}
	var id int64
	var edge pair
	if _, err := pgx.ForEachRow(found, []any{&id, &edge[0], &edge[1]}, func() error {
		if !rewritten[id] {
			below[edge[0]] = append(below[edge[0]], edge[1])
		}
		return nil
	}); err != nil {
		return err
	}
	circles := map[*target][]int64{}
	var named []int64
	for _, tg := range g.order {
		p, ok := edges[tg]
		if !ok {
			continue
		}
		if way := wayDown(below, p[1], p[0]); way != nil {
			circles[tg] = append([]int64{p[0]}, way...)
			named = append(named, circles[tg]...)
			continue
		}
		below[p[0]] = append(below[p[0]], p[1])
	}
	if len(circles) == 0 {
		return nil
	}
	return w.parkCircles(ctx, g, circles, named)
}

// wayDown is a way from one product to another through parts, both ends included; nil when there is none.
func wayDown(below map[int64][]int64, from, to int64) []int64 {
	before := map[int64]int64{from: 0}
	for todo := []int64{from}; len(todo) > 0; todo = todo[1:] {
		if todo[0] == to {
			var way []int64
			for at := to; at != 0; at = before[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, part := range below[todo[0]] {
			if _, seen := before[part]; !seen {
				before[part] = todo[0]
				todo = append(todo, part)
			}
		}
	}
	return nil
}

func (w *writing) parkCircles(ctx context.Context, g *group, circles map[*target][]int64, ids []int64) error {
	found, err := w.tx.tx.Query(ctx, namesSQL, w.b.Lease.Webshop, ids)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	var id int64
	var name string
	if _, err := pgx.ForEachRow(found, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	}); err != nil {
		return err
	}
	for tg, circle := range circles {
		text := make([]string, len(circle))
		for i, id := range circle {
			text[i] = fmt.Sprintf("%q", orDefault(names[id], "new product"))
		}
		reason := "a product cannot be a part of itself: " + strings.Join(text, " → ")
		for _, s := range tg.sources {
			if s.item != nil {
				w.parked = append(w.parked, parkedRow{s.item.r, Parked{Object: g.t.object, Field: "part_product", Kind: koppel.KindConflict, Reason: reason}})
				delete(g.made, s.remoteID)
			}
		}
	}
	g.order = slices.DeleteFunc(g.order, func(tg *target) bool { return circles[tg] != nil })
	return nil
}

// assembledSQL makes products assembled that have parts, and those that have none any more not. What a remote says of
// it stands.
const assembledSQL = `
UPDATE product p SET assembled = k.has, changed_at = now(), run_id = $3::bigint
FROM (
    SELECT u.id, EXISTS (SELECT FROM product_composition c WHERE c.webshop_id = $2::bigint AND c.composed_product_id = u.id
        AND c.part_product_id IS NOT NULL AND c.deleted_at IS NULL) AS has,
        EXISTS (SELECT FROM source s WHERE s.webshop_id = $2::bigint AND s.object_id = u.id AND s.gone_at IS NULL AND s.mapped->>'assembled' IS NOT NULL) AS said
    FROM unnest($1::bigint[]) AS u(id) OFFSET 0
) k
WHERE p.webshop_id = $2::bigint AND p.id = k.id AND NOT k.said AND p.assembled <> k.has RETURNING p.id`

// decideAssembled says of the products whose parts the batch changed whether they are made of parts.
func (w *writing) decideAssembled(ctx context.Context) error {
	if len(w.composed) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(w.composed))
	for id := range w.composed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	w.pipe.query(assembledSQL, func(row [][]byte) error {
		id, err := textInt(row[0])
		w.change(koppel.Products, changeUpdated, id, 1<<productAssembled)
		return err
	}, intsArg(ids), intArg(w.b.Lease.Webshop), intArg(w.b.Lease.Run))
	return w.pipe.run(ctx)
}

// compose notes whose parts an object of the group changes.
func (w *writing) compose(g *group, tg *target) {
	if g.t.object != koppel.ProductCompositions {
		return
	}
	if w.composed == nil {
		w.composed = map[int64]bool{}
	}
	if id := g.ref(tg, composedProduct, &g.t.fields[composedProduct], tg.values[composedProduct]); id != 0 {
		w.composed[id] = true
	}
	if tg.before == nil {
		return
	}
	if was := tg.before[g.t.refColumn(composedProduct)]; was != nil {
		w.composed[rawInt(was)] = true
	}
}
