package temporaltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/koppel-io/koppel/temporal"
)

// patience is how long a test waits for one condition.
const patience = 2 * time.Minute

// Cluster is a namespace of a running Temporal.
type Cluster struct{ client client.Client }

// Dial connects until the test ends.
func Dial(t testing.TB, config temporal.Config) *Cluster {
	t.Helper()
	c, err := temporal.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &Cluster{c}
}

// History waits for the end of a workflow's latest execution and reads it.
func (c *Cluster) History(t testing.TB, workflowID string) *History {
	t.Helper()
	return c.execution(t, workflowID, "")
}

// Before reads the execution that handed over to h by continuing as new.
func (c *Cluster) Before(t testing.TB, workflowID string, h *History) *History {
	t.Helper()
	run := h.events.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	if run == "" {
		t.Fatalf("the last execution of %s took over from none", workflowID)
	}
	return c.execution(t, workflowID, run)
}

func (c *Cluster) execution(t testing.TB, workflowID, run string) *History {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h := &History{events: &historypb.History{}}
	iter := c.client.GetWorkflowHistory(ctx, workflowID, run, true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		event, err := iter.Next()
		if err != nil {
			t.Fatalf("history of %s: %v", workflowID, err)
		}
		h.events.Events = append(h.events.Events, event)
	}
	return h
}

// Schedules are the ids of the schedules whose id contains part, sorted.
func (c *Cluster) Schedules(t testing.TB, part string) []string {
	t.Helper()
	list, err := c.client.ScheduleClient().List(t.Context(), client.ScheduleListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(entry.ID, part) {
			ids = append(ids, entry.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Next are the next times at which a schedule fires; none when there is no such schedule.
func (c *Cluster) Next(t testing.TB, schedule string) []time.Time {
	t.Helper()
	d, err := c.client.ScheduleClient().GetHandle(t.Context(), schedule).Describe(t.Context())
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.Info.NextActionTimes
}

// Paused reports whether a schedule is paused.
func (c *Cluster) Paused(t testing.TB, schedule string) bool {
	t.Helper()
	d, err := c.client.ScheduleClient().GetHandle(t.Context(), schedule).Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d.Schedule.State.Paused
}

// Pause pauses a schedule, as a person may in Temporal's own UI.
func (c *Cluster) Pause(t testing.TB, schedule string) {
	t.Helper()
	if err := c.client.ScheduleClient().GetHandle(t.Context(), schedule).Pause(t.Context(), client.SchedulePauseOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Delete deletes a schedule.
func (c *Cluster) Delete(t testing.TB, schedule string) {
	t.Helper()
	if err := c.client.ScheduleClient().GetHandle(t.Context(), schedule).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Make makes a schedule that never fires in a test.
func (c *Cluster) Make(t testing.TB, schedule string) {
	t.Helper()
	_, err := c.client.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: schedule, Spec: client.ScheduleSpec{CronExpressions: []string{"0 0 1 1 * 2099"}},
		Action: &client.ScheduleWorkflowAction{ID: "stray", Workflow: "tick", TaskQueue: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Fire makes a schedule fire now and gives the id of the workflow that it starts.
func (c *Cluster) Fire(t testing.TB, schedule string) (workflowID string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	handle := c.client.ScheduleClient().GetHandle(ctx, schedule)
	since := time.Now().Add(-time.Second)
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := handle.Describe(ctx)
		if err != nil {
			t.Fatalf("schedule %s did not fire: %v", schedule, err)
		}
		for _, action := range d.Info.RecentActions {
			if action.StartWorkflowResult != nil && action.ActualTime.After(since) {
				return action.StartWorkflowResult.WorkflowID
			}
		}
		<-tick.C
	}
}
