package store_test

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestASessionLastsAsLongAsItsKeyAndItsTime(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	shop := env.Webshop(t, "shop")
	owner := env.Owner(t)
	type made struct {
		key  store.Key
		text koppel.Secret
	}
	key := func(name string) made {
		m, err := store.With(t.Context(), env.App, store.AllWebshops(), func(tx *store.Tx) (m made, err error) {
			m.key, m.text, err = tx.CreateKey(t.Context(), store.NewKey{Name: name, Scopes: []string{"couplings:read"}, Webshop: shop.UUID})
			return m, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	first, second := key("first"), key("second")
	open := func(text koppel.Secret) koppel.Secret {
		token, _, err := env.App.OpenSession(t.Context(), text, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	a, b, c := open(first.text), open(first.text), open(second.text)
	s, err := env.App.FindSession(t.Context(), a)
	if err != nil || s.Key.UUID != first.key.UUID || s.Key.Scope() != store.ForWebshop(shop.ID) || time.Until(s.ExpiresAt) > time.Hour {
		t.Fatalf("found %+v, %v", s, err)
	}
	gone := func(what string, token koppel.Secret) {
		t.Helper()
		if _, err := env.App.FindSession(t.Context(), token); koppel.KindOf(err) != koppel.KindAuth {
			t.Errorf("%s: %v, want kind auth", what, err)
		}
	}
	gone("made up", koppel.NewSecret("x"))
	if err := env.App.CloseSession(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	gone("signed out", a)
	if _, err := owner.Exec(t.Context(), `UPDATE web_session SET expires_at = now() - interval '1 s' WHERE key_id = $1`, first.key.ID); err != nil {
		t.Fatal(err)
	}
	gone("over", b)
	if err := env.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
		_, err := tx.RevokeKey(t.Context(), second.key.UUID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	gone("key revoked", c)
	if _, _, err := env.App.OpenSession(t.Context(), second.text, time.Hour); koppel.KindOf(err) != koppel.KindAuth {
		t.Errorf("a revoked key signs in: %v", err)
	}
	open(first.text)
	var rows, plain int
	if err := owner.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE position(convert_to($1::text, 'UTF8') IN hash) > 0) FROM web_session WHERE key_id = $2`,
		b.Reveal(), first.key.ID).Scan(&rows, &plain); err != nil || rows != 1 || plain != 0 {
		t.Errorf("%d rows of the first key, %d with the token itself, %v; want the new one only", rows, plain, err)
	}
}
