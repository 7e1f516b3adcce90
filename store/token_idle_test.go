package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestIdleLoginsComeWhenTheirTimeHas(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	idle := func() []store.IdleLogin {
		return in(t, a.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.IdleLogin, error) { return tx.IdleLogins(ctx, 10) })
	}
	token := tokenOf(2)
	token.RenewAt = time.Now().Add(-time.Minute)
	a.login(t, token)
	if got := idle(); len(got) != 0 {
		t.Errorf("a login that no coupling has is to be renewed: %+v", got)
	}
	in(t, a.App, a.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		if _, err := tx.SetCouplingCredential(ctx, a.coupling.UUID, a.credential.UUID); err != nil {
			return store.Coupling{}, err
		}
		return tx.DisableCoupling(ctx, a.coupling.UUID, koppel.ClosingSteps(false)) // a disabled coupling keeps its login
	})
	got := idle()
	if len(got) != 1 || got[0].CouplingUUID != a.coupling.UUID || got[0].CredentialID != a.credential.ID || got[0].WebshopID != a.shop.ID {
		t.Fatalf("idle: %+v", got)
	}
	in(t, a.Engine, a.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return nil, tx.PutOffRenewal(ctx, got[0], time.Hour)
	})
	if again := idle(); len(again) != 0 {
		t.Errorf("put off, and there again: %+v", again)
	}
}
