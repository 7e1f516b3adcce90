package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// coveringSelect reads rules as the engine may, which knows no organisations.
const coveringSelect = `
SELECT r.id, r.uuid, r.organisation_id, r.webshop_id, NULL::text AS organisation_uuid, NULL::text AS organisation_name, NULL::text AS webshop_uuid,
       NULL::text AS webshop_name, r.channel, r.target, r.wants, r.floor, r.quiet_minutes, r.parked_above, r.created_at, r.created_by,
       NULL::timestamptz AS sent_at, NULL::timestamptz AS failed_at, 0::bigint AS waiting, '' AS error
FROM notice_rule r`

const (
	coveringSQL = coveringSelect + `
WHERE r.webshop_id = $1 OR r.webshop_id IS NULL AND (r.organisation_id IS NULL OR r.organisation_id = (SELECT organisation_id FROM webshop WHERE id = $1))
ORDER BY r.id`
	coveredSQL = `
SELECT w.id FROM webshop w WHERE w.id > $1 AND EXISTS (
    SELECT FROM notice_rule r WHERE r.webshop_id = w.id OR r.organisation_id = w.organisation_id OR r.webshop_id IS NULL AND r.organisation_id IS NULL
) ORDER BY w.id LIMIT 500`
)

// Covered gives the webshops after one of which a rule wants to be told, at most 500. It needs the engine role.
func (db *DB) Covered(ctx context.Context, after int64) ([]int64, error) {
	return With(ctx, db, Queues(), func(tx *Tx) ([]int64, error) {
		type row struct{ ID int64 }
		rows, err := many[row](ctx, tx, coveredSQL, after)
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		return ids, wrap("find webshops with notice rules", err)
	})
}

// told is a row of notice_told.
type told struct {
	RuleID    int64
	Key       string
	WebshopID *int64
	Cause     koppel.Cause
	Entry     koppel.NoticeEntry
	Count     int64
	Newest    time.Time
	ToldAt    time.Time
	Present   bool
	Returns   int
	OverAt    *time.Time
}

const (
	lockToldSQL = `SELECT pg_advisory_xact_lock(hashtext('koppel notices'))`
	toldSQL     = `
SELECT rule_id, key, webshop_id, cause, entry, count, newest, told_at, present, returns, over_at FROM notice_told
WHERE cause <> '' AND (webshop_id = $1 OR webshop_id IS NULL)`
	saveToldSQL = `
INSERT INTO notice_told (rule_id, key, webshop_id, cause, entry, count, newest, told_at, present, returns, over_at)
VALUES (@rule, @key, @webshop, @cause, @entry, @count, @newest, @told_at, @present, @returns, @over_at)
ON CONFLICT (rule_id, key) DO UPDATE SET entry = excluded.entry, count = excluded.count, newest = excluded.newest, told_at = excluded.told_at,
    present = excluded.present, returns = excluded.returns, over_at = excluded.over_at`
)

// TellInbox compares a webshop's inbox with what was told of it, and tells the difference: what is told and what is
// noted as told commit together, so nothing is lost and nothing told twice. It gives the number of things told.
func (db *DB) TellInbox(ctx context.Context, webshop int64) (int, error) {
	const op = "tell of the inbox"
	return With(ctx, db, ForWebshop(webshop), func(tx *Tx) (int, error) {
		if _, err := tx.exec(ctx, lockToldSQL); err != nil {
			return 0, wrap(op, err)
		}
		rules, err := many[NoticeRule](ctx, tx, coveringSQL, webshop)
		if err != nil || len(rules) == 0 {
			return 0, wrap(op, err)
		}
		items, err := tx.Inbox(ctx, InboxFilter{Handled: true})
		if err != nil {
			return 0, err
		}
		before, err := many[told](ctx, tx, toldSQL, webshop)
		if err != nil {
			return 0, wrap(op, err)
		}
		now, err := one[struct{ Now time.Time }](ctx, tx, `SELECT now() AS now`)
		if err != nil {
			return 0, wrap(op, err)
		}
		n := 0
		for _, rule := range rules {
			for _, change := range changesOf(rule, groupsOf(items, now.Now), before, now.Now) {
				if err := tx.saveTold(ctx, change.told); err != nil {
					return n, wrap(op, err)
				}
				if change.entry == nil {
					continue
				}
				if err := tx.tell(ctx, rule, *change.entry); err != nil {
					return n, err
				}
				n++
			}
		}
		return n, nil
	})
}

func (tx *Tx) saveTold(ctx context.Context, t told) error {
	_, err := tx.exec(ctx, saveToldSQL, pgx.StrictNamedArgs{
		"rule": t.RuleID, "key": t.Key, "webshop": t.WebshopID, "cause": string(t.Cause), "entry": t.Entry, "count": t.Count, "newest": t.Newest,
		"told_at": t.ToldAt, "present": t.Present, "returns": t.Returns, "over_at": t.OverAt,
	})
	return err
}
