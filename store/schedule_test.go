package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestWishesAreDistinctByCouplingCronAndZone(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	set := func(c store.Coupling, wishes ...store.NewSchedule) []store.Schedule {
		return in(t, p.App, store.ForWebshop(c.WebshopID), func(ctx context.Context, tx *store.Tx) ([]store.Schedule, error) {
			return tx.SetSchedules(ctx, c.UUID, wishes)
		})
	}
	hourly := store.NewSchedule{StreamGroup: "products", Mode: koppel.ModeSince, Cron: "0 * * * *", TimeZone: "UTC"}
	orders := store.NewSchedule{StreamGroup: "orders", Mode: koppel.ModeSince, Cron: "0 * * * *", TimeZone: "UTC"}
	nightly := store.NewSchedule{StreamGroup: "products", Mode: koppel.ModeFull, Cron: "0 3 * * *", TimeZone: "Europe/Amsterdam"}
	first := set(p.coupling, hourly, orders, nightly)
	set(p.otherOnes, hourly)
	if again := set(p.coupling, nightly, hourly, orders); len(again) != 3 || again[0].UUID != first[0].UUID {
		t.Errorf("setting the same again made new ones: %v, before %v", again, first)
	}
	wishes := in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Wish, error) { return tx.Wishes(ctx) })
	type clock struct {
		Coupling, Cron, Zone string
		Due                  []store.Due
	}
	var got []clock
	for _, w := range wishes {
		got = append(got, clock{w.CouplingUUID, w.Cron, w.TimeZone, w.Due})
	}
	want := []clock{
		{p.coupling.UUID, "0 * * * *", "UTC", []store.Due{{StreamGroup: "products", Mode: "since"}, {StreamGroup: "orders", Mode: "since"}}},
		{p.coupling.UUID, "0 3 * * *", "Europe/Amsterdam", []store.Due{{StreamGroup: "products", Mode: "full"}}},
		{p.otherOnes.UUID, "0 * * * *", "UTC", []store.Due{{StreamGroup: "products", Mode: "since"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	own := in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Wish, error) { return tx.Wishes(ctx) })
	if len(own) != 2 {
		t.Errorf("in the scope of one webshop there are %d wishes, want its 2", len(own))
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, p.coupling.UUID, koppel.PausedByPerson, "")
	})
	wishes = in(t, p.Engine, store.Queues(), func(ctx context.Context, tx *store.Tx) ([]store.Wish, error) { return tx.Wishes(ctx) })
	if len(wishes) != 1 || wishes[0].CouplingUUID != p.otherOnes.UUID {
		t.Errorf("a paused coupling still wishes: %v", wishes)
	}
	for _, bad := range []store.NewSchedule{{}, {StreamGroup: "p", Mode: koppel.ModeSingle, Cron: "x", TimeZone: "UTC"}, {StreamGroup: "p", Mode: koppel.ModeFull, Cron: "x", TimeZone: "Mars"}} {
		_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Schedule, error) {
			return tx.SetSchedules(ctx, p.coupling.UUID, []store.NewSchedule{bad})
		})
		wantKind(t, err, koppel.KindInvalidRequest)
	}
	if left := set(p.coupling, nightly); len(left) != 1 || left[0].StreamGroup != "products" {
		t.Errorf("left %v", left)
	}
}
