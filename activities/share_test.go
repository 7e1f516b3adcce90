package activities

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/koppel-io/koppel"
)

func TestBulkReadsOfOneWebshopBesideEachOtherAreShort(t *testing.T) {
	t.Parallel()
	s := NewShares(2)
	take := func(mode koppel.Mode, webshop int64, want time.Duration) func() {
		t.Helper()
		got, give := s.take(mode, webshop, time.Minute)
		if got != want {
			t.Errorf("%s of webshop %d may read for %s, want %s", mode, webshop, got, want)
		}
		return give
	}
	first := take(koppel.ModeFull, 1, time.Minute)
	second := take(koppel.ModeFull, 1, 6*time.Second)
	take(koppel.ModeFull, 2, time.Minute)()
	take(koppel.ModeSince, 1, time.Minute)()
	first()
	take(koppel.ModeHistory, 1, 6*time.Second)()
	second()
	take(koppel.ModeFull, 1, time.Minute)()
	if len(s.of) != 0 {
		t.Errorf("%v is still counted", s.of)
	}
}

func TestWhatSomebodyWaitsForGoesFirst(t *testing.T) {
	t.Parallel()
	order := []struct {
		mode    koppel.Mode
		trigger koppel.Trigger
	}{
		{koppel.ModeSingle, koppel.TriggerManual}, {koppel.ModeSingle, koppel.TriggerWebhook},
		{koppel.ModeSince, koppel.TriggerSchedule}, {koppel.ModeHistory, koppel.TriggerManual},
	}
	for i := 1; i < len(order); i++ {
		before, after := order[i-1], order[i]
		if Urgency(before.mode, before.trigger) >= Urgency(after.mode, after.trigger) {
			t.Errorf("%s by %s does not go before %s by %s", before.mode, before.trigger, after.mode, after.trigger)
		}
	}
	if Urgency(koppel.ModeFull, koppel.TriggerActivation) != Urgency(koppel.ModeFull, koppel.TriggerManual) {
		t.Error("a customer who waits for an activation is not served as one who clicked")
	}
}

func TestBulkLeavesSmallWorkAProcessorWhileItIsAbout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewShares(2)
		step := func(mode koppel.Mode) func() {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			done, err := s.giveWay(ctx, mode)
			if err != nil {
				return nil
			}
			return done
		}
		one, two := step(koppel.ModeFull), step(koppel.ModeFull)
		if one == nil || two == nil {
			t.Fatal("bulk waits with nobody about")
		}
		over := s.pass()
		first := step(koppel.ModeFull)
		if first == nil {
			t.Fatal("bulk stands still while small work is about")
		}
		s.pass() // still here when the next step asks
		if step(koppel.ModeHistory) != nil {
			t.Error("two steps at once while small work is about")
		}
		s.pass()
		if step(koppel.ModeSince) == nil {
			t.Error("a small run waits for a bulk one")
		}
		first()
		over()
		if second := step(koppel.ModeFull); second == nil {
			t.Error("the next step does not follow the one that ended")
		} else {
			<-time.After(about + time.Millisecond)
			if step(koppel.ModeFull) == nil {
				t.Error("bulk gives way to nobody")
			}
			second()
		}
	})
}
