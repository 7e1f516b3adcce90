package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/temporal"
	"github.com/koppel-io/koppel/workflows"
)

var update = flag.Bool("update", false, "write the histories that package workflows replays")

// dial gives a client of the platform's namespace.
func (l *land) dial(t *testing.T) sdk.Client {
	t.Helper()
	c, err := temporal.Dial(t.Context(), l.config.Temporal)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// history waits for the end of a workflow and reads its events; run "" is its latest execution.
func history(t *testing.T, c sdk.Client, id, run string) *historypb.History {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h := &historypb.History{}
	iter := c.GetWorkflowHistory(ctx, id, run, true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		event, err := iter.Next()
		if err != nil {
			t.Fatalf("history of %s: %v", id, err)
		}
		h.Events = append(h.Events, event)
	}
	return h
}

// before reads the execution that handed over to h by continuing as new.
func before(t *testing.T, c sdk.Client, id string, h *historypb.History) *historypb.History {
	t.Helper()
	run := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	if run == "" {
		t.Fatalf("the last execution of %s took over from none", id)
	}
	return history(t, c, id, run)
}

// types counts the events of a history by type.
func types(h *historypb.History) map[enumspb.EventType]int {
	n := map[enumspb.EventType]int{}
	for _, event := range h.Events {
		n[event.GetEventType()]++
	}
	return n
}

// keep replays a history with the durations of production, which are not those it was recorded with, checks that it
// holds what it is kept for, and writes it for package workflows under -update.
func keep(t *testing.T, name string, h *historypb.History, holds ...enumspb.EventType) {
	t.Helper()
	for _, want := range holds {
		if types(h)[want] == 0 {
			t.Errorf("the history of %s has no %s", name, want)
		}
	}
	replayer := worker.NewWorkflowReplayer()
	workflows.New(koppel.DefaultDurations()).Register(replayer)
	if err := replayer.ReplayWorkflowHistory(nil, h); err != nil {
		t.Errorf("the history of %s does not replay: %v", name, err)
	}
	if !*update {
		return
	}
	if err := os.WriteFile(filepath.Join("..", "..", "workflows", "testdata", name+".json"), historyJSON(t, h), 0o644); err != nil {
		t.Fatal(err)
	}
}

// machine is what differs from one recording machine to the next and no replay looks at: who did it, where, and on
// which worker's own queue.
var machine = regexp.MustCompile(`"(identity|stackTrace|name)":"([^"]*@[^"]*|[^"]*:[0-9a-f-]{36}|[^"]*\\n[^"]*)"`)

// historyJSON is a history with one event a line.
func historyJSON(t *testing.T, h *historypb.History) []byte {
	t.Helper()
	out := bytes.NewBufferString("{\"events\":[\n")
	for i, event := range h.Events {
		text, err := protojson.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			out.WriteString(",\n")
		}
		line := &bytes.Buffer{}
		if err := json.Compact(line, text); err != nil {
			t.Fatal(err)
		}
		out.WriteString(machine.ReplaceAllString(line.String(), `"$1":"test"`))
	}
	out.WriteString("\n]}\n")
	return out.Bytes()
}

const (
	signalled     = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
	timerFired    = enumspb.EVENT_TYPE_TIMER_FIRED
	continued     = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
	completed     = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	failedEvent   = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
	childStarted  = enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED
	childEnded    = enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED
	cancelAsked   = enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED
	markerWritten = enumspb.EVENT_TYPE_MARKER_RECORDED
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
		{"push", recordPush}, {"cancel", recordCancel}, {"clocks", recordClocks},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.play(t, l, c)
		})
	}
}

type scenarioOf struct {
	name string
	play func(*testing.T, *land, sdk.Client)
}

func recordActivation(t *testing.T, l *land, c sdk.Client) {
	s := newSite(t, l, demoshop.Config{Products: 150, Orders: 5, VariableEvery: 10})
	id := koppel.ActivateWorkflowID(s.coupling.ID)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.HangBefore, Path: "/products", Share: 1, Skip: 1, DelayMS: 3_600_000})
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.api.Cancel(t.Context(), s.stepRun(t, koppel.Products)); err != nil {
		t.Fatal(err)
	}
	keep(t, "activate_failed", history(t, c, id, ""), childStarted, failedEvent)
	s.misbehave(t,
		demoshop.Fault{Kind: demoshop.RateLimit, Path: "/products", Skip: 2, Times: 1, RetryAfter: 1},
		demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 500, Path: "/products", Skip: 2, Times: 8},
	)
	s.activate(t)
	keep(t, "activate_resumed", history(t, c, id, ""), childEnded, completed)
	pulled := history(t, c, koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Products), ""), "")
	keep(t, "pull_full", pulled, timerFired, markerWritten, completed)
	text := string(historyJSON(t, pulled))
	for _, want := range []string{"ReadSlice", "MapSlice", "NoteWait", "FinishRun"} {
		if !strings.Contains(text, `"name":"`+want+`"`) {
			t.Errorf("the full pull was recorded without %s", want)
		}
	}
	s.wantProducts(t)
}

// A second full read waits behind the first and takes its workflow over.
func recordTakeover(t *testing.T, l *land, c sdk.Client) {
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
	taken := history(t, c, id, "")
	keep(t, "pull_taken_over", taken, completed)
	keep(t, "pull_hands_over", before(t, c, id, taken), continued)
}

// A read of more slices than a history holds goes on in the next one.
func recordSlices(t *testing.T, l *land, c sdk.Client) {
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
	last := history(t, c, id, "")
	keep(t, "pull_goes_on", last, completed)
	keep(t, "pull_many_slices", before(t, c, id, last), continued)
}

func recordHold(t *testing.T, l *land, c sdk.Client) {
	s := newSite(t, l, demoshop.Config{Products: 120, Orders: 5})
	s.activate(t)
	id := s.pausedWhileReading(t)
	if _, err := l.api.Resume(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	if run := s.ended(t, id); run.State != koppel.RunSucceeded {
		t.Errorf("the held run ended %s", describeRun(run))
	}
	keep(t, "pull_held", history(t, c, koppel.PullWorkflowID(koppel.ModeFull, s.coupling.ID, string(koppel.Products), ""), ""), signalled, completed)
}

func recordPush(t *testing.T, l *land, c sdk.Client) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "POST", Path: "/purchase-orders", Times: 1, Share: 1})
	placed := s.place(t)
	s.wantOnce(t, placed)
	keep(t, "push_unknown_then_found", history(t, c, koppel.PushWorkflowID(placed.Push.Outbox), ""), timerFired, completed)
}

func recordCancel(t *testing.T, l *land, c sdk.Client) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	run := s.hangs(t)
	if _, err := l.api.Cancel(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	keep(t, "pull_cancelled", history(t, c, run.WorkflowID, ""), cancelAsked)
}

// The workflows that schedules start: a tick that starts runs and the sweep.
func recordClocks(t *testing.T, l *land, c sdk.Client) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	ids := s.wantSchedules(t, c, linesOfAll)
	keep(t, "tick", history(t, c, s.fire(t, c, ids[0]), ""), childStarted, completed)
	keep(t, "sweep", history(t, c, s.fire(t, c, workflows.SweepID), ""), completed)
}

// schedules are the ids of the coupling's schedules in Temporal.
func (s *site) schedules(t *testing.T, c sdk.Client) []string {
	t.Helper()
	list, err := c.ScheduleClient().List(t.Context(), sdk.ScheduleListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(entry.ID, s.coupling.ID) {
			ids = append(ids, entry.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// fire triggers a schedule and gives the id of the workflow that it started.
func (s *site) fire(t *testing.T, c sdk.Client, schedule string) string {
	t.Helper()
	handle := c.ScheduleClient().GetHandle(t.Context(), schedule)
	since := time.Now()
	if err := handle.Trigger(t.Context(), sdk.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}); err != nil {
		t.Fatal(err)
	}
	id := ""
	await(t, "schedule "+schedule+" to fire", func(ctx context.Context) (bool, string) {
		d, err := handle.Describe(ctx)
		if err != nil {
			return false, err.Error()
		}
		for _, action := range d.Info.RecentActions {
			if action.StartWorkflowResult != nil && action.ActualTime.After(since.Add(-time.Second)) {
				id = action.StartWorkflowResult.WorkflowID
			}
		}
		return id != "", fmt.Sprintf("%+v", d.Info)
	})
	return id
}
