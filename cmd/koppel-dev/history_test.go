package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/temporal/temporaltest"
	"github.com/koppel-io/koppel/workflows"
)

var update = flag.Bool("update", false, "write the histories that package workflows replays")

// dial looks into the platform's namespace.
func (l *land) dial(t *testing.T) *temporaltest.Cluster {
	t.Helper()
	return temporaltest.Dial(t, l.config.Temporal)
}

// keep replays a history with the durations of production, which are not those it was recorded with, checks that it
// holds what it is kept for, and writes it for package workflows under -update.
func keep(t *testing.T, name string, h *temporaltest.History, holds ...string) {
	t.Helper()
	for _, want := range holds {
		if !h.Holds(want) {
			t.Errorf("the history of %s has no %s", name, want)
		}
	}
	if err := h.Replay(koppel.DefaultDurations()); err != nil {
		t.Errorf("the history of %s does not replay: %v", name, err)
	}
	if !*update {
		return
	}
	if err := os.WriteFile(filepath.Join("..", "..", "workflows", "testdata", name+".json"), h.JSON(t), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The events that histories are kept for, as Temporal names them.
const (
	signalled     = "WorkflowExecutionSignaled"
	timerFired    = "TimerFired"
	continued     = "WorkflowExecutionContinuedAsNew"
	completed     = "WorkflowExecutionCompleted"
	failedEvent   = "WorkflowExecutionFailed"
	childStarted  = "ChildWorkflowExecutionStarted"
	childEnded    = "ChildWorkflowExecutionCompleted"
	cancelAsked   = "WorkflowExecutionCancelRequested"
	markerWritten = "MarkerRecorded"
)

// Every decision that workflows take is recorded from the running platform and replayed with other durations.
func TestHistoriesOfARunningPlatformReplay(t *testing.T) {
	t.Parallel()
	d := shortDurations()
	// One page a slice, a back-off that outlasts a busy machine, and a hold that ends by the signal alone.
	d.Slice, d.RetryFor, d.RetryMost = time.Millisecond, patience, patience
	l := newLand(t, landConfig{durations: d})
	c := l.dial(t)
	for _, part := range []scenarioOf{
		{"activation", recordActivation}, {"takeover", recordTakeover}, {"slices", recordSlices}, {"hold", recordHold},
		{"glance", recordGlance}, {"push", recordPush}, {"cancel", recordCancel}, {"clocks", recordClocks},
		{"closing", recordClosing}, {"due", recordDue},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.play(t, l, c)
		})
	}
}

type scenarioOf struct {
	name string
	play func(*testing.T, *land, *temporaltest.Cluster)
}

func recordActivation(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 150, Orders: 5, VariableEvery: 10})
	id := koppel.ActivateWorkflowID(s.coupling.ID)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.HangBefore, Path: "/products", Share: 1, Skip: 1, DelayMS: 3_600_000})
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.api.Cancel(t.Context(), s.stepRun(t, koppel.Products)); err != nil {
		t.Fatal(err)
	}
	keep(t, "activate_failed", c.History(t, id), childStarted, failedEvent)
	s.misbehave(t,
		demoshop.Fault{Kind: demoshop.RateLimit, Path: "/products", Skip: 2, Times: 1, RetryAfter: 1},
		demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 500, Path: "/products", Skip: 2, Times: 8},
	)
	s.activate(t)
	keep(t, "activate_resumed", c.History(t, id), childEnded, completed)
	pulled := c.History(t, koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Products), ""))
	keep(t, "pull_full", pulled, timerFired, markerWritten, completed)
	for _, want := range []string{"ReadSlice", "MapSlice", "NoteWait", "FinishRun"} {
		if !pulled.Calls(want) {
			t.Errorf("the full pull was recorded without %s", want)
		}
	}
	s.wantProducts(t)
}

// A second full read waits behind the first and takes its workflow over.
func recordTakeover(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Latency, Path: "/suppliers", Times: 1, DelayMS: 2500})
	first := s.start(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	s.awaitRun(t, first, "the first run to begin", func(r client.Run) bool { return r.State == koppel.RunRunning })
	second, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	if err != nil || second.QueuedBehind != first {
		t.Fatalf("the second run is %+v, %v; want it behind %s", second, err, first)
	}
	if run := s.ended(t, second.Run); run.State != koppel.RunSucceeded {
		t.Errorf("the run behind ended %s", describeRun(run))
	}
	id := koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Suppliers), "")
	taken := c.History(t, id)
	keep(t, "pull_taken_over", taken, completed)
	keep(t, "pull_hands_over", c.Before(t, id, taken), continued)
}

// A read of more slices than a history holds goes on in the next one.
func recordSlices(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 5})
	s.activate(t)
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"per_page": 2}); err != nil {
		t.Fatal(err)
	}
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if run.Counts.Pages < 45 {
		t.Fatalf("the run read %d pages, too few for two histories", run.Counts.Pages)
	}
	id := koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Products), "")
	last := c.History(t, id)
	keep(t, "pull_goes_on", last, completed)
	keep(t, "pull_many_slices", c.Before(t, id, last), continued)
}

func recordHold(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 120, Orders: 5})
	s.activate(t)
	id := s.pausedWhileReading(t)
	if _, err := l.api.Resume(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	if run := s.ended(t, id); run.State != koppel.RunSucceeded {
		t.Errorf("the held run ended %s", describeRun(run))
	}
	keep(t, "pull_held", c.History(t, koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Products), "")), signalled, completed)
}

func recordPush(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "POST", Path: "/purchase-orders", Times: 1, Share: 1})
	placed := s.place(t)
	s.wantOnce(t, placed)
	keep(t, "push_unknown_then_found", c.History(t, koppel.PushWorkflowID(placed.Push.Outbox)), timerFired, completed)
}

func recordCancel(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	run := s.hangs(t)
	if _, err := l.api.Cancel(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	keep(t, "pull_cancelled", c.History(t, run.WorkflowID), cancelAsked)
}

// A run that finds little is over in one decision; no slice is asked for.
func recordGlance(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.shop.Mutate(3)
	if run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince}); run.Counts.Changed == 0 {
		t.Errorf("the glance at 3 changes counts %+v", run.Counts)
	}
	h := c.History(t, koppel.PullWorkflowID(koppel.ModeSince, s.coupling.ID, string(koppel.Products), ""))
	keep(t, "pull_glanced", h, markerWritten, completed)
	if h.Calls("ReadSlice") || h.Calls("OpenPull") {
		t.Error("the glance was followed by slices")
	}
	s.wantProducts(t)
}

// A coupling is disabled, and another one is removed.
func recordClosing(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	id := koppel.CloseWorkflowID(s.coupling.ID)
	if _, err := l.api.Disable(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.closed(t)
	keep(t, "close_disabled", c.History(t, id), completed)
	if _, err := l.api.Remove(t.Context(), s.coupling.ID, koppel.KeepObjects); err != nil {
		t.Fatal(err)
	}
	s.awaitState(t, koppel.CouplingRemoved)
	removed := c.History(t, id)
	keep(t, "close_removed", removed, completed)
	if !removed.Calls("CloseStep") || !removed.Calls("PlanClosing") {
		t.Error("the removal was recorded without its steps")
	}
}

// Everything of a queue that is due is written by one workflow.
func recordDue(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newStockedShop(t, l)
	s.awaitStock(t)
	s.settled(t)
	h := c.History(t, koppel.PushesWorkflowID(s.coupling.ID, koppel.Stock))
	keep(t, "push_due", h, completed)
	if !h.Calls("SendDue") {
		t.Error("the queue was written without SendDue")
	}
}

// The workflows that schedules start: a tick and the sweep.
func recordClocks(t *testing.T, l *land, c *temporaltest.Cluster) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	ids := s.wantSchedules(t, c, linesOfAll)
	keep(t, "tick", c.History(t, c.Fire(t, ids[0])), markerWritten, completed)
	keep(t, "sweep", c.History(t, c.Fire(t, workflows.SweepID)), completed)
}
