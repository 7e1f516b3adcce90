package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestKeysAreHashedBoundAndEnd(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	shop := env.Webshop(t, "shop")
	var text koppel.Secret
	create := func(n store.NewKey) (store.Key, error) {
		return try(t, env.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (k store.Key, err error) {
			k, text, err = tx.CreateKey(ctx, n)
			return k, err
		})
	}
	k, err := create(store.NewKey{Name: "pos", Scopes: []string{"objects:read"}, Webshop: shop.UUID})
	if err != nil {
		t.Fatal(err)
	}
	open := text.Reveal()
	if !strings.HasPrefix(open, k.Prefix) || !strings.HasSuffix(open, k.LastFour) || len(k.Prefix) > 8 || len(open) < 40 {
		t.Errorf("key %d long shows prefix %q and last four %q", len(open), k.Prefix, k.LastFour)
	}
	var kept int
	if err := env.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM api_key k WHERE k::text LIKE '%' || $1 || '%'`, open).Scan(&kept); err != nil || kept != 0 {
		t.Fatalf("the key's text is kept in %d rows, err %v", kept, err)
	}
	found, err := env.App.FindKey(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if found.UUID != k.UUID || *found.WebshopUUID != shop.UUID || found.Scope() != store.ForWebshop(shop.ID) {
		t.Errorf("found %+v", found)
	}
	if !found.Allows("objects:read") || found.Allows("objects:write") || found.Allows("admin") {
		t.Errorf("scopes %v allow the wrong things", found.Scopes)
	}
	for _, wrong := range []string{"", "kpl_", open + "x", open[:len(open)-1]} {
		_, err := env.App.FindKey(t.Context(), koppel.NewSecret(wrong))
		wantKind(t, err, koppel.KindAuth)
	}
	in(t, env.App, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Key, error) { return tx.RevokeKey(ctx, k.UUID) })
	_, err = env.App.FindKey(t.Context(), text)
	wantKind(t, err, koppel.KindAuth, "revoked", "pos")

	past := time.Now().Add(-time.Second)
	if _, err := create(store.NewKey{Name: "old", Scopes: []string{"admin"}, ExpiresAt: &past}); err != nil {
		t.Fatal(err)
	}
	_, err = env.App.FindKey(t.Context(), text)
	wantKind(t, err, koppel.KindAuth, "expired")
	for _, bad := range []store.NewKey{{Scopes: []string{"admin"}}, {Name: "x"}, {Name: "x", Scopes: []string{"root"}},
		{Name: "x", Scopes: []string{"admin"}, Organisation: shop.UUID, Webshop: shop.UUID}} {
		_, err := create(bad)
		wantKind(t, err, koppel.KindInvalidRequest)
	}
}

func TestLastUseIsNotedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	owner := env.Owner(t)
	var text koppel.Secret
	k := in(t, env.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (k store.Key, err error) {
		k, text, err = tx.CreateKey(ctx, store.NewKey{Name: "k", Scopes: []string{"admin"}})
		return k, err
	})
	use := func() time.Time {
		t.Helper()
		if _, err := env.App.FindKey(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		var at time.Time
		if err := owner.QueryRow(t.Context(), `SELECT last_used_at FROM api_key WHERE id = $1`, k.ID).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := use()
	if second := use(); !second.Equal(first) {
		t.Errorf("noted again after %s", second.Sub(first))
	}
	if _, err := owner.Exec(t.Context(), `UPDATE api_key SET last_used_at = now() - interval '61 seconds'`); err != nil {
		t.Fatal(err)
	}
	if later := use(); time.Since(later) > 30*time.Second {
		t.Errorf("a use a minute later is not noted: %s", later)
	}
}

func TestAWebshopSeesOnlyItsOwnKeys(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	one, two := env.Webshop(t, "one"), env.Webshop(t, "two")
	for _, shop := range []store.Webshop{one, two} {
		in(t, env.App, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (k store.Key, err error) {
			k, _, err = tx.CreateKey(ctx, store.NewKey{Name: shop.Name, Scopes: []string{"objects:read"}, Webshop: shop.UUID})
			return k, err
		})
	}
	keys := func(scope store.Scope) []store.Key {
		return in(t, env.App, scope, func(ctx context.Context, tx *store.Tx) (store.Page[store.Key], error) { return tx.Keys(ctx, 0, "") }).Items
	}
	if got := keys(store.ForWebshop(one.ID)); len(got) != 1 || got[0].Name != "one" {
		t.Errorf("webshop one sees %v", got)
	}
	if got := keys(store.AllWebshops()); len(got) != 2 {
		t.Errorf("the installation sees %v", got)
	}
	_, err := try(t, env.App, store.ForWebshop(one.ID), func(ctx context.Context, tx *store.Tx) (k store.Key, err error) {
		k, _, err = tx.CreateKey(ctx, store.NewKey{Name: "for another", Scopes: []string{"admin"}, Webshop: two.UUID})
		return k, err
	})
	wantKind(t, err, koppel.KindNotFound)
	_, err = try(t, env.App, store.ForWebshop(one.ID), func(ctx context.Context, tx *store.Tx) (k store.Key, err error) {
		k, _, err = tx.CreateKey(ctx, store.NewKey{Name: "for all", Scopes: []string{"admin"}})
		return k, err
	})
	if err == nil {
		t.Error("a webshop's transaction made a key of the installation")
	}
}
