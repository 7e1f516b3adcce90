package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// key is an API key as it can be shown. Key itself is there once.
type key struct {
	ID           string     `json:"id" format:"uuid"`
	Name         string     `json:"name"`
	Key          string     `json:"key,omitempty" doc:"The key: shown once, when it is made"`
	Prefix       string     `json:"prefix"`
	LastFour     string     `json:"last_four"`
	Scopes       []string   `json:"scopes" nullable:"false"`
	Webshop      string     `json:"webshop,omitempty" format:"uuid" doc:"The only webshop it sees; absent for a key of the installation"`
	Organisation string     `json:"organisation,omitempty" format:"uuid"`
	CreatedAt    time.Time  `json:"created_at"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	RevokedAt    *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty" doc:"To the minute"`
}

func showKey(k store.Key) key {
	return key{
		ID: k.UUID, Name: k.Name, Prefix: k.Prefix, LastFour: k.LastFour, Scopes: k.Scopes, Webshop: text(k.WebshopUUID),
		Organisation: text(k.OrganisationUUID), CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, LastUsedAt: k.LastUsedAt,
	}
}

type newKey struct {
	Body struct {
		Name         string     `json:"name" minLength:"1" maxLength:"255"`
		Scopes       []string   `json:"scopes" minItems:"1" maxItems:"20" uniqueItems:"true" enum:"objects:read,objects:write,couplings:read,couplings:write,sync:run,registry:write,orders:write,webhooks:write,admin"`
		Webshop      string     `json:"webshop,omitempty" format:"uuid" doc:"The only webshop the key sees; all when absent, or the caller's own"`
		Organisation string     `json:"organisation,omitempty" format:"uuid" doc:"Not served yet: use one key a webshop"`
		ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	}
}

func (s *server) createKey(ctx context.Context, who caller, in *newKey) (key, error) {
	const op = "create key"
	b, bad := &in.Body, &fieldErrors{}
	if b.Organisation != "" {
		bad.add("body.organisation", "keys of an organisation are not served: make one key a webshop, or one of the installation")
	}
	if b.ExpiresAt != nil && !b.ExpiresAt.After(time.Now()) {
		bad.add("body.expires_at", "must be in the future")
	}
	if err := bad.err(op); err != nil {
		return key{}, err
	}
	if b.Webshop == "" && who.key.WebshopUUID != nil {
		b.Webshop = *who.key.WebshopUUID
	}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (key, error) {
		made, secret, err := tx.CreateKey(ctx, store.NewKey{Name: b.Name, Scopes: b.Scopes, Webshop: b.Webshop, ExpiresAt: b.ExpiresAt})
		if err != nil {
			return key{}, err
		}
		shown := showKey(made)
		if err := audit(ctx, tx, who, "key.create", made.UUID, nil, shown); err != nil {
			return key{}, err
		}
		shown.Key = secret.Reveal()
		return shown, nil
	})
}

type keyList struct{ Paging }

func (s *server) listKeys(ctx context.Context, who caller, in *keyList) (pageBody[key], error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[key], error) {
		page, err := tx.Keys(ctx, in.Limit, in.Cursor)
		return pageOf(page, showKey), err
	})
}

func (s *server) revokeKey(ctx context.Context, who caller, in *ByID) (key, error) {
	if in.ID == who.key.UUID {
		return key{}, koppel.E(koppel.KindConflict, "revoke key", "a key cannot revoke itself; use another admin key")
	}
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (key, error) {
		before, err := tx.Key(ctx, in.ID)
		if err != nil {
			return key{}, err
		}
		after, err := tx.RevokeKey(ctx, in.ID)
		if err != nil {
			return key{}, err
		}
		return showKey(after), audit(ctx, tx, who, "key.revoke", after.UUID, showKey(before), showKey(after))
	})
}
