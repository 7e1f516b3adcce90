package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/temporal/temporaltest"
)

var pauses = []scenario{
	{"a pause holds a read where it stands", aPauseHoldsARead},
	{"a pause holds pushes and stops schedules", aPauseHoldsPushesAndSchedules},
}

var clocks = []scenario{
	{"a schedule starts every group that is due", aScheduleStartsWhatIsDue},
}

// pausedWhileReading starts a slow full read of the products, pauses the coupling in its middle and waits until the run
// is held. The shop is quick again afterwards.
func (s *site) pausedWhileReading(t *testing.T) (run string) {
	t.Helper()
	if _, err := s.land.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"per_page": 10}); err != nil {
		t.Fatal(err)
	}
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Latency, Path: "/products", DelayMS: 1000, Share: 1})
	run = s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.awaitRun(t, run, "a first batch", func(r client.Run) bool { return r.Counts.Records > 0 })
	if _, err := s.land.api.Pause(t.Context(), s.coupling.ID, "stock taking"); err != nil {
		t.Fatal(err)
	}
	held := s.awaitRun(t, run, "the run to be held", func(r client.Run) bool {
		if r.State.Ended() {
			t.Fatalf("the run ended before it was held: %s", describeRun(r))
		}
		return r.State == koppel.RunWaiting
	})
	if held.Wait == nil || !strings.Contains(held.Wait.Reason, "paused by person: stock taking") || held.Wait.Until != nil {
		t.Errorf("the held run says %s, want who paused and why", describeRun(held))
	}
	s.misbehave(t)
	return run
}

func aPauseHoldsARead(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 120, Orders: 5})
	s.activate(t)
	asked := s.asked("GET", "/products")
	id := s.pausedWhileReading(t)
	s.shop.Mutate(10)
	if _, err := l.api.Resume(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	if run := s.ended(t, id); run.State != koppel.RunSucceeded || run.Counts.Records < 120 {
		t.Errorf("the run ended %s after the pause", describeRun(run))
	}
	if asked = s.asked("GET", "/products") - asked; asked > 25 {
		t.Errorf("%d requests for 14 pages: the read began anew instead of going on", asked)
	}
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	s.wantProducts(t)
}

// wantSchedules waits until Temporal has so many schedules of the coupling.
func (s *site) wantSchedules(t *testing.T, c *temporaltest.Cluster, n int) (ids []string) {
	t.Helper()
	await(t, fmt.Sprintf("%d schedules", n), func(context.Context) (bool, string) {
		ids = c.Schedules(t, s.coupling.ID)
		return len(ids) == n, fmt.Sprint(ids)
	})
	return ids
}

// The groups of a coupling share two lines, one for since and one for full reads: two clocks.
const linesOfAll = 2

func aPauseHoldsPushesAndSchedules(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.wantSchedules(t, c, linesOfAll)
	if _, err := l.api.Pause(t.Context(), s.coupling.ID, "stock taking"); err != nil {
		t.Fatal(err)
	}
	s.wantSchedules(t, c, 0)
	placed := s.place(t)
	if placed.Push.Run != "" || len(s.shop.PurchaseOrders()) != 0 {
		t.Errorf("an order of a paused coupling is on its way: %+v", *placed.Push)
	}
	if _, err := l.api.Resume(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.wantOnce(t, placed)
	s.wantSchedules(t, c, linesOfAll)
}

func aScheduleStartsWhatIsDue(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	ids := s.wantSchedules(t, c, linesOfAll)
	groups := map[string]bool{}
	for _, line := range s.coupling.Schedules {
		groups[line.Group] = true
	}
	if len(groups) < 2 || len(s.coupling.Schedules) != linesOfAll*len(groups) {
		t.Fatalf("the coupling has the lines %+v", s.coupling.Schedules)
	}
	for _, id := range ids {
		if next := c.Next(t, id); len(next) == 0 || !next[0].After(time.Now()) {
			t.Errorf("schedule %s shows no next firing: %v", id, next)
		}
	}
	open := s.hangs(t)
	c.History(t, c.Fire(t, ids[0]))
	list, err := l.api.Runs(t.Context(), client.RunFilter{Coupling: s.coupling.ID})
	if err != nil {
		t.Fatal(err)
	}
	var started []string
	for _, run := range list.Data {
		if run.Trigger == koppel.TriggerSchedule {
			started = append(started, run.Group)
		}
	}
	delete(groups, open.Group)
	slices.Sort(started)
	var want []string
	for group := range groups {
		want = append(want, group)
	}
	slices.Sort(want)
	if !slices.Equal(started, want) {
		t.Errorf("the firing started %v beside an open run of %s, want %v", started, open.Group, want)
	}
	s.misbehave(t)
	if _, err := l.api.Cancel(t.Context(), open.ID); err != nil {
		t.Fatal(err)
	}
	for _, run := range list.Data {
		if run.Trigger == koppel.TriggerSchedule {
			if ended := s.ended(t, run.ID); ended.State != koppel.RunSucceeded {
				t.Errorf("the scheduled run of %s ended %s", ended.Group, describeRun(ended))
			}
		}
	}
}
