package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestAnOrganisationsKeySeesItsWebshops(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ctx := t.Context()
	organisation := *p.shop.OrganisationUUID
	sister := in(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Webshop, error) {
		return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: organisation, Name: "sister"})
	})
	theirs := p.Coupling(t, sister)
	text := in(t, p.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (koppel.Secret, error) {
		_, text, err := tx.CreateKey(ctx, store.NewKey{Name: "agency", Scopes: []string{"admin"}, Organisation: organisation})
		return text, err
	})
	key, err := p.App.FindKey(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	if key.Scope() == store.AllWebshops() {
		t.Fatalf("the key of an organisation sees %s", key.Scope())
	}
	var shops, couplings []string
	err = p.App.InTx(ctx, key.Scope(), func(tx *store.Tx) error {
		list, err := tx.Webshops(ctx, store.WebshopFilter{})
		if err != nil {
			return err
		}
		for _, w := range list.Items {
			shops = append(shops, w.Name)
		}
		for _, id := range []string{p.coupling.UUID, theirs.UUID, p.otherOnes.UUID} {
			if c, err := tx.Coupling(ctx, id); err == nil {
				couplings = append(couplings, c.UUID)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "sister"}, shops); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{p.coupling.UUID, theirs.UUID}, couplings); diff != "" {
		t.Error(diff)
	}
	wantKind(t, p.Engine.InTx(ctx, key.Scope(), func(*store.Tx) error { return nil }), koppel.KindPermission)
	wantKind(t, p.App.InTx(ctx, store.ForOrganisation(0), func(*store.Tx) error { return nil }), koppel.KindInvalidRequest)
	// Nothing of it stays on the connection.
	_, err = try(t, p.App, store.ForWebshop(p.other.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, theirs.UUID) })
	wantKind(t, err, koppel.KindNotFound)
}
