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

// in runs fn in a transaction and fails the test on an error.
func in[T any](t *testing.T, db *store.DB, scope store.Scope, fn func(ctx context.Context, tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := try(t, db, scope, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// try runs fn in a transaction and hands on its error.
func try[T any](t *testing.T, db *store.DB, scope store.Scope, fn func(ctx context.Context, tx *store.Tx) (T, error)) (T, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return store.With(ctx, db, scope, func(tx *store.Tx) (T, error) { return fn(ctx, tx) })
}

// wantKind fails unless err has the kind and its text holds every part.
func wantKind(t *testing.T, err error, kind koppel.Kind, parts ...string) {
	t.Helper()
	if koppel.KindOf(err) != kind {
		t.Fatalf("error is %v (kind %q), want kind %q", err, koppel.KindOf(err), kind)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("error %q does not say %q", err, part)
		}
	}
}

// pair is two webshops with a coupling each.
type pair struct {
	*storetest.Env
	shop, other         store.Webshop
	coupling, otherOnes store.Coupling
}

func newPair(t *testing.T) pair {
	t.Helper()
	p := pair{Env: storetest.New(t)}
	p.shop, p.other = p.Webshop(t, "one"), p.Webshop(t, "two")
	p.coupling, p.otherOnes = p.Coupling(t, p.shop), p.Coupling(t, p.other)
	return p
}

// scope is that of the pair's first webshop.
func (p pair) scope() store.Scope { return store.ForWebshop(p.shop.ID) }
