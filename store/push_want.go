package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// wantedPush is a write that is to be made: of object id to a coupling.
type wantedPush struct {
	coupling, id int64
	reference    string
}

// A row that was never tried takes the change with it; one that was is followed by another.
const joinPushSQL = `
ON CONFLICT (coupling_id, object, object_id) WHERE state IN ('pending', 'sending', 'unknown')
DO UPDATE SET edited = outbox.edited OR outbox.state <> 'pending' OR outbox.attempts > 0, updated_at = now()`

const wantPushesSQL = `
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference, due_at)
SELECT u.uuid::uuid, $5::bigint, u.coupling, $6::text, u.id, $7::text, u.reference, clock_timestamp() + make_interval(secs => $8::bigint / 1000.0)
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS u(uuid, coupling, id, reference)` + joinPushSQL

// pushColumns are wanted writes as the statement's arrays, in the order in which rows are locked.
func pushColumns(list []wantedPush) (uuids []string, couplings, ids []int64, references []string) {
	slices.SortFunc(list, func(a, b wantedPush) int { return cmp.Or(cmp.Compare(a.coupling, b.coupling), cmp.Compare(a.id, b.id)) })
	list = slices.CompactFunc(list, func(a, b wantedPush) bool { return a.coupling == b.coupling && a.id == b.id })
	for _, p := range list {
		uuids, couplings, ids, references = append(uuids, NewID()), append(couplings, p.coupling), append(ids, p.id), append(references, p.reference)
	}
	return uuids, couplings, ids, references
}

// wantPushes asks for writes beside a batch.
func (tx *Tx) wantPushes(ctx context.Context, webshop int64, object koppel.Object, operation string, list []wantedPush) error {
	if len(list) == 0 {
		return nil
	}
	uuids, couplings, ids, references := pushColumns(list)
	_, err := tx.exec(ctx, wantPushesSQL, uuids, couplings, ids, references, webshop, string(object), operation, tx.db.gather.Milliseconds())
	return err
}

// takers are the couplings that an object is pushed to.
func (w *writing) takers(object koppel.Object) (list []*participant) {
	for _, p := range w.party {
		if slices.Contains(p.Pushes, object) && !p.Draft && !p.Shadow {
			list = append(list, p)
		}
	}
	return list
}

// wantStock asks for the push of a product's stock to the couplings that take it: when it changed, and when a coupling
// comes to know the product. The coupling whose value it is hears nothing, so that no value comes back to its giver.
func (w *writing) wantStock(g *group, tg *target, mask int64) {
	if g.t.object != koppel.Products || tg.gone {
		return
	}
	level, kept := tg.values[productStock].(int64)
	giver := tg.winner[productStock]
	if !kept || giver == nil || tg.values[productUnlimited] == true {
		return
	}
	changed := mask&(1<<productStock|1<<productUnlimited) != 0
	for _, taker := range w.takers(koppel.Stock) {
		if giver.coupling == taker.ID {
			continue
		}
		for _, s := range tg.sources {
			own, told := s.values[productStock].(int64)
			if s.coupling == taker.ID && !s.gone && (changed || s.isNew) && !(told && own == level && !changed) {
				reference, _ := tg.values[productSKU].(string)
				w.wanted = append(w.wanted, wantedPush{taker.ID, tg.id, cmp.Or(reference, s.remoteID)})
				break
			}
		}
	}
}

// writeWanted writes what was asked for.
func (w *writing) writeWanted() {
	if len(w.wanted) == 0 {
		return
	}
	uuids, couplings, ids, references := pushColumns(w.wanted)
	w.wanted = nil
	w.pipe.add(-1, wantPushesSQL, textsArg(uuids), intsArg(couplings), intsArg(ids), textsArg(references),
		intArg(w.b.Lease.Webshop), textArg(string(koppel.Stock)), textArg("set"), intArg(w.db.gather.Milliseconds()))
}

const (
	setPushesSQL = `UPDATE coupling SET pushes = @pushes::text[] WHERE id = @id AND pushes <> @pushes::text[]`
	// What a stronger coupling or a person gives, and the coupling shows otherwise.
	lackedStockSQL = `
SELECT p.id, coalesce(p.sku_code, s.remote_id) AS reference
FROM source s JOIN product p ON p.webshop_id = s.webshop_id AND p.id = s.object_id
WHERE s.webshop_id = @webshop AND s.coupling_id = @coupling AND s.object = 'products' AND s.gone_at IS NULL
  AND p.stock_level IS NOT NULL AND NOT p.unlimited_stock AND (s.mapped->>'stock_level') IS DISTINCT FROM p.stock_level::text
  AND EXISTS (
      SELECT FROM source o LEFT JOIN coupling c ON c.id = o.coupling_id
      WHERE o.webshop_id = s.webshop_id AND o.object_id = p.id AND o.object = 'products' AND o.coupling_id <> @coupling AND o.gone_at IS NULL
        AND o.mapped->>'stock_level' IS NOT NULL AND NOT ('stock' = ANY (coalesce(c.pushes, '{}'))))`
)

// SetPushes keeps what is written to a coupling's remote when it changes here. A coupling that comes to take stock gets
// what differs at once. It reports whether anything changed.
func (tx *Tx) SetPushes(ctx context.Context, id string, pushes []koppel.Object) (changed bool, err error) {
	const op = "set pushes of coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return false, err
	}
	names := make([]string, len(pushes))
	for i, object := range pushes {
		names[i] = string(object)
	}
	n, err := tx.exec(ctx, setPushesSQL, pgx.StrictNamedArgs{"id": c.ID, "pushes": names})
	if err != nil || n == 0 {
		return false, wrap(op, err)
	}
	if !slices.Contains(pushes, koppel.Stock) || slices.Contains(c.Pushes, koppel.Stock) || c.ShadowSince != nil {
		return true, nil
	}
	return true, wrap(op, tx.wantLacked(ctx, c))
}

// wantLacked asks for the push of what a coupling's remote shows otherwise.
func (tx *Tx) wantLacked(ctx context.Context, c Coupling) error {
	type lacked struct {
		ID        int64
		Reference string
	}
	list, err := many[lacked](ctx, tx, lackedStockSQL, pgx.StrictNamedArgs{"webshop": c.WebshopID, "coupling": c.ID})
	if err != nil {
		return err
	}
	wanted := make([]wantedPush, len(list))
	for i, l := range list {
		wanted[i] = wantedPush{c.ID, l.ID, l.Reference}
	}
	return tx.wantPushes(ctx, c.WebshopID, koppel.Stock, "set", wanted)
}
