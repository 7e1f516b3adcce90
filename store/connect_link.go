package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ConnectLink is a link by which a customer connects a coupling's remote account.
type ConnectLink struct {
	ID           int64
	UUID         string
	WebshopID    int64
	WebshopName  string
	CouplingUUID string
	// ReturnTo is the address that the last page leads back to; "" for none.
	ReturnTo string
	// Activate: a draft is activated once it is connected.
	Activate  bool
	ExpiresAt time.Time
	// UsedAt is when it connected the account; it connects nothing else after that.
	UsedAt *time.Time
}

// NewConnectLink is what a link is made of; Coupling and CreatedBy are required.
type NewConnectLink struct {
	Coupling  string // outside id
	ReturnTo  string
	Activate  bool
	CreatedBy string
	// Lifetime is how long it works; a week when zero, thirty days at most.
	Lifetime time.Duration
}

const (
	linkLife     = 7 * 24 * time.Hour
	linkLifeMost = 30 * 24 * time.Hour
	// loginLife is how long a customer may take to log in at the remote.
	loginLife = 15 * time.Minute

	linkPurpose = "connect link"
)

const linkSelect = `
SELECT l.id, l.uuid, l.webshop_id, w.name AS webshop_name, c.uuid AS coupling_uuid, l.return_to, l.activate, l.expires_at, l.used_at
FROM connect_link l JOIN webshop w ON w.id = l.webshop_id JOIN coupling c ON c.id = l.coupling_id`

const createLinkSQL = `
INSERT INTO connect_link (uuid, webshop_id, coupling_id, return_to, activate, created_by, expires_at)
SELECT @uuid, webshop_id, id, @return_to, @activate, @by, now() + @life FROM coupling WHERE uuid = @coupling`

// CreateConnectLink makes a link for a coupling. Token gives its token.
func (tx *Tx) CreateConnectLink(ctx context.Context, n NewConnectLink) (ConnectLink, error) {
	const op = "make connect link"
	if n.Lifetime == 0 {
		n.Lifetime = linkLife
	}
	if n.Lifetime < time.Minute || n.Lifetime > linkLifeMost {
		return ConnectLink{}, invalid(op, "a connect link works for a minute to thirty days, not %s", n.Lifetime)
	}
	c, err := tx.Coupling(ctx, n.Coupling)
	if err != nil {
		return ConnectLink{}, wrap(op, err)
	}
	if c.State == koppel.CouplingRemoved {
		return ConnectLink{}, conflict(op, "the coupling is removed")
	}
	id := NewID()
	_, err = tx.exec(ctx, createLinkSQL, pgx.StrictNamedArgs{
		"uuid": id, "coupling": n.Coupling, "return_to": n.ReturnTo, "activate": n.Activate, "by": n.CreatedBy, "life": n.Lifetime,
	})
	if err != nil {
		return ConnectLink{}, wrap(op, err)
	}
	l, err := one[ConnectLink](ctx, tx, linkSelect+` WHERE l.uuid = $1`, id)
	return l, wrap(op, err)
}

// LinkToken is the token of a link, for its address: the link's id, signed by the primary master key.
func (db *DB) LinkToken(l ConnectLink) (string, error) {
	const op = "sign connect link"
	if db.keys == nil {
		return "", koppel.E(koppel.KindInternal, op, "no master keys are configured")
	}
	id, err := uuid.Parse(l.UUID)
	if err != nil {
		return "", wrap(op, err)
	}
	text := base64.RawURLEncoding.EncodeToString(id[:])
	key, signature := db.keys.sign(text, linkPurpose)
	return key + "." + text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// FindConnectLink finds the link of a token: not_found for one that we did not sign, conflict for one that is over.
func (db *DB) FindConnectLink(ctx context.Context, token string) (ConnectLink, error) {
	const op = "open connect link"
	unknown := koppel.E(koppel.KindNotFound, op, "this link is not complete, or not one of ours")
	at := strings.LastIndexByte(token, '.')
	if at < 0 || db.keys == nil {
		return ConnectLink{}, unknown
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	head := token[:at]
	at = strings.LastIndexByte(head, '.')
	if err != nil || at < 0 || !db.keys.signed(head[:at], head[at+1:], linkPurpose, signature) {
		return ConnectLink{}, unknown
	}
	raw, err := base64.RawURLEncoding.DecodeString(head[at+1:])
	id, parseErr := uuid.FromBytes(raw)
	if err != nil || parseErr != nil {
		return ConnectLink{}, unknown
	}
	return With(ctx, db, AllWebshops(), func(tx *Tx) (ConnectLink, error) {
		l, err := one[ConnectLink](ctx, tx, linkSelect+` WHERE l.uuid = $1`, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return l, unknown
		case err == nil && l.ExpiresAt.Before(time.Now()):
			return l, koppel.E(koppel.KindConflict, op, "this link worked until "+l.ExpiresAt.UTC().Format("2 January 2006 15:04")+" UTC")
		}
		return l, wrap(op, err)
	})
}

const beginLoginSQL = `
UPDATE connect_link SET state_hash = @state, browser_hash = @browser, verifier = @verifier, login_until = now() + @life
WHERE id = @id AND used_at IS NULL`

// BeginLogin makes state and verifier of a login by the link, bound to the browser that has the cookie. An earlier
// login by the link that has not come back is over.
func (tx *Tx) BeginLogin(ctx context.Context, l ConnectLink, browser string) (koppel.Login, error) {
	const op = "begin login"
	keys, err := tx.masterKeys(op)
	if err != nil {
		return koppel.Login{}, err
	}
	random := func() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }
	login := koppel.Login{State: random(), Verifier: random()}
	n, err := tx.exec(ctx, beginLoginSQL, pgx.StrictNamedArgs{
		"id": l.ID, "state": digest(login.State), "browser": digest(browser), "life": loginLife,
		"verifier": keys.seal([]byte(login.Verifier), linkPurpose+" "+l.UUID),
	})
	if err == nil && n == 0 {
		return koppel.Login{}, conflict(op, "the link was used already; ask for a new one")
	}
	return login, wrap(op, err)
}

const takeLoginSQL = `
UPDATE connect_link SET state_hash = NULL, browser_hash = NULL, verifier = NULL, login_until = NULL
FROM (SELECT id, browser_hash, verifier, login_until > now() AND used_at IS NULL AND expires_at > now() AS live
      FROM connect_link WHERE state_hash = $1 FOR UPDATE) was
WHERE connect_link.id = was.id RETURNING connect_link.uuid, was.browser_hash, was.verifier, was.live`

// TakeLogin finds the login of a state that comes back with the browser's cookie, once.
func (db *DB) TakeLogin(ctx context.Context, state, browser string) (ConnectLink, koppel.Login, error) {
	const op = "come back from login"
	type taken struct {
		UUID        string
		BrowserHash []byte
		Verifier    []byte
		Live        bool
	}
	var link ConnectLink
	row, err := With(ctx, db, AllWebshops(), func(tx *Tx) (taken, error) {
		row, err := one[taken](ctx, tx, takeLoginSQL, digest(state))
		if err == nil {
			link, err = one[ConnectLink](ctx, tx, linkSelect+` WHERE l.uuid = $1`, row.UUID)
		}
		return row, err
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows) || koppel.KindOf(err) == koppel.KindNotFound:
		return link, koppel.Login{}, koppel.E(koppel.KindNotFound, op, "this login is over or was answered already; open the link again")
	case err != nil:
		return link, koppel.Login{}, err
	case !row.Live:
		return link, koppel.Login{}, conflict(op, "this login took too long; open the link again")
	case string(row.BrowserHash) != string(digest(browser)):
		return link, koppel.Login{}, koppel.E(koppel.KindPermission, op, "this login was begun in another browser; open the link again in this one")
	}
	if db.keys == nil {
		return link, koppel.Login{}, koppel.E(koppel.KindInternal, op, "no master keys are configured")
	}
	verifier, err := db.keys.open(op, row.Verifier, linkPurpose+" "+link.UUID)
	return link, koppel.Login{State: state, Verifier: string(verifier)}, err
}

const useLinkSQL = `UPDATE connect_link SET used_at = now() WHERE id = $1 AND used_at IS NULL`

// UseConnectLink notes that the link has connected the account.
func (tx *Tx) UseConnectLink(ctx context.Context, l ConnectLink) error {
	_, err := tx.exec(ctx, useLinkSQL, l.ID)
	return wrap("use connect link", err)
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
