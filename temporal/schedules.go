package temporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/clock"
	"github.com/koppel-io/koppel/workflows"
)

// tickPrefix begins the id of every schedule of a coupling.
const tickPrefix = "schedule/"

// ScheduleID names the schedule of one (coupling, cron, zone) and what it is
// moved by. A line that changes is another schedule, so an existing one never
// needs an update.
func ScheduleID(w activities.ScheduleWish) string {
	sum := sha256.Sum256([]byte(w.Cron + "\n" + w.Zone + "\n" + w.Shift.String()))
	return tickPrefix + w.ID + "/" + hex.EncodeToString(sum[:6])
}

// ReconcileSchedules makes Temporal's schedules equal to the wishes: missing
// ones are made, others that carry our prefix are deleted, one that somebody paused in
// Temporal goes on: whoever wants quiet pauses the coupling. Two may run at once:
// wishes are asked for after the schedules were listed, so what another made
// meanwhile is never deleted; what is left wrong by a list that lags behind,
// the next sweep puts right.
func (e *Engine) ReconcileSchedules(ctx context.Context, wishes func(context.Context) ([]activities.ScheduleWish, error)) (changed int, err error) {
	have, err := e.scheduleIDs(ctx)
	if err != nil {
		return 0, err
	}
	wanted, err := wishes(ctx)
	if err != nil {
		return 0, err
	}
	for _, wish := range wanted {
		id := ScheduleID(wish)
		if paused, there := have[id]; there {
			delete(have, id)
			if !paused {
				continue
			}
			if err := e.client.ScheduleClient().GetHandle(ctx, id).Unpause(ctx, client.ScheduleUnpauseOptions{Note: "Koppel keeps the schedules; pause the coupling instead."}); err != nil {
				return changed, wrap("temporal: unpause schedule "+id, err)
			}
			changed++
			continue
		}
		if err := e.createTick(ctx, id, wish); err != nil {
			return changed, err
		}
		changed++
	}
	for id := range have {
		var gone *serviceerror.NotFound
		if err := e.client.ScheduleClient().GetHandle(ctx, id).Delete(ctx); err != nil && !errors.As(err, &gone) {
			return changed, wrap("temporal: delete schedule "+id, err)
		}
		changed++
	}
	return changed, nil
}

// EnsureSweep makes the schedule of the sweep, once per namespace.
func (e *Engine) EnsureSweep(ctx context.Context) error {
	_, err := e.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      workflows.SweepID,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: e.durations.Sweep}}},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		Note:    "Makes open runs and Temporal agree.",
		Action:  &client.ScheduleWorkflowAction{ID: workflows.SweepID, Workflow: workflows.SweepName, TaskQueue: activities.QueueInteractive},
	})
	return ignoreExisting("temporal: create schedule "+workflows.SweepID, err)
}

// Sweep asks for a sweep now. While one is running, one more follows it.
func (e *Engine) Sweep(ctx context.Context) error {
	err := e.client.ScheduleClient().GetHandle(ctx, workflows.SweepID).Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	return wrap("temporal: trigger schedule "+workflows.SweepID, err)
}

func (e *Engine) createTick(ctx context.Context, id string, wish activities.ScheduleWish) error {
	_, err := e.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      id,
		Spec:    client.ScheduleSpec{Calendars: calendars(wish.Calendars), TimeZoneName: wish.Zone},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		// A cluster that was away fires what it missed once, not for each missed time.
		CatchupWindow: time.Minute,
		Note:          wish.Connector + " coupling " + wish.ID,
		Action: &client.ScheduleWorkflowAction{
			ID: "tick/" + strings.TrimPrefix(id, tickPrefix), Workflow: workflows.TickName,
			TaskQueue: activities.QueueIncremental, Args: []any{wish.Tick},
			Priority: temporal.Priority{PriorityKey: activities.Urgency(koppel.ModeSince, koppel.TriggerSchedule), FairnessKey: wish.ID},
		},
	})
	return ignoreExisting("temporal: create schedule "+id, err)
}

// calendars are the times of a wish in Temporal's words.
func calendars(list []clock.Calendar) []client.ScheduleCalendarSpec {
	values := func(list []int) []client.ScheduleRange {
		out := make([]client.ScheduleRange, len(list))
		for i, n := range list {
			out[i] = client.ScheduleRange{Start: n}
		}
		return out
	}
	out := make([]client.ScheduleCalendarSpec, len(list))
	for i, c := range list {
		out[i] = client.ScheduleCalendarSpec{
			Second: values(c.Second), Minute: values(c.Minute), Hour: values(c.Hour),
			DayOfMonth: values(c.Day), Month: values(c.Month), DayOfWeek: values(c.Weekday),
		}
	}
	return out
}

// scheduleIDs are the schedules of couplings, and whether each is paused.
func (e *Engine) scheduleIDs(ctx context.Context) (map[string]bool, error) {
	list, err := e.client.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 500})
	if err != nil {
		return nil, wrap("temporal: list schedules", err)
	}
	ids := map[string]bool{}
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			return nil, wrap("temporal: list schedules", err)
		}
		if strings.HasPrefix(entry.ID, tickPrefix) {
			ids[entry.ID] = entry.Paused
		}
	}
	return ids, nil
}

func ignoreExisting(op string, err error) error {
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return wrap(op, err)
}
