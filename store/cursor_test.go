package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestACursorIsATimeOrAKeyAndIsSetBesideNoRun(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	at, key := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC), "1042"
	set := func(scope store.Scope, s store.CursorSet) error {
		s.Coupling, s.Groups, s.Stream = p.coupling.UUID, []string{"products"}, "products"
		_, err := try(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (bool, error) { return true, tx.SetCursor(ctx, s) })
		return err
	}
	cursor := func() store.StreamCursor {
		list := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.StreamCursor, error) {
			return tx.Cursors(ctx, p.coupling.UUID)
		})
		if len(list) != 1 {
			t.Fatalf("cursors %+v", list)
		}
		return list[0]
	}
	wantKind(t, set(store.ForWebshop(p.other.ID), store.CursorSet{At: &at}), koppel.KindNotFound)
	wantKind(t, set(p.scope(), store.CursorSet{At: &at, Key: &key}), koppel.KindInvalidRequest)
	if err := set(p.scope(), store.CursorSet{Key: &key}); err != nil {
		t.Fatal(err)
	}
	if got := cursor(); got.Key == nil || *got.Key != key || got.At != nil {
		t.Errorf("cursor %+v", got)
	}
	if err := set(p.scope(), store.CursorSet{At: &at}); err != nil {
		t.Fatal(err)
	}
	if got := cursor(); got.Key != nil || got.At == nil || !got.At.Equal(at) || got.RunUUID != nil {
		t.Errorf("cursor %+v", got)
	}
	run := p.Run(t, p.coupling, "products")
	wantKind(t, set(p.scope(), store.CursorSet{}), koppel.KindConflict)
	if got := cursor(); got.At == nil || !got.At.Equal(at) {
		t.Errorf("beside run %s the cursor became %+v", run.UUID, got)
	}
}
