package store_test

import (
	"context"
	"testing"
	"time"

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
		for i := range w.Due {
			w.Due[i].ID = 0
		}
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

func TestATimetableKeepsWhatItsLinesDid(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	line := store.NewSchedule{StreamGroup: "products", Mode: koppel.ModeSince, Cron: "0 * * * *", TimeZone: "UTC"}
	quiet := []koppel.QuietHours{{From: "22:00", To: "06:00", Days: []string{"sat"}, TimeZone: "UTC"}}
	set := func(table store.Timetable) error {
		return p.App.InTx(t.Context(), p.scope(), func(tx *store.Tx) error { return tx.SetTimetable(t.Context(), p.coupling.UUID, table) })
	}
	look := func() (store.Coupling, store.Schedule) {
		var c store.Coupling
		list := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (list []store.Schedule, err error) {
			if c, err = tx.Coupling(ctx, p.coupling.UUID); err != nil {
				return nil, err
			}
			return tx.Schedules(ctx, p.coupling.UUID)
		})
		if len(list) != 1 {
			t.Fatalf("there are the lines %+v", list)
		}
		return c, list[0]
	}
	if err := set(store.Timetable{Lines: []store.NewSchedule{line}, Quiet: quiet, JitterSeconds: 60}); err != nil {
		t.Fatal(err)
	}
	c, before := look()
	if diff := cmp.Diff(quiet, c.Quiet); diff != "" || c.JitterSeconds != 60 || before.FiredAt != nil {
		t.Errorf("quiet %s jitter %d, %+v", diff, c.JitterSeconds, before)
	}
	wantKind(t, set(store.Timetable{JitterSeconds: 3601}), koppel.KindInvalidRequest, "3601")
	at, run := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), store.NewID()
	fire := func(after time.Duration, outcome koppel.FiringOutcome) store.Schedule {
		in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
			return nil, tx.NoteFiring(ctx, store.Firing{Schedule: before.ID, At: at.Add(after), Outcome: outcome, Run: run})
		})
		_, now := look()
		return now
	}
	fire(0, koppel.FiringSkipped)
	fire(0, koppel.FiringSkipped) // the same firing again
	if now := fire(time.Hour, koppel.FiringSkipped); now.Skips != 2 || *now.Outcome != koppel.FiringSkipped || *now.FiredRun != run {
		t.Errorf("after two firings that were skipped: %+v", now)
	}
	if now := fire(2*time.Hour, koppel.FiringStarted); now.Skips != 0 || !now.FiredAt.Equal(at.Add(2*time.Hour)) {
		t.Errorf("after a firing that started a run: %+v", now)
	}
	// Set again, a line keeps what it did.
	if err := set(store.Timetable{Lines: []store.NewSchedule{line}}); err != nil {
		t.Fatal(err)
	}
	if c, now := look(); now.FiredAt == nil || len(c.Quiet) != 0 || c.JitterSeconds != 0 {
		t.Errorf("set again: %+v, quiet %v, jitter %d", now, c.Quiet, c.JitterSeconds)
	}
}
