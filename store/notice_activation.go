package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// toldOnceSQL notes something that happens once; a repeated activity finds it.
const toldOnceSQL = `
INSERT INTO notice_told (rule_id, key, webshop_id, cause, entry, present, over_at) VALUES (@rule, @key, @webshop, '', @entry, false, now())
ON CONFLICT DO NOTHING`

// TellActivation tells of the progress of an activation, in the transaction that makes it: want is WantProgress or
// WantSteps, attempt names this activation among those of the coupling, what is in plain words what happened. Told
// again it changes nothing. That an activation stopped is told from the inbox.
func (tx *Tx) TellActivation(ctx context.Context, c Coupling, want, attempt, what string) error {
	const op = "tell of activation"
	rules, err := many[NoticeRule](ctx, tx, coveringSQL, c.WebshopID)
	if err != nil {
		return wrap(op, err)
	}
	var name string
	for _, rule := range rules {
		if !rule.tells(want, koppel.SeverityInfo) {
			continue
		}
		if name == "" {
			if err := tx.tx.QueryRow(ctx, `SELECT name FROM webshop WHERE id = $1`, c.WebshopID).Scan(&name); err != nil {
				return wrap(op, err)
			}
		}
		entry := koppel.NoticeEntry{
			News: koppel.NewsProgress, Severity: koppel.SeverityInfo, Title: what, Webshop: name, Coupling: c.Name, Since: time.Now().UTC(),
			Next: "See how it stands: koppel coupling show " + c.UUID,
		}
		made, err := tx.exec(ctx, toldOnceSQL, pgx.StrictNamedArgs{
			"rule": rule.ID, "key": "activation/" + c.UUID + "/" + attempt + "/" + what, "webshop": c.WebshopID, "entry": entry,
		})
		if err != nil {
			return wrap(op, err)
		}
		if made == 0 {
			continue
		}
		if err := tx.tell(ctx, rule, entry); err != nil {
			return err
		}
	}
	return nil
}
