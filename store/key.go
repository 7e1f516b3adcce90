package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Key is an API key as it can be shown: never the key itself. It is bound to a webshop, to an organisation, or
// (neither) to the installation.
type Key struct {
	ID               int64
	UUID             string
	Name             string
	Prefix           string
	LastFour         string
	Scopes           []string
	OrganisationID   *int64
	OrganisationUUID *string
	WebshopID        *int64
	WebshopUUID      *string
	CreatedAt        time.Time
	ExpiresAt        *time.Time
	RevokedAt        *time.Time
	LastUsedAt       *time.Time
}

// Scope is what a request with the key may see: its webshop, its organisation's webshops, or all.
func (k Key) Scope() Scope {
	switch {
	case k.WebshopID != nil:
		return ForWebshop(*k.WebshopID)
	case k.OrganisationID != nil:
		return ForOrganisation(*k.OrganisationID)
	}
	return AllWebshops()
}

// Allows reports whether the key has a scope such as "objects:read"; "admin" has every scope.
func (k Key) Allows(scope string) bool {
	return slices.Contains(k.Scopes, scope) || slices.Contains(k.Scopes, "admin")
}

// KeyScopes are the scopes a key can have.
func KeyScopes() []string {
	return []string{"objects:read", "objects:write", "couplings:read", "couplings:write", "sync:run",
		"registry:write", "orders:write", "webhooks:write", "admin"}
}

// NewKey is what a key is made of. Name and Scopes are required; at most one of Organisation and Webshop is given.
type NewKey struct {
	Name         string
	Scopes       []string
	Organisation string     // outside id; "" for none
	Webshop      string     // outside id; "" for none
	ExpiresAt    *time.Time // nil: never
}

// keyPrefix starts every key, so that people and secret scanners know one.
const keyPrefix = "kpl_"

const keySelect = `
SELECT k.id, k.uuid, k.name, k.prefix, k.last_four, k.scopes, k.organisation_id, o.uuid AS organisation_uuid,
       k.webshop_id, w.uuid AS webshop_uuid, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
FROM api_key k LEFT JOIN organisation o ON o.id = k.organisation_id LEFT JOIN webshop w ON w.id = k.webshop_id`

const createKeySQL = `
INSERT INTO api_key (uuid, name, hash, prefix, last_four, scopes, organisation_id, webshop_id, expires_at)
VALUES (@uuid, @name, @hash, @prefix, @last_four, @scopes, @organisation, @webshop, @expires_at)`

// CreateKey makes a key and returns it with its text, which is nowhere kept and cannot be shown again.
func (tx *Tx) CreateKey(ctx context.Context, n NewKey) (Key, koppel.Secret, error) {
	const op = "create key"
	if err := n.check(op); err != nil {
		return Key{}, koppel.Secret{}, err
	}
	var organisation, webshop *int64
	if n.Organisation != "" {
		o, err := tx.Organisation(ctx, n.Organisation)
		if err != nil {
			return Key{}, koppel.Secret{}, wrap(op, err)
		}
		organisation = &o.ID
	}
	if n.Webshop != "" {
		w, err := tx.Webshop(ctx, n.Webshop)
		if err != nil {
			return Key{}, koppel.Secret{}, wrap(op, err)
		}
		webshop = &w.ID
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Key{}, koppel.Secret{}, wrap(op, err)
	}
	text := keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	hash := sha256.Sum256([]byte(text))
	id := NewID()
	_, err := tx.exec(ctx, createKeySQL, pgx.StrictNamedArgs{
		"uuid": id, "name": n.Name, "hash": hash[:], "prefix": text[:len(keyPrefix)+4], "last_four": text[len(text)-4:],
		"scopes": n.Scopes, "organisation": organisation, "webshop": webshop, "expires_at": n.ExpiresAt,
	})
	if err != nil {
		return Key{}, koppel.Secret{}, wrap(op, err)
	}
	k, err := tx.Key(ctx, id)
	return k, koppel.NewSecret(text), wrap(op, err)
}

func (n NewKey) check(op string) error {
	switch {
	case n.Name == "":
		return invalid(op, "name is empty")
	case len(n.Scopes) == 0:
		return invalid(op, "no scope is given; the scopes are %s", strings.Join(KeyScopes(), ", "))
	case n.Organisation != "" && n.Webshop != "":
		return invalid(op, "a key is bound to an organisation or to a webshop, not to both")
	}
	for _, scope := range n.Scopes {
		if !slices.Contains(KeyScopes(), scope) {
			return invalid(op, "scope %q is unknown; the scopes are %s", scope, strings.Join(KeyScopes(), ", "))
		}
	}
	return nil
}

const keySQL = keySelect + ` WHERE k.uuid = $1`

// Key finds a key by its outside id.
func (tx *Tx) Key(ctx context.Context, id string) (Key, error) {
	const op = "get key"
	if err := checkID(op, "key", id); err != nil {
		return Key{}, err
	}
	k, err := one[Key](ctx, tx, keySQL, id)
	return k, foundOr(op, "key", id, err)
}

const keysSQL = keySelect + ` WHERE k.id > @after ORDER BY k.id LIMIT @limit`

// Keys lists the keys of the scope from the oldest on, revoked ones too.
func (tx *Tx) Keys(ctx context.Context, limit int, after string) (Page[Key], error) {
	const op = "list keys"
	from, err := idAfter(op, "keys", after, 0)
	if err != nil {
		return Page[Key]{}, err
	}
	size := pageSize(limit)
	rows, err := many[Key](ctx, tx, keysSQL, pgx.StrictNamedArgs{"after": from, "limit": size + 1})
	return pageOf("keys", rows, size, func(k Key) int64 { return k.ID }), wrap(op, err)
}

const revokeKeySQL = `UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE uuid = $1`

// RevokeKey ends a key at once; revoking it again changes nothing.
func (tx *Tx) RevokeKey(ctx context.Context, id string) (Key, error) {
	const op = "revoke key"
	if err := checkID(op, "key", id); err != nil {
		return Key{}, err
	}
	if _, err := tx.exec(ctx, revokeKeySQL, id); err != nil {
		return Key{}, wrap(op, err)
	}
	k, err := tx.Key(ctx, id)
	return k, wrap(op, err)
}

const (
	findKeySQL = keySelect + ` WHERE k.hash = $1`
	useKeySQL  = `UPDATE api_key SET last_used_at = now() WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`
)

// FindKey finds the key with the given text and notes its use, at most once a minute. A key that is unknown,
// revoked or expired is an error of kind auth.
func (db *DB) FindKey(ctx context.Context, text koppel.Secret) (Key, error) {
	const op = "check key"
	if !strings.HasPrefix(text.Reveal(), keyPrefix) {
		return Key{}, koppel.E(koppel.KindAuth, op, "this is no key of ours: keys start with "+keyPrefix)
	}
	hash := sha256.Sum256([]byte(text.Reveal()))
	return With(ctx, db, AllWebshops(), func(tx *Tx) (Key, error) {
		k, err := one[Key](ctx, tx, findKeySQL, hash[:])
		now := time.Now()
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return Key{}, koppel.E(koppel.KindAuth, op, "the key is unknown; make one: koppel key create")
		case err != nil:
			return Key{}, wrap(op, err)
		}
		if err := k.usable(op, now); err != nil {
			return Key{}, err
		}
		if k.LastUsedAt == nil || now.Sub(*k.LastUsedAt) > time.Minute {
			if _, err := tx.exec(ctx, useKeySQL, k.ID); err != nil {
				return Key{}, wrap(op, err)
			}
			k.LastUsedAt = &now
		}
		return k, nil
	})
}

// usable is an error of kind auth for a key that was revoked or has expired.
func (k Key) usable(op string, now time.Time) error {
	switch {
	case k.RevokedAt != nil:
		return koppel.E(koppel.KindAuth, op, fmt.Sprintf("key %q was revoked at %s", k.Name, k.RevokedAt.Format(time.RFC3339)))
	case k.ExpiresAt != nil && !k.ExpiresAt.After(now):
		return koppel.E(koppel.KindAuth, op, fmt.Sprintf("key %q expired at %s", k.Name, k.ExpiresAt.Format(time.RFC3339)))
	}
	return nil
}
