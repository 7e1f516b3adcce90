package store_test

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestAManualRunTakesAQueuedOneOver(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, c := range []struct {
		queued, asked, want koppel.Mode // want "" is refused
		trigger             koppel.Trigger
	}{
		{koppel.ModeSince, koppel.ModeSince, koppel.ModeSince, koppel.TriggerSchedule},
		{koppel.ModeSince, koppel.ModeFull, koppel.ModeFull, koppel.TriggerDependency},
		{koppel.ModeFull, koppel.ModeSince, koppel.ModeFull, koppel.TriggerSchedule},
		{koppel.ModeFull, koppel.ModeWindow, koppel.ModeFull, koppel.TriggerManual},
		{koppel.ModeWindow, koppel.ModeFull, koppel.ModeFull, koppel.TriggerManual},
		{koppel.ModeFull, koppel.ModeFull, koppel.ModeFull, koppel.TriggerActivation},
		{koppel.ModeSince, koppel.ModeWindow, "", koppel.TriggerDependency},
		{koppel.ModeWindow, koppel.ModeSince, "", koppel.TriggerManual},
	} {
		ask := func(trigger koppel.Trigger, mode koppel.Mode) store.NewRun {
			n := p.newRun(trigger, mode)
			n.StreamGroup = string(c.queued) + string(c.asked) + string(c.trigger)
			if mode == koppel.ModeWindow {
				n.Window.From = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			return n
		}
		queued, err := p.open(t, ask(c.trigger, c.queued))
		if err != nil {
			t.Fatal(err)
		}
		asked := ask(koppel.TriggerManual, c.asked)
		asked.AskedBy = "Ada"
		got, err := p.open(t, asked)
		if c.want == "" {
			wantKind(t, err, koppel.KindConflict, queued.Run.UUID)
			continue
		}
		if err != nil || !got.TookOver || got.Run.UUID != queued.Run.UUID || got.Run.Mode != c.want {
			t.Errorf("%s asked of a queued %s: %+v, %v", c.asked, c.queued, got, err)
			continue
		}
		whose := koppel.TriggerManual
		if c.trigger == koppel.TriggerActivation {
			whose = koppel.TriggerActivation // which finds its run by that
		}
		if got.Run.Trigger != whose || (whose == koppel.TriggerManual) != (got.Run.AskedBy == "Ada") {
			t.Errorf("the run is by %s, asked by %s", got.Run.Trigger, got.Run.AskedBy)
		}
		if c.want == koppel.ModeFull && !got.Run.Window().From.IsZero() {
			t.Errorf("a full run has the window %+v", got.Run.Window())
		}
		if _, err := p.start(t, got.Run); err != nil {
			t.Error(err)
		}
		// One that runs is not taken over: the next queues behind it.
		if behind, err := p.open(t, asked); err != nil || behind.TookOver || behind.Behind != got.Run.UUID {
			t.Errorf("asked while it runs: %+v, %v", behind, err)
		}
	}
}
