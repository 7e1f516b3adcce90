package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// LoginToken is the name of the token that a customer's login gave.
const LoginToken = "login"

// The states of a token.
const (
	tokenOK          = "ok"
	tokenNeedsReauth = "needs_reauth"
)

// tokenRow is a token as it is kept.
type tokenRow struct {
	ID         int64
	Sealed     []byte
	Generation int64
	ObtainedAt *time.Time
	ExpiresAt  *time.Time
	RenewAt    *time.Time
	// Held: a renewal is under way.
	Held     bool
	NotedAt  *time.Time
	NotedBy  string
	State    string
	Reason   string
	Captured map[string]any
}

const tokenSQL = `
SELECT id, sealed, generation, obtained_at, expires_at, renew_at, coalesce(lease_until > clock_timestamp(), false) AS held,
       noted_at, noted_by, state, reason, captured
FROM credential_token WHERE credential_id = @credential AND name = @name`

// token reads a token's row; nil when there is none.
func (tx *Tx) token(ctx context.Context, sql string, credential int64, name string) (*tokenRow, error) {
	row, err := one[tokenRow](ctx, tx, sql, pgx.StrictNamedArgs{"credential": credential, "name": name})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &row, err
}

// needsReauth is the error of a token that only a new login helps; nil for any other.
func (r *tokenRow) needsReauth(op string) error {
	if r.State != tokenNeedsReauth {
		return nil
	}
	return koppel.E(koppel.KindAuth, op, r.Reason)
}

type openedToken struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh,omitempty"`
}

func (tx *Tx) openToken(ctx context.Context, op string, webshop, credential int64, name string, row *tokenRow) (koppel.Token, error) {
	if row == nil || row.Sealed == nil {
		return koppel.Token{}, nil
	}
	aead, err := tx.dataKey(ctx, op, webshop)
	if err != nil {
		return koppel.Token{}, err
	}
	plain, err := openWith(op, aead, row.Sealed, tokenPurpose(webshop, credential, name))
	if err != nil {
		return koppel.Token{}, err
	}
	var opened openedToken
	if json.Unmarshal(plain, &opened) != nil {
		// The cause may quote the plain text.
		return koppel.Token{}, koppel.E(koppel.KindInternal, op, "the opened value is no token")
	}
	token := koppel.Token{Access: koppel.NewSecret(opened.Access), Refresh: koppel.NewSecret(opened.Refresh), Generation: row.Generation}
	for _, at := range []struct {
		from *time.Time
		into *time.Time
	}{{row.ObtainedAt, &token.Obtained}, {row.ExpiresAt, &token.Expires}, {row.RenewAt, &token.RenewAt}} {
		if at.from != nil {
			*at.into = *at.from
		}
	}
	return token, nil
}

func (tx *Tx) sealToken(ctx context.Context, op string, webshop, credential int64, name string, token koppel.Token) ([]byte, error) {
	aead, err := tx.dataKey(ctx, op, webshop)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(openedToken{Access: token.Access.Reveal(), Refresh: token.Refresh.Reveal()})
	if err != nil {
		return nil, wrap(op, err)
	}
	if len(plain) > secretsLimit {
		return nil, koppel.E(koppel.KindTooLarge, op, "the token is above 64 KiB")
	}
	return sealWith(aead, dataKeyID, plain, tokenPurpose(webshop, credential, name)), nil
}

func tokenPurpose(webshop, credential int64, name string) string {
	return fmt.Sprintf("%s: token %s of credential %d", dataKeyPurpose(webshop), name, credential)
}

const storeTokenSQL = `
UPDATE credential_token SET sealed = @sealed, generation = generation + 1, obtained_at = @obtained, expires_at = @expires,
       renew_at = @renew, lease = NULL, lease_until = NULL, noted_at = NULL, noted_by = '', tries = 0, state = 'ok', reason = ''
WHERE credential_id = @credential AND name = @name AND (@generation::bigint < 0 OR generation = @generation)`

// storeToken makes token the newest one, in place of the given generation, or of any when it is below zero. It
// reports whether it was stored: false when another one has taken that place.
func (tx *Tx) storeToken(ctx context.Context, op string, webshop, credential int64, name string, generation int64, token koppel.Token) (bool, error) {
	sealed, err := tx.sealToken(ctx, op, webshop, credential, name, token)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, storeTokenSQL, pgx.StrictNamedArgs{
		"credential": credential, "name": name, "generation": generation, "sealed": sealed,
		"obtained": timeOrNull(token.Obtained), "expires": timeOrNull(token.Expires), "renew": timeOrNull(token.RenewAt),
	})
	return n == 1, wrap(op, err)
}

const ensureTokenSQL = `
INSERT INTO credential_token (webshop_id, credential_id, name) SELECT webshop_id, id, @name FROM credential WHERE id = @credential
ON CONFLICT DO NOTHING`

// SaveLogin keeps what a customer's login gave, in place of everything from before.
func (tx *Tx) SaveLogin(ctx context.Context, credential int64, token koppel.Token) error {
	const op = "save login"
	webshop, err := tx.webshop(op)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, ensureTokenSQL, pgx.StrictNamedArgs{"credential": credential, "name": LoginToken}); err != nil {
		return wrap(op, err)
	}
	stored, err := tx.storeToken(ctx, op, webshop, credential, LoginToken, -1, token)
	if err == nil && !stored {
		err = notFound(op, "credential", fmt.Sprint(credential))
	}
	return err
}

const setCapturedSQL = `UPDATE credential_token SET captured = @captured WHERE credential_id = @credential AND name = @name`

// SetCaptured keeps the values that were read, or chosen, after a login.
func (tx *Tx) SetCaptured(ctx context.Context, credential int64, captured map[string]any) error {
	const op = "keep captured values"
	args := pgx.StrictNamedArgs{"credential": credential, "name": LoginToken}
	if _, err := tx.exec(ctx, ensureTokenSQL, args); err != nil {
		return wrap(op, err)
	}
	args["captured"] = captured
	_, err := tx.exec(ctx, setCapturedSQL, args)
	return wrap(op, err)
}

const dropClientTokensSQL = `DELETE FROM credential_token WHERE credential_id = $1 AND name LIKE 'client/%'`
