package activities

import (
	"context"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/clock"
	"github.com/koppel-io/koppel/store"
)

// openDue opens the runs of the stream groups that a schedule's firing is for,
// and keeps for each line what became of it. In quiet hours nothing is started;
// a run that meets an open one of its group is skipped, which that run's
// timeline shows; a since run is left out where a full read of its group is due
// at the same time, which it would only stand in the way of.
func (a *Activities) openDue(ctx context.Context, in Tick) ([]store.Opened, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) ([]store.Opened, error) {
		due, err := tx.DueAt(ctx, in.ID, in.Cron, in.Zone)
		if err != nil || len(due) == 0 {
			return nil, err
		}
		coupling, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		lines, err := tx.Schedules(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		var all []store.Opened
		for _, line := range due {
			firing := store.Firing{Schedule: line.ID, At: in.At}
			switch {
			case clock.Quiet(coupling.Quiet, in.At):
				firing.Outcome = koppel.FiringQuiet
			case line.Mode == koppel.ModeSince && fullDue(coupling, lines, line.StreamGroup, in.At):
				firing.Outcome = koppel.FiringCovered
			default:
				opened, err := openScheduled(ctx, tx, in, line)
				if err != nil {
					return nil, err
				}
				firing.Run, firing.Outcome = opened.Run.UUID, koppel.FiringSkipped
				if !opened.Skipped {
					firing.Outcome = koppel.FiringStarted
				}
				all = append(all, opened)
			}
			if err := tx.NoteFiring(ctx, firing); err != nil {
				return nil, err
			}
		}
		return all, nil
	})
}

func openScheduled(ctx context.Context, tx *store.Tx, in Tick, line store.Due) (store.Opened, error) {
	id := store.NewID()
	opened, err := tx.OpenRun(ctx, store.NewRun{
		UUID: id, Coupling: in.ID, Direction: koppel.Pull, StreamGroup: line.StreamGroup, Mode: line.Mode,
		Trigger: koppel.TriggerSchedule, WorkflowID: koppel.PullWorkflowID(line.Mode, in.ID, line.StreamGroup, id),
	})
	if err != nil || !opened.Skipped {
		return opened, err
	}
	return opened, tx.AppendTimeline(ctx, opened.Run.ID, store.EventSkipped, map[string]string{
		"cron": in.Cron, "time_zone": in.Zone, "mode": string(line.Mode), "why": "this run was open",
	})
}

// fullDue reports whether a full read of a group is due at the same time.
func fullDue(coupling store.Coupling, lines []store.Schedule, group string, at time.Time) bool {
	return slices.ContainsFunc(lines, func(l store.Schedule) bool {
		if l.StreamGroup != group || l.Mode != koppel.ModeFull {
			return false
		}
		line, err := clock.Parse(l.Cron, l.TimeZone)
		return err == nil && line.Meets(at, line.Shift(coupling.UUID, time.Duration(coupling.JitterSeconds)*time.Second))
	})
}
