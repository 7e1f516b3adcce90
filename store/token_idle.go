package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// IdleLogin is a login whose time to be renewed has come although nobody used it, with one coupling that has it.
type IdleLogin struct {
	WebshopID    int64
	CredentialID int64
	CouplingID   int64
	CouplingUUID string
}

// A disabled coupling keeps its credentials, and so its login.
const idleLoginsSQL = `
SELECT t.webshop_id, t.credential_id, c.id AS coupling_id, c.uuid AS coupling_uuid
FROM credential_token t
CROSS JOIN LATERAL (
    SELECT c.id, c.uuid FROM coupling c WHERE c.webshop_id = t.webshop_id AND c.credential_id = t.credential_id AND c.state <> 'removed' ORDER BY c.id LIMIT 1
) c
WHERE t.renew_at < now() AND t.state = 'ok' ORDER BY t.renew_at LIMIT $1`

// IdleLogins lists logins that are due to be kept alive, the longest due first.
func (tx *Tx) IdleLogins(ctx context.Context, limit int) ([]IdleLogin, error) {
	list, err := many[IdleLogin](ctx, tx, idleLoginsSQL, limit)
	return list, wrap("list idle logins", err)
}

const putOffRenewalSQL = `UPDATE credential_token SET renew_at = now() + @by WHERE credential_id = @credential AND renew_at < now()`

// PutOffRenewal makes a login due later, after a renewal that failed.
func (tx *Tx) PutOffRenewal(ctx context.Context, login IdleLogin, by time.Duration) error {
	_, err := tx.exec(ctx, putOffRenewalSQL, pgx.StrictNamedArgs{"credential": login.CredentialID, "by": by})
	return wrap("put off the renewal of a login", err)
}
