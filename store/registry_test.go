package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestWebshopsOfAnOrganisation(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	all := store.AllWebshops()
	o := in(t, env.App, all, func(ctx context.Context, tx *store.Tx) (store.Organisation, error) {
		return tx.CreateOrganisation(ctx, "Group")
	})
	create := func(n store.NewWebshop) (store.Webshop, error) {
		return try(t, env.App, all, func(ctx context.Context, tx *store.Tx) (store.Webshop, error) { return tx.CreateWebshop(ctx, n) })
	}
	w, err := create(store.NewWebshop{Organisation: o.UUID, Name: "Shop", ExternalRef: "host-1", OrderPrefix: "AB"})
	if err != nil {
		t.Fatal(err)
	}
	if w.Kind != "webshop" || w.TimeZone != "Europe/Amsterdam" || *w.ExternalRef != "host-1" || *w.OrganisationUUID != o.UUID {
		t.Errorf("webshop is %+v", w)
	}
	_, err = create(store.NewWebshop{Organisation: o.UUID, Name: "Again", ExternalRef: "host-1"})
	wantKind(t, err, koppel.KindConflict, "host-1")
	for _, bad := range []store.NewWebshop{
		{Organisation: o.UUID},
		{Organisation: o.UUID, Name: "x", Kind: "shop"},
		{Organisation: o.UUID, Name: "x", TimeZone: "Europe/Atlantis"},
		{Organisation: o.UUID, Name: "x", OrderPrefix: "ab1"},
	} {
		_, err := create(bad)
		wantKind(t, err, koppel.KindInvalidRequest)
	}
	_, err = create(store.NewWebshop{Organisation: store.NewID(), Name: "x"})
	wantKind(t, err, koppel.KindNotFound)
	_, err = create(store.NewWebshop{Organisation: "not-a-uuid", Name: "x"})
	wantKind(t, err, koppel.KindNotFound)

	found := in(t, env.App, all, func(ctx context.Context, tx *store.Tx) (store.Page[store.Webshop], error) {
		return tx.Webshops(ctx, store.WebshopFilter{Organisation: o.UUID, ExternalRef: "host-1"})
	})
	if diff := cmp.Diff([]store.Webshop{w}, found.Items); diff != "" {
		t.Error(diff)
	}
}

func TestListsPageByOpaqueCursor(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	var want, got []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		want = append(want, env.Webshop(t, name).UUID)
	}
	list := func(after string) (store.Page[store.Webshop], error) {
		return try(t, env.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Page[store.Webshop], error) {
			return tx.Webshops(ctx, store.WebshopFilter{Limit: 2, After: after})
		})
	}
	after, pages := "", 0
	for {
		page, err := list(after)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range page.Items {
			got = append(got, w.UUID)
		}
		pages++
		if after = page.Next; after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages, want 3: %s", pages, diff)
	}
	organisations := in(t, env.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Page[store.Organisation], error) {
		return tx.Organisations(ctx, 1, "")
	})
	for _, cursor := range []string{"nonsense", "bnVtYmVycw", organisations.Next} {
		_, err := list(cursor)
		wantKind(t, err, koppel.KindInvalidRequest, "cursor")
	}
}
