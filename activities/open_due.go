package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// OpenDue opens the runs of the stream groups that a schedule's firing is for.
// One that meets an open run of its group is skipped.
func (a *Activities) OpenDue(ctx context.Context, in Tick) ([]Start, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) ([]Start, error) {
		due, err := tx.DueAt(ctx, in.ID, in.Cron, in.Zone)
		if err != nil {
			return nil, err
		}
		var starts []Start
		for _, line := range due {
			id := store.NewID()
			opened, err := tx.OpenRun(ctx, store.NewRun{
				UUID: id, Coupling: in.ID, Direction: koppel.Pull, StreamGroup: line.StreamGroup, Mode: line.Mode,
				Trigger: koppel.TriggerSchedule, WorkflowID: koppel.PullWorkflowID(line.Mode, in.ID, line.StreamGroup, id),
			})
			if err != nil {
				return nil, err
			}
			if !opened.Skipped {
				starts = append(starts, StartOf(opened.Run))
			}
		}
		return starts, nil
	})
}
