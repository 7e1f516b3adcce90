package store_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

// slotTimes are the times of leased slots.
func slotTimes(s koppel.Slots) []time.Time {
	var at []time.Time
	for i := range s.Count {
		at = append(at, s.First.Add(time.Duration(i)*s.Every))
	}
	return at
}

// TestManyWorkersTogetherKeepEveryLimit leases from many goroutines at once and holds the slots against the limits:
// in no span of a bucket's length may more than limit plus burst slots lie.
func TestManyWorkersTogetherKeepEveryLimit(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	for name, buckets := range map[string][]koppel.Bucket{
		"one":        {{Name: "second", Limit: 100, Per: time.Second}},
		"burst":      {{Name: "second", Limit: 100, Per: time.Second, Burst: 20}},
		"two":        {{Name: "second", Limit: 200, Per: time.Second, Burst: 50}, {Name: "minute", Limit: 3000, Per: time.Minute, Burst: 5}},
		"slow burst": {{Name: "a second", Limit: 50, Per: time.Second}, {Name: "day", Limit: 86400, Per: 24 * time.Hour, Burst: 86400}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var all []time.Time
			var wg sync.WaitGroup
			for i := range 12 {
				db := []*store.DB{env.App, env.Engine}[i%2]
				wg.Go(func() {
					for range 5 {
						s, err := db.LeaseSlots(t.Context(), name, buckets, 1+i%4)
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						all = append(all, slotTimes(s)...)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if len(all) < 50 {
				t.Fatalf("only %d slots were leased", len(all))
			}
			slices.SortFunc(all, time.Time.Compare)
			for _, b := range buckets {
				every := b.Per / time.Duration(b.Limit)
				burst := max(b.Burst, 1)
				for i := range all {
					for j := i + burst; j < len(all); j++ {
						// j-i+1 slots, of which a burst may come at once: the others take their time.
						need := time.Duration(j-i+1-burst) * every
						if gap := all[j].Sub(all[i]); gap < need-time.Millisecond {
							t.Fatalf("bucket %s: slots %d to %d lie %s apart, want at least %s", b.Name, i, j, gap, need)
						}
					}
				}
			}
			if name == "slow burst" {
				return
			}
			most := all[len(all)-1].Sub(all[0])
			slowest := slices.MaxFunc(buckets, func(a, b koppel.Bucket) int {
				return cmp.Compare(a.Per/time.Duration(a.Limit), b.Per/time.Duration(b.Limit))
			})
			if ideal := slowest.Per / time.Duration(slowest.Limit) * time.Duration(len(all)); most > 2*ideal+time.Second {
				t.Errorf("%d slots took %s, the slowest bucket alone would take %s", len(all), most, ideal)
			}
		})
	}
}

func TestASlotFarAwayIsNotReserved(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	hourly := []koppel.Bucket{{Name: "hour", Limit: 60, Per: time.Hour}}
	lease := func(buckets []koppel.Bucket) koppel.Slots {
		t.Helper()
		s, err := env.Engine.LeaseSlots(t.Context(), "k", buckets, 1)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := lease(hourly)
	if first.Count != 1 {
		t.Fatalf("first lease gave %+v", first)
	}
	var come time.Time
	for i := range 5 { // asking does not push the next slot away
		s := lease(hourly)
		if s.Count != 0 || s.Bucket != "hour" {
			t.Fatalf("ask %d gave %+v", i, s)
		}
		if i > 0 && !s.First.Equal(come) {
			t.Fatalf("ask %d is told %s, the one before %s", i, s.First, come)
		}
		come = s.First
	}
	if wait := come.Sub(first.First); wait < 59*time.Second || wait > 61*time.Second {
		t.Errorf("the next slot is %s after the first, want a minute", wait)
	}
}

func TestABlockHoldsForAll(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	ctx := t.Context()
	now, err := env.App.Now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	until := now.Add(time.Hour).Truncate(time.Microsecond)
	for _, b := range []time.Time{until, now.Add(time.Minute)} { // the shorter one does not shorten it
		if err := env.Engine.BlockBudget(ctx, "k", b, "Retry-After of the shop"); err != nil {
			t.Fatal(err)
		}
	}
	for _, buckets := range [][]koppel.Bucket{nil, {{Name: "second", Limit: 10, Per: time.Second}}} {
		s, err := env.App.LeaseSlots(ctx, "k", buckets, 3)
		if err != nil || s.Count != 0 || !s.First.Equal(until) || s.Bucket != "Retry-After of the shop" {
			t.Errorf("blocked budget with %d buckets gives %+v, err %v", len(buckets), s, err)
		}
		s, err = env.App.LeaseSlots(ctx, "another", buckets, 3)
		if err != nil || s.Count != 3 {
			t.Errorf("another budget with %d buckets gives %+v, err %v", len(buckets), s, err)
		}
	}
	if err := env.Engine.BlockBudget(ctx, "past", now.Add(-time.Second), "over"); err != nil {
		t.Fatal(err)
	}
	if s, err := env.App.LeaseSlots(ctx, "past", nil, 1); err != nil || s.Count != 1 || s.Bucket != "" {
		t.Errorf("a block that is over gives %+v, err %v", s, err)
	}
	for _, bad := range [][]koppel.Bucket{{{Name: "", Limit: 1, Per: 1}}, {{Name: "x", Limit: 0, Per: 1}}, {{Name: "x", Limit: 1}}} {
		_, err := env.App.LeaseSlots(ctx, "k", bad, 1)
		wantKind(t, err, koppel.KindInvalidRequest)
	}
}

func TestPlacesAreHeldByAtMostTheLimit(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	const limit = 3
	var mu sync.Mutex
	var wg sync.WaitGroup
	held, most, taken := 0, 0, 0
	for i := range 8 {
		db := []*store.DB{env.App, env.Engine}[i%2]
		wg.Go(func() {
			for got := 0; got < 3; {
				release, ok, err := db.AcquireConcurrency(t.Context(), "k", "at once", limit, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if !ok {
					continue
				}
				mu.Lock()
				held, taken = held+1, taken+1
				most = max(most, held)
				mu.Unlock()
				got++
				mu.Lock()
				held--
				mu.Unlock()
				release()
			}
		})
	}
	wg.Wait()
	if most > limit || taken != 24 {
		t.Errorf("%d places were held at once, limit %d; %d taken", most, limit, taken)
	}
}

func TestAPlaceWhoseHolderDiedIsTakenOver(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	acquire := func(hold time.Duration) (func(), bool) {
		t.Helper()
		release, ok, err := env.Engine.AcquireConcurrency(t.Context(), "k", "at once", 1, hold)
		if err != nil {
			t.Fatal(err)
		}
		return release, ok
	}
	dead, ok := acquire(50 * time.Millisecond)
	if !ok {
		t.Fatal("the first place is taken")
	}
	if _, ok := acquire(time.Minute); ok {
		t.Fatal("two hold the one place")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if ctx.Err() != nil {
			t.Fatal("the place of a dead holder never comes free")
		}
		if _, ok := acquire(time.Minute); ok {
			break
		}
	}
	dead() // revived, it must not free what is another's now
	if _, ok := acquire(time.Minute); ok {
		t.Error("a revived holder gave back a place that is not its own")
	}
}
