package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// lockObject is the class of the advisory locks under which objects of one kind are looked for and created.
const lockObject = 7212

const (
	lockObjectsSQL = `SELECT pg_advisory_xact_lock($1, hashtext($2))`
	findSKUsSQL    = `SELECT p.id, p.sku_code FROM product p WHERE p.webshop_id = $1 AND p.sku_code = ANY($2) ORDER BY p.id`
	findEANsSQL    = `SELECT p.id, p.ean_code FROM product p WHERE p.webshop_id = $1 AND p.ean_code = ANY($2) ORDER BY p.id`
	findRefsSQL    = `SELECT b.id, b.reference FROM buy_order b WHERE b.webshop_id = $1 AND b.reference = ANY($2) ORDER BY b.id`
	findPairsSQL   = `
SELECT p.id, k.n FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS k(supplier_id, product_id, n)
JOIN supplier_product p ON p.webshop_id = $1 AND p.product_id = k.product_id AND p.supplier_id = k.supplier_id ORDER BY p.id`
)

// link binds what this coupling does not know yet to objects that are there already: buy orders by our reference,
// supplier products by their pair, others by the field that the batch's Links name. Nobody else creates such objects
// meanwhile.
func (w *writing) link(ctx context.Context, g *group) error {
	var fresh []*item
	for _, it := range g.items {
		if it.object == 0 && !it.m.Skip {
			fresh = append(fresh, it)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	switch rule := w.b.Links[g.t.object]; {
	case g.t.object == koppel.SupplierProducts:
		return w.linkPairs(ctx, g, fresh)
	case g.t.object == koppel.BuyOrders:
		return w.linkBy(ctx, g, fresh, buyReference, findRefsSQL, sameText, false)
	case rule.Key == "sku_code" && g.t.object == koppel.Products:
		return w.linkBy(ctx, g, fresh, productSKU, findSKUsSQL, sameText, rule.FindOnly)
	case rule.Key == "ean_code" && g.t.object == koppel.Products:
		return w.linkBy(ctx, g, fresh, productEAN, findEANsSQL, sameGTIN, rule.FindOnly)
	case rule.Key != "":
		return koppel.E(koppel.KindInvalidRequest, "link "+string(g.t.object), fmt.Sprintf("%s cannot be found by %q; sku_code and ean_code of products can", g.t.object, rule.Key))
	case rule.FindOnly:
		for _, it := range fresh {
			w.unmatched(g, it, "remote_id", it.m.RemoteID)
		}
	}
	return nil
}

// linkBy looks for objects whose field is one of forms(value). One hit links; several are for a person.
func (w *writing) linkBy(ctx context.Context, g *group, fresh []*item, field int, sql string, forms func(string) (norm string, forms []string), findOnly bool) error {
	name := g.t.fields[field].Name
	wanted := map[string][]*item{}
	var ask []string
	for _, it := range fresh {
		value, _ := it.m.Values[field].(string)
		norm, list := forms(strings.TrimSpace(value))
		if norm == "" {
			if findOnly {
				w.unmatched(g, it, name, value)
			}
			continue
		}
		wanted[norm] = append(wanted[norm], it)
		ask = append(ask, list...)
	}
	if len(ask) == 0 {
		return nil
	}
	if err := w.lockKind(ctx, g); err != nil {
		return err
	}
	found, err := w.tx.tx.Query(ctx, sql, w.b.Lease.Webshop, ask)
	if err != nil {
		return err
	}
	hits := map[string][]int64{}
	var id int64
	var value string
	if _, err := pgx.ForEachRow(found, []any{&id, &value}, func() error {
		norm, _ := forms(strings.TrimSpace(value))
		hits[norm] = append(hits[norm], id)
		return nil
	}); err != nil {
		return err
	}
	for norm, items := range wanted {
		if len(hits[norm]) == 0 && !findOnly && len(items) > 1 {
			// Several records of this batch are one new object.
			ids, err := w.db.objectIDs.take(ctx, w.tx, 1)
			if err != nil {
				return err
			}
			hits[norm] = ids
		}
		for _, it := range items {
			switch ids := hits[norm]; {
			case len(ids) == 1:
				it.object = ids[0]
			case len(ids) > 1:
				w.parkItem(g, it, koppel.KindConflict, name, norm, fmt.Sprintf("%d %s have %s %q: which one is meant must be decided by a person", len(ids), g.t.object, name, norm))
			case findOnly:
				w.unmatched(g, it, name, norm)
			}
		}
	}
	return nil
}

func (w *writing) unmatched(g *group, it *item, field, value string) {
	w.parkItem(g, it, koppel.KindNotFound, field, value, fmt.Sprintf("no %s here has %s %q, and this coupling does not create them", g.t.object, field, value))
}

// parkItem takes an item out of the group and keeps why.
func (w *writing) parkItem(g *group, it *item, kind koppel.Kind, field, input, reason string) {
	w.parked = append(w.parked, parkedRow{it.r, Parked{Object: g.t.object, Field: field, Input: input, Kind: kind, Reason: reason}})
	for i := range g.items {
		if g.items[i] == it {
			g.items = append(g.items[:i], g.items[i+1:]...)
			return
		}
	}
}

// lockKind keeps other couplings from creating objects of the kind. It comes in the batch's turn: the batch before
// may need the same lock.
func (w *writing) lockKind(ctx context.Context, g *group) error {
	if err := w.takeTurn(ctx); err != nil {
		return err
	}
	_, err := w.tx.exec(ctx, lockObjectsSQL, lockObject, fmt.Sprintf("%d %s", w.b.Lease.Webshop, g.t.object))
	return err
}

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

func sameText(s string) (string, []string) { return s, []string{s} }

// sameGTIN compares GTINs by their 14 digits and names the lengths in which they are kept (GS1 General
// Specifications, 3.3: GTIN-8, 12 and 13 are right-aligned in 14 digits). What is no GTIN is compared as it is.
func sameGTIN(s string) (string, []string) {
	if len(s) < 8 || len(s) > 14 || strings.Trim(s, "0123456789") != "" {
		return s, []string{s}
	}
	full := strings.Repeat("0", 14-len(s)) + s
	forms := []string{full}
	for _, n := range []int{13, 12, 8} {
		if strings.Trim(full[:14-n], "0") == "" {
			forms = append(forms, full[14-n:])
		}
	}
	return full, forms
}
