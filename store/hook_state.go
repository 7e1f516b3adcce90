package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const subscribedSQL = `
UPDATE hook SET state = 'active', remote_id = @remote, detail = '', subscribed_at = now(), checked_at = now(), due_at = now() + @again
WHERE id = @id AND state IN ('wanted', 'active', 'failing')`

// HookSubscribed notes that the remote took a subscription; again is when it is looked at next. conflict says that it
// is not wanted any more.
func (tx *Tx) HookSubscribed(ctx context.Context, id int64, remote string, again time.Duration) error {
	const op = "note webhook"
	n, err := tx.exec(ctx, subscribedSQL, pgx.StrictNamedArgs{"id": id, "remote": remote, "again": again})
	if err == nil && n == 0 {
		return conflict(op, "the webhook is not wanted any more")
	}
	return wrap(op, err)
}

const checkedSQL = `
UPDATE hook SET state = CASE WHEN @detail = '' THEN 'active' ELSE 'failing' END, detail = @detail, checked_at = now(), due_at = now() + @again
WHERE id = @id AND state IN ('wanted', 'active', 'failing')`

// HookChecked notes how a subscription stands: detail says why it fails, "" that it does not.
func (tx *Tx) HookChecked(ctx context.Context, id int64, detail string, again time.Duration) error {
	_, err := tx.exec(ctx, checkedSQL, pgx.StrictNamedArgs{"id": id, "detail": cut(detail, 1000), "again": again})
	return wrap("note webhook", err)
}

const lostHookSQL = `UPDATE hook SET state = 'wanted', remote_id = '', detail = '' WHERE id = $1 AND state IN ('active', 'failing')`

// HookLost notes that the remote has a subscription no longer: it is wanted again.
func (tx *Tx) HookLost(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, lostHookSQL, id)
	return wrap("note webhook", err)
}

const leftSQL = `UPDATE hook SET state = 'left', detail = '', left_at = now() WHERE id = $1`

// HookLeft notes that a subscription was ended at the remote. Calls that were under way are taken for a while.
func (tx *Tx) HookLeft(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, leftSQL, id)
	return wrap("note webhook", err)
}

const notLeftSQL = `UPDATE hook SET detail = @detail, checked_at = now(), due_at = now() + @again WHERE id = @id AND state = 'leaving'`

// HookNotLeft notes why a subscription could not be ended yet.
func (tx *Tx) HookNotLeft(ctx context.Context, id int64, detail string, again time.Duration) error {
	_, err := tx.exec(ctx, notLeftSQL, pgx.StrictNamedArgs{"id": id, "detail": cut(detail, 1000), "again": again})
	return wrap("note webhook", err)
}

const hookKeysSQL = `UPDATE hook SET public_keys = $2 WHERE id = $1`

// SetHookKeys keeps the public keys with which the remote signs, by name.
func (tx *Tx) SetHookKeys(ctx context.Context, id int64, keys map[string]string) error {
	_, err := tx.exec(ctx, hookKeysSQL, id, keys)
	return wrap("keep the keys of a webhook", err)
}

const refusedHookSQL = `UPDATE hook SET refused = refused + $2, refused_at = now(), refused_for = $3 WHERE id = $1`

// HookRefused counts calls that were refused, with the reason of the last one.
func (tx *Tx) HookRefused(ctx context.Context, id, n int64, why string) error {
	_, err := tx.exec(ctx, refusedHookSQL, id, n, cut(why, 255))
	return wrap("count refused calls", err)
}

const leaveHookSQL = `
UPDATE hook SET state = CASE WHEN remote_id = '' THEN 'left' ELSE 'leaving' END, left_at = CASE WHEN remote_id = '' THEN now() END, due_at = now()
WHERE coupling_id = @coupling AND (@id::bigint = 0 OR id = @id) AND state IN ('wanted', 'active', 'failing')`

// LeaveHooks makes a coupling's subscriptions ones that are to be ended, and adds the job that ends them.
func (tx *Tx) LeaveHooks(ctx context.Context, c Coupling) error {
	const op = "end webhooks"
	n, err := tx.exec(ctx, leaveHookSQL, pgx.StrictNamedArgs{"coupling": c.ID, "id": int64(0)})
	if err != nil || n == 0 {
		return wrap(op, err)
	}
	return wrap(op, tx.SeeToHooks(ctx, c))
}

// LeaveHook makes one subscription one that is to be ended; SeeToHooks adds the job.
func (tx *Tx) LeaveHook(ctx context.Context, h Hook) error {
	_, err := tx.exec(ctx, leaveHookSQL, pgx.StrictNamedArgs{"coupling": h.CouplingID, "id": h.ID})
	return wrap("end webhook", err)
}

// SeeToHooks adds the job that makes the subscriptions equal to what is wanted.
func (tx *Tx) SeeToHooks(ctx context.Context, c Coupling) error {
	return tx.addJobs(ctx, HooksJob{Webshop: c.WebshopID, Coupling: c.ID})
}

// RotateHook ends a subscription and makes a new one of its topic, with a new address and secret. Calls that were
// under way to the old address are taken for a while.
func (tx *Tx) RotateHook(ctx context.Context, id string) (Hook, error) {
	const op = "rotate webhook"
	h, err := tx.Hook(ctx, id)
	if err != nil {
		return h, err
	}
	c, err := tx.lockCoupling(ctx, op, h.CouplingUUID)
	if err != nil {
		return h, err
	}
	switch {
	case h.State == HookLeaving || h.State == HookLeft:
		return h, conflict(op, "the webhook is being ended; rotate the one that took its place: koppel hook list %s", h.CouplingUUID)
	case c.State != koppel.CouplingActive:
		return h, conflict(op, "the coupling is %s; its webhooks are made when it is active", describe(c))
	}
	if err := tx.LeaveHook(ctx, h); err != nil {
		return h, err
	}
	if err := tx.WantHook(ctx, c, h.Topic); err != nil {
		return h, err
	}
	if err := tx.SeeToHooks(ctx, c); err != nil {
		return h, err
	}
	fresh, err := one[Hook](ctx, tx, hookSelect+` WHERE h.coupling_id = $1 AND h.topic = $2 AND h.state = 'wanted'`, c.ID, h.Topic)
	return fresh, wrap(op, err)
}

const (
	dueHooksSQL = `
SELECT DISTINCT h.webshop_id AS webshop, h.coupling_id AS coupling FROM hook h JOIN coupling c ON c.id = h.coupling_id
WHERE h.state <> 'left' AND h.due_at <= now() AND (c.state = 'active' OR h.state = 'leaving') LIMIT $1`
	oldHooksSQL    = `DELETE FROM hook WHERE state = 'left' AND left_at < now() - interval '31 days'`
	oldCallKeysSQL = `DELETE FROM inbox_key WHERE (hook_id, event_id, body_hash) IN (SELECT hook_id, event_id, body_hash FROM inbox_key WHERE at < now() - interval '30 days' LIMIT 10000)`
)

// DueHooks adds jobs for couplings whose subscriptions are to be looked at, and says how many. It forgets ended
// subscriptions and calls of more than thirty days ago.
func (db *DB) DueHooks(ctx context.Context, atMost int) (int, error) {
	return With(ctx, db, Queues(), func(tx *Tx) (int, error) {
		due, err := many[HooksJob](ctx, tx, dueHooksSQL, atMost)
		if err != nil {
			return 0, wrap("find webhooks to look at", err)
		}
		for _, job := range due {
			if err := tx.addJobs(ctx, job); err != nil {
				return 0, err
			}
		}
		for _, sql := range []string{oldCallKeysSQL, oldHooksSQL} {
			if _, err := tx.exec(ctx, sql); err != nil {
				return 0, wrap("forget old webhooks", err)
			}
		}
		return len(due), nil
	})
}
