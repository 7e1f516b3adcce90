package store_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestParkedRecordsAreFoundReadAndResolved(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	run := p.Run(t, p.coupling, "products")
	p.withStreams(t, run)
	owner := p.Owner(t)
	for i, reason := range []string{"price is not a number", "name is missing", "price is not a number"} {
		if _, err := owner.Exec(t.Context(), `
			INSERT INTO parked (uuid, webshop_id, coupling_id, stream_id, remote_id, object, field, kind, reason, raw, run_id)
			SELECT gen_random_uuid(), $1, $2, id, $3, 'products', $4, 'mapping', $5, $6, $7 FROM stream WHERE name = 'products'`,
			p.shop.ID, p.coupling.ID, "r"+strconv.Itoa(i), []string{"price", "name", "price"}[i], reason, []byte(`{"id": 1}`), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	list := func(scope store.Scope, f store.ParkedFilter) (ids []string, first string) {
		page := in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (store.Page[store.ParkedRow], error) {
			return tx.ParkedRecords(ctx, f)
		})
		for _, r := range page.Items {
			ids = append(ids, r.RemoteID)
			first = r.UUID
		}
		return ids, first
	}
	for name, c := range map[string]struct {
		f    store.ParkedFilter
		want []string
	}{
		"all":        {store.ParkedFilter{}, []string{"r2", "r1", "r0"}},
		"remote id":  {store.ParkedFilter{Search: "r1"}, []string{"r1"}},
		"reason":     {store.ParkedFilter{Search: "NOT a number"}, []string{"r2", "r0"}},
		"wildcard":   {store.ParkedFilter{Search: "%"}, nil},
		"stream":     {store.ParkedFilter{Stream: "products", Kind: koppel.KindMapping, Coupling: p.coupling.UUID, Limit: 1}, []string{"r2"}},
		"none there": {store.ParkedFilter{Stream: "variations"}, nil},
		"resolved":   {store.ParkedFilter{Resolved: true}, nil},
	} {
		if got, _ := list(p.scope(), c.f); !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if theirs, _ := list(store.ForWebshop(p.other.ID), store.ParkedFilter{}); theirs != nil {
		t.Errorf("another webshop sees %v", theirs)
	}
	causes := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.ParkedCause, error) {
		return tx.ParkedCauses(ctx, p.coupling.UUID)
	})
	if len(causes) != 2 || causes[0].Records != 2 || causes[0].Field != "price" || causes[0].Object != "products" {
		t.Errorf("causes %+v", causes)
	}
	_, id := list(p.scope(), store.ParkedFilter{Search: "r1"})
	got := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ParkedRow, error) { return tx.Parked(ctx, id) })
	if string(got.Raw) != `{"id": 1}` || got.ResolvedAt != nil || *got.RunUUID != run.UUID || *got.Stream != "products" {
		t.Errorf("read %+v", got)
	}
	resolve := func(scope store.Scope, k store.ParkedPick, dry bool) int64 {
		return in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (int64, error) {
			return tx.ResolveParked(ctx, k, "tester", "sold out for good", dry)
		})
	}
	unresolve := func(k store.ParkedPick) int64 {
		return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.UnresolveParked(ctx, k, false) })
	}
	prices := store.ParkedPick{Coupling: p.coupling.UUID, Kind: koppel.KindMapping, Object: koppel.Products, Field: "price"}
	if n := resolve(store.ForWebshop(p.other.ID), prices, false); n != 0 {
		t.Errorf("another webshop resolved %d", n)
	}
	if n := resolve(p.scope(), prices, true); n != 2 {
		t.Errorf("a dry run tells %d, want 2", n)
	}
	if open, _ := list(p.scope(), store.ParkedFilter{}); len(open) != 3 {
		t.Errorf("after a dry run open are %v", open)
	}
	if n := resolve(p.scope(), prices, false); n != 2 {
		t.Errorf("resolved %d, want 2", n)
	}
	if open, _ := list(p.scope(), store.ParkedFilter{}); !cmp.Equal(open, []string{"r1"}) {
		t.Errorf("open are %v", open)
	}
	// What was mapped after all is no person's word to take back, and what is parked anew is on the list already.
	if _, err := owner.Exec(t.Context(), `
		INSERT INTO parked (uuid, webshop_id, coupling_id, stream_id, remote_id, object, field, kind, reason, raw, run_id, resolved_at)
		SELECT gen_random_uuid(), webshop_id, coupling_id, stream_id, k.id, object, field, kind, reason, raw, run_id, k.at
		FROM parked, (VALUES ('r9', now()), ('r0', NULL)) AS k(id, at) WHERE remote_id = 'r2'`); err != nil {
		t.Fatal(err)
	}
	if n := unresolve(prices); n != 1 {
		t.Errorf("put back %d, want 1", n)
	}
	if open, _ := list(p.scope(), store.ParkedFilter{Field: "price"}); !cmp.Equal(open, []string{"r0", "r2"}) {
		t.Errorf("open are %v", open)
	}
	_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (int64, error) {
		return tx.ResolveParked(ctx, store.ParkedPick{Kind: koppel.KindMapping}, "tester", "why", false)
	})
	wantKind(t, err, koppel.KindInvalidRequest)
}
