package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// shadowReason is what a write that is held because of a shadow says.
const shadowReason = "the coupling is in shadow: another platform still writes to its remote"

const (
	shadowSQL = `
INSERT INTO push_stop (uuid, webshop_id, coupling_id, reason, stopped_by, shadow, hooks) VALUES (@uuid, @webshop, @coupling, @reason, @by, true, @hooks)
ON CONFLICT (coupling_id) WHERE shadow AND ended_at IS NULL DO UPDATE SET hooks = excluded.hooks`
	endShadowSQL = `UPDATE push_stop SET ended_at = now(), ended_by = @by WHERE coupling_id = @coupling AND shadow AND ended_at IS NULL`
	// inShadowSQL is true of coupling c while it is in shadow.
	inShadowSQL = `EXISTS (SELECT FROM push_stop x WHERE x.coupling_id = c.id AND x.shadow AND x.ended_at IS NULL)`
	heldOfSQL   = `SELECT count(*) FROM outbox WHERE coupling_id = $1 AND state IN ('pending', 'unknown', 'sending')`
)

// Shadow puts a coupling into shadow: it pulls and maps as ever, no write to its remote is made, those that were asked
// for before are held, and webhooks are subscribed to only with hooks. In shadow already, it changes hooks alone.
func (tx *Tx) Shadow(ctx context.Context, id string, hooks bool, by string) (Coupling, error) {
	const op = "put coupling into shadow"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.RemoveObjects != nil || c.State == koppel.CouplingRemoved {
		return Coupling{}, conflict(op, "%s", c.Leaves())
	}
	if _, err := tx.exec(ctx, shadowSQL, pgx.StrictNamedArgs{
		"uuid": NewID(), "webshop": c.WebshopID, "coupling": c.ID, "reason": shadowReason, "by": by, "hooks": hooks,
	}); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if err := tx.SeeToHooks(ctx, c); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, id)
}

// EndShadow lets a coupling write to its remote and subscribe to webhooks. What was held goes out, and of what follows
// from the objects, such as stock, what differs there. One that is not in shadow is of kind conflict.
func (tx *Tx) EndShadow(ctx context.Context, id, by string) (Coupling, error) {
	const op = "end shadow of coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.ShadowSince == nil {
		return Coupling{}, conflict(op, "the coupling is not in shadow")
	}
	if _, err := tx.exec(ctx, endShadowSQL, pgx.StrictNamedArgs{"coupling": c.ID, "by": by}); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, endHeldSQL); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if slices.Contains(c.Pushes, koppel.Stock) {
		if err := tx.wantLacked(ctx, c); err != nil {
			return Coupling{}, wrap(op, err)
		}
	}
	if err := tx.SeeToHooks(ctx, c); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, id)
}

// HeldWrites counts the writes of a coupling, by its inner id, that are not done.
func (tx *Tx) HeldWrites(ctx context.Context, coupling int64) (n int64, err error) {
	err = tx.tx.QueryRow(ctx, heldOfSQL, coupling).Scan(&n)
	return n, wrap("count held writes", err)
}
