package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestAuditGoesWithItsChangeAndItsWebshop(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	note := func(scope store.Scope, fail error) error {
		return p.App.InTx(t.Context(), scope, func(tx *store.Tx) error {
			if err := tx.Audit(t.Context(), store.Audit{Actor: "key kpl_ab12", Action: "coupling.rename", Subject: p.coupling.UUID,
				Before: map[string]string{"name": "a"}, After: map[string]string{"name": "b"}}); err != nil {
				return err
			}
			return fail
		})
	}
	boom := errors.New("boom")
	if err := note(p.scope(), boom); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	for _, scope := range []store.Scope{p.scope(), store.ForWebshop(p.other.ID), store.AllWebshops()} {
		if err := note(scope, nil); err != nil {
			t.Fatal(err)
		}
	}
	list := func(scope store.Scope) []store.AuditRow {
		return in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (store.Page[store.AuditRow], error) {
			return tx.Audits(ctx, p.coupling.UUID, 0, "")
		}).Items
	}
	own := list(p.scope())
	if len(own) != 1 || *own[0].WebshopID != p.shop.ID || string(own[0].After) != `{"name": "b"}` || own[0].Actor != "key kpl_ab12" {
		t.Errorf("the webshop sees %+v", own)
	}
	if all := list(store.AllWebshops()); len(all) != 3 {
		t.Errorf("the installation sees %d entries, want 3", len(all))
	}
	if err := store.ExecForTest(t.Context(), p.App, `DELETE FROM audit`); err == nil {
		t.Error("the app may delete audit entries")
	}
}

func TestPartitionsAreMadeAheadOnce(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	made, err := env.Engine.MakePartitions(t.Context(), 16)
	if err != nil || made != 5*2 {
		t.Errorf("made %d, want two more days of five tables; err %v", made, err)
	}
	if made, err = env.App.MakePartitions(t.Context(), 16); err != nil || made != 0 {
		t.Errorf("made %d again, err %v", made, err)
	}
	var days int
	err = env.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM pg_inherits WHERE inhparent = 'change'::regclass`).Scan(&days)
	if err != nil || days != 18 {
		t.Errorf("change has %d partitions, want yesterday, today and 16 days; err %v", days, err)
	}
	_, err = env.Engine.MakePartitions(t.Context(), 1000)
	wantKind(t, err, koppel.KindInvalidRequest)
}

func TestTheDatabasesClockIsUTC(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	now, err := env.App.Now(t.Context())
	if err != nil || now.Location() != time.UTC || time.Since(now).Abs() > time.Minute {
		t.Errorf("now is %v, err %v", now, err)
	}
}
