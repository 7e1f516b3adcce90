package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Of the offers of one product exactly one that is alive is preferred: the one that the strongest coupling flags, of
// several the first that was made, and without a flag the first of all. The row's column says what was decided, the
// sources keep what the remotes flag.
const (
	offersSQL = `
SELECT o.product_id, o.id, o.preferred, o.alive, f.coupling_id, f.remote_id, f.flag, f.notes
FROM unnest($2::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT product_id, id, uuid, preferred, status <> 'disabled' AS alive FROM supplier_product WHERE webshop_id = $1 AND product_id = k.id OFFSET 0
) o
LEFT JOIN LATERAL (
    SELECT s.*, c.priority FROM (
        SELECT coupling_id, remote_id, mapped->>'preferred' = 'true' AS flag, notes FROM source
        WHERE webshop_id = $1 AND object_id = o.id AND gone_at IS NULL OFFSET 0
    ) s LEFT JOIN coupling c ON c.id = s.coupling_id
    WHERE s.flag IS NOT NULL
    ORDER BY coalesce(c.rules->'supplier_products'->'ignore' ? 'preferred', false), s.coupling_id = 0,
             coalesce((c.ranks->'supplier_products'->>'terms')::float8, 'infinity'), nullif(c.priority, 0), c.id, s.remote_id LIMIT 1
) f ON true
ORDER BY o.product_id, o.alive DESC, coalesce(f.flag, false) DESC, CASE WHEN f.flag THEN nullif(f.priority, 0) END, o.uuid`
	preferSQL = `
UPDATE supplier_product t SET preferred = r.preferred = 1, changed_at = now(), run_id = $4::bigint
FROM (SELECT $3::bigint AS shop, u.* FROM unnest($1::bigint[], $2::bigint[]) AS u(id, preferred) OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.id = r.id`
	noteSourceSQL = `
UPDATE source t SET notes = nullif(r.notes, '')::json
FROM (SELECT $4::bigint AS shop, u.* FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(coupling, remote_id, notes) OFFSET 0) r
WHERE t.webshop_id = r.shop AND t.coupling_id = r.coupling AND t.object = 'supplier_products' AND t.remote_id = r.remote_id`
)

// guessPreferred gives new offers what the decision will most likely be, so that most rows are written once; stored
// ones keep what was decided. It notes the products that have to be decided.
func (w *writing) guessPreferred(g *group) {
	if w.offered == nil {
		w.offered = map[int64]bool{}
	}
	column, product := g.t.valueColumn(offerPreferred), g.t.refColumn(offerProduct)
	type guess struct {
		tg   *target
		flag bool
	}
	best := map[int64]guess{}
	for _, tg := range g.order {
		id := g.ref(tg, offerProduct, &g.t.fields[offerProduct], tg.values[offerProduct])
		given, flag := tg.winner[offerPreferred] != nil, tg.values[offerPreferred] == true
		if tg.before != nil {
			tg.values[offerPreferred] = tg.before[column][0] == 1
			if !tg.emptied && !slices.ContainsFunc(tg.sources, func(s *source) bool { return s.isNew || s.changed }) {
				continue
			}
			if was := tg.before[product]; was != nil {
				w.offered[rawInt(was)] = true
			}
		} else {
			tg.values[offerPreferred] = false
			if b := best[id]; id != 0 && tg.values[offerStatus] != "disabled" && (flag || !given) && (b.tg == nil || flag && !b.flag) {
				best[id] = guess{tg, flag}
			}
		}
		if id != 0 {
			w.offered[id] = true
		}
	}
	for _, b := range best {
		b.tg.values[offerPreferred] = true
	}
}

// refColumn is the column of what a reference refers to.
func (t *table) refColumn(field int) int {
	return slices.Index(t.slots, slot{partRefID, field})
}

// offerOf is one offer of a product in the order of preference.
type offerOf struct {
	Product, ID      int64
	Preferred, Alive bool
	// The strongest source that flags it or says that it is not flagged, if any.
	Coupling *int64
	RemoteID *string
	Flag     *bool
	Notes    []byte
}

// decidePreferred corrects what was guessed and what other offers make of it. It comes in the batch's turn, and only
// one coupling at a time decides.
func (w *writing) decidePreferred(ctx context.Context) error {
	if len(w.offered) == 0 {
		return nil
	}
	products := make([]int64, 0, len(w.offered))
	for id := range w.offered {
		products = append(products, id)
	}
	slices.Sort(products)
	l := w.b.Lease
	var list []offerOf
	batch := &pgx.Batch{}
	batch.Queue(lockObjectsSQL, lockObject, w.kindName(koppel.SupplierProducts), lockTurn, w.rowWait())
	batch.Queue(offersSQL, l.Webshop, products).Query(func(found pgx.Rows) (err error) {
		list, err = pgx.CollectRows(found, pgx.RowToStructByPos[offerOf])
		return err
	})
	if err := w.tx.tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	var p preferences
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(o offerOf) bool { return o.Product != list[0].Product })
		if n < 0 {
			n = len(list)
		}
		p.decide(list[:n])
		list = list[n:]
	}
	for _, id := range p.ids {
		w.change(koppel.SupplierProducts, changeUpdated, id, 1<<offerPreferred)
	}
	if len(p.ids) > 0 {
		w.pipe.add(int64(len(p.ids)), preferSQL, intsArg(p.ids), intsArg(p.preferred), intArg(l.Webshop), intArg(l.Run))
	}
	if len(p.couplings) > 0 {
		w.pipe.add(-1, noteSourceSQL, intsArg(p.couplings), textsArg(p.remoteIDs), textsArg(p.notes), intArg(l.Webshop))
	}
	return nil
}

// preferences is what a decision changes: offers, and notes of sources.
type preferences struct {
	ids, preferred   []int64 // preferred is 1 or 0
	couplings        []int64
	remoteIDs, notes []string
}

// decide takes the offers of one product, the preferred one first.
func (p *preferences) decide(offers []offerOf) {
	alive, flagged, given := 0, 0, 0
	for _, o := range offers {
		if !o.Alive {
			continue
		}
		alive++
		if o.Flag != nil {
			given++
			if *o.Flag {
				flagged++
			}
		}
	}
	text := ""
	switch {
	case flagged > 1:
		text = fmt.Sprintf("%s%d of %d offers of the product are flagged: this one is preferred", byRule, flagged, alive)
	case flagged == 0 && given > 0 && alive > 1:
		text = fmt.Sprintf("%snone of %d offers of the product is flagged: this one is preferred", byRule, alive)
	}
	for i, o := range offers {
		chosen := i == 0 && o.Alive
		if o.Preferred != chosen {
			p.ids, p.preferred = append(p.ids, o.ID), append(p.preferred, 0)
			if chosen {
				p.preferred[len(p.preferred)-1] = 1
			}
		}
		if o.Coupling == nil {
			continue
		}
		want := text
		if !chosen {
			want = ""
		}
		if notes, changed := renote(o.Notes, want); changed {
			p.couplings, p.remoteIDs, p.notes = append(p.couplings, *o.Coupling), append(p.remoteIDs, *o.RemoteID), append(p.notes, notes)
		}
	}
}

// byRule begins the notes that decide makes.
const byRule = "decided by rule: "

// renote puts text in the place of an earlier decision's note; "" is none.
func renote(stored []byte, text string) (notes string, changed bool) {
	if text == "" && !bytes.Contains(stored, []byte(byRule)) {
		return "", false
	}
	var list []koppel.Note
	_ = json.Unmarshal(stored, &list) // ours, or null
	was := ""
	list = slices.DeleteFunc(list, func(n koppel.Note) bool {
		ours := n.Field == "preferred" && strings.HasPrefix(n.Text, byRule)
		if ours {
			was = cmp.Or(was, n.Text)
		}
		return ours
	})
	if text != "" {
		list = append(list, koppel.Note{Field: "preferred", Text: text})
	}
	if len(list) == 0 {
		return "", was != text
	}
	out, _ := json.Marshal(list) // strings only
	return string(out), was != text
}
