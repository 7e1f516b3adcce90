package store_test

import (
	"testing"

	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestReadSeesOneMoment(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	shop := env.Webshop(t, "one moment")
	names := func(tx *store.Tx) (int, error) {
		page, err := tx.Couplings(t.Context(), store.CouplingFilter{})
		return len(page.Items), err
	}
	between, err := store.Read(t.Context(), env.App, store.ForWebshop(shop.ID), func(tx *store.Tx) ([2]int, error) {
		before, err := names(tx)
		if err != nil {
			return [2]int{}, err
		}
		env.Coupling(t, shop)
		after, err := names(tx)
		return [2]int{before, after}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if between != [2]int{0, 0} {
		t.Errorf("couplings seen in one read: %v, want the same moment twice", between)
	}
	if now, err := store.Read(t.Context(), env.App, store.ForWebshop(shop.ID), names); err != nil || now != 1 {
		t.Errorf("afterwards %d couplings, %v; want 1", now, err)
	}
}
