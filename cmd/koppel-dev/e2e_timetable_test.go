package main

import (
	"context"
	"errors"
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

var timetables = []scenario{
	{"the next five times shown are those at which Temporal fires", theTimesShownAreTemporals},
	{"the reconciler repairs what drifted in Temporal", theReconcilerRepairsDrift},
	{"quiet hours start nothing and a skipped run is seen", quietHoursAndSkipsAreSeen},
	{"a manual run takes a queued one over", aManualRunTakesAQueuedOneOver},
	{"a run that waits for a login ends the waiting", aRunThatWaitsForALogin},
}

func (s *site) setTimetable(t *testing.T, quiet []koppel.QuietHours, jitter int64, lines ...client.Schedule) client.Timetable {
	t.Helper()
	set, err := s.land.api.SetTimetable(t.Context(), s.coupling.ID, client.NewTimetable{Lines: lines, Quiet: quiet, JitterSeconds: &jitter})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func theTimesShownAreTemporals(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 3, Orders: 1})
	s.activate(t)
	for _, line := range []client.Schedule{
		{Group: "products", Mode: koppel.ModeSince, Cron: "*/20 * * * *", TimeZone: "UTC"},
		{Group: "products", Mode: koppel.ModeFull, Cron: "55 0-23/7 * * *", TimeZone: "Europe/Amsterdam"},
		{Group: "products", Mode: koppel.ModeFull, Cron: "30 2 28-31 mar,oct *", TimeZone: "Europe/Amsterdam"},
		{Group: "products", Mode: koppel.ModeFull, Cron: "0 6 1-7 * mon", TimeZone: "America/New_York"},
	} {
		set := s.setTimetable(t, nil, 1800, line)
		var next []time.Time
		await(t, "Temporal to keep "+line.Cron, func(context.Context) (bool, string) {
			ids := c.Schedules(t, s.coupling.ID)
			if len(ids) != 1 {
				return false, fmt.Sprint(ids)
			}
			next = c.Next(t, ids[0])
			shown := set.Lines[0].Next
			return len(next) >= 5 && len(shown) == 5 && slices.EqualFunc(next[:5], shown, time.Time.Equal), fmt.Sprintf("Temporal %v, shown %v", next, shown)
		})
	}
	_, err := l.api.SetTimetable(t.Context(), s.coupling.ID, client.NewTimetable{
		Quiet: []koppel.QuietHours{{From: "22:00", To: "06:00", TimeZone: "UTC"}, {From: "22", To: "6", TimeZone: "UTC"}},
		Lines: []client.Schedule{
			{Group: "products", Mode: koppel.ModeSince, Cron: "0 * * * *", TimeZone: "UTC"},
			{Group: "products", Mode: koppel.ModeSince, Cron: "61 * * * *", TimeZone: "UTC"},
			{Group: "products", Mode: koppel.ModeFull, Cron: "0 3 * * *", TimeZone: "UTC"},
			{Group: "menus", Mode: koppel.ModeFull, Cron: "0 3 * * *", TimeZone: "UTC"},
		},
	})
	var problem *client.Problem
	if !errors.As(err, &problem) || len(problem.Errors) != 4 {
		t.Fatalf("the bad lines are answered by %v", err)
	}
	for i, want := range []string{"body.quiet[1]: \"22\" is no time", "body.lines[1]: minute: \"61\"", "body.lines[2]: \"0 3 * * *\" never fires", "body.lines[3].group: connector"} {
		if got := problem.Errors[i].Location + ": " + problem.Errors[i].Message; !strings.HasPrefix(got, want) {
			t.Errorf("error %d is %s, want %s", i, got, want)
		}
	}
}

func theReconcilerRepairsDrift(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 3, Orders: 1})
	s.activate(t)
	ids := s.wantSchedules(t, c, linesOfAll)
	stray := "schedule/" + s.coupling.ID + "/stray"
	c.Make(t, stray)
	c.Delete(t, ids[0])
	c.Pause(t, ids[1])
	await(t, "the schedules to be as they were", func(context.Context) (bool, string) {
		now := c.Schedules(t, s.coupling.ID)
		return slices.Equal(now, ids) && !c.Paused(t, ids[1]), fmt.Sprint(now)
	})
}

// outcomes are what the last firings of a group's lines did.
func (s *site) outcomes(t *testing.T, group string) (list []client.LastFiring) {
	t.Helper()
	table, err := s.land.api.Timetable(t.Context(), s.coupling.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range table.Lines {
		if line.Group == group && line.Last != nil {
			list = append(list, *line.Last)
		}
	}
	return list
}

// fire makes the coupling's one schedule fire and waits for its tick to end.
func (s *site) fire(t *testing.T, c *temporaltest.Cluster) {
	t.Helper()
	c.History(t, c.Fire(t, s.wantSchedules(t, c, 1)[0]))
}

func quietHoursAndSkipsAreSeen(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	line := client.Schedule{Group: "suppliers", Mode: koppel.ModeFull, Cron: "7 7 29 2 *", TimeZone: "UTC"}
	now := time.Now().UTC()
	during := []koppel.QuietHours{{From: now.Add(-time.Hour).Format("15:04"), To: now.Add(time.Hour).Format("15:04"), TimeZone: "UTC"}}
	line.Cron = fmt.Sprintf("0 %d * * *", (now.Hour()+12)%24)
	s.setTimetable(t, during, 0, line)
	s.fire(t, c)
	if got := s.outcomes(t, "suppliers"); len(got) != 1 || got[0].Outcome != koppel.FiringQuiet || got[0].Run != "" {
		t.Errorf("in quiet hours the line did %+v", got)
	}
	s.setTimetable(t, nil, 0, line)
	open := s.hangs(t)
	s.fire(t, c)
	await(t, "the firing to be skipped beside the open run "+open.ID, func(context.Context) (bool, string) {
		got := s.outcomes(t, open.Group)
		return len(got) == 1 && got[0].Outcome == koppel.FiringSkipped && got[0].Run == open.ID && got[0].Skips > 0, fmt.Sprintf("%+v", got)
	})
	if events := s.events(t, open.ID); !slices.ContainsFunc(events, func(e string) bool {
		return strings.HasPrefix(e, "schedule skipped ") && strings.Contains(e, line.Cron)
	}) {
		t.Errorf("the run that was met tells nothing of it: %v", events)
	}
	s.misbehave(t)
	if _, err := l.api.Cancel(t.Context(), open.ID); err != nil {
		t.Fatal(err)
	}
	s.ended(t, open.ID)
	s.fire(t, c)
	var got []client.LastFiring
	await(t, "a firing with nothing in its way", func(context.Context) (bool, string) {
		got = s.outcomes(t, "suppliers")
		return len(got) == 1 && got[0].Outcome == koppel.FiringStarted && got[0].Skips == 0, fmt.Sprintf("%+v", got)
	})
	if run := s.ended(t, got[0].Run); run.Trigger != koppel.TriggerSchedule || run.State != koppel.RunSucceeded {
		t.Errorf("the scheduled run is by %s and ended %s", run.Trigger, describeRun(run))
	}
}

func aManualRunTakesAQueuedOneOver(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	open := s.hangs(t)
	ask := func(mode koppel.Mode) client.Started {
		started, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Suppliers, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		return started
	}
	queued := ask(koppel.ModeSince)
	if queued.QueuedBehind != open.ID || queued.TookOver {
		t.Fatalf("the second run is %+v, want it behind %s", queued, open.ID)
	}
	if taken := ask(koppel.ModeFull); taken.Run != queued.Run || !taken.TookOver || taken.QueuedBehind != open.ID {
		t.Errorf("the third request gave %+v, want run %s taken over", taken, queued.Run)
	}
	s.misbehave(t)
	if _, err := l.api.Cancel(t.Context(), open.ID); err != nil {
		t.Fatal(err)
	}
	if run := s.ended(t, queued.Run); run.State != koppel.RunSucceeded || run.Mode != koppel.ModeFull || !run.Evidence[0].Complete {
		t.Errorf("the run that was taken over is %s and ended %s", run.Mode, describeRun(run))
	}
}

func aRunThatWaitsForALogin(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	open := s.hangs(t)
	// Another run of the coupling meets the refusal, and so stops this one.
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Unauthorized, Path: "/products", Share: 1},
		demoshop.Fault{Kind: demoshop.HangBefore, Path: "/suppliers", Share: 1, DelayMS: 3_600_000})
	refused := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull}))
	if refused.Error == nil || refused.Error.Kind != koppel.KindAuth {
		t.Fatalf("the run that was refused ended %s", describeRun(refused))
	}
	held := s.awaitRun(t, open.ID, "the other run to be held", func(r client.Run) bool { return r.State == koppel.RunWaiting || r.State.Ended() })
	if held.Wait == nil || held.Wait.Advice == nil || !strings.Contains(held.Wait.Advice.Next, "koppel coupling connect "+s.coupling.ID) {
		t.Errorf("the held run says %s, want how the customer logs in again", describeRun(held))
	}
}
