package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// SetSchedules gives a coupling without schedules the default ones and makes
// Temporal's equal to the list.
func (a *Activities) SetSchedules(ctx context.Context, in CouplingRef) error {
	_, connector, err := a.couplingOf(ctx, in)
	if err != nil {
		return err
	}
	var lines []store.NewSchedule
	for _, group := range connector.Groups() {
		lines = append(lines,
			store.NewSchedule{StreamGroup: string(group.Name), Mode: koppel.ModeSince, Cron: "*/30 * * * *"},
			store.NewSchedule{StreamGroup: string(group.Name), Mode: koppel.ModeFull, Cron: "0 3 * * *"},
		)
	}
	err = a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		return tx.DefaultSchedules(ctx, in.Coupling, lines)
	})
	return err
}

// OpenDue opens the runs of the stream groups that a schedule's firing is for.
// One that is running already is skipped.
func (a *Activities) OpenDue(ctx context.Context, in Tick) ([]Start, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) ([]Start, error) {
		due, err := tx.SchedulesOf(ctx, in.Coupling, in.Cron, in.Zone)
		if err != nil {
			return nil, err
		}
		var starts []Start
		for _, line := range due {
			run, err := tx.OpenRun(ctx, store.NewRun{
				Coupling: in.Coupling, StreamGroup: line.StreamGroup, Mode: line.Mode, Trigger: koppel.TriggerSchedule,
				WorkflowID: func(runID string) string { return WorkflowID(line.Mode, in.ID, line.StreamGroup, runID) },
			})
			if koppel.KindOf(err) == koppel.KindConflict {
				continue
			}
			if err != nil {
				return nil, err
			}
			starts = append(starts, StartOf(run))
		}
		return starts, nil
	})
}
