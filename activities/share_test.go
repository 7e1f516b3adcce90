package activities

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

func TestBulkReadsOfOneWebshopBesideEachOtherAreShort(t *testing.T) {
	t.Parallel()
	s := &Shares{}
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
