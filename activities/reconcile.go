package activities

import (
	"context"
	"time"

	"github.com/koppel-io/koppel/clock"
	"github.com/koppel-io/koppel/store"
)

// reconcile makes Temporal's schedules equal to what active couplings want. A
// line that no longer parses is left out, so that it holds up no other.
func (a *Activities) reconcile(ctx context.Context) (int, error) {
	return a.Engine.ReconcileSchedules(ctx, func(ctx context.Context) ([]ScheduleWish, error) {
		lines, err := store.With(ctx, a.Store, store.Queues(), func(tx *store.Tx) ([]store.Wish, error) { return tx.Wishes(ctx) })
		if err != nil {
			return nil, err
		}
		wishes := make([]ScheduleWish, 0, len(lines))
		for _, wish := range lines {
			line, err := clock.Parse(wish.Cron, wish.TimeZone)
			if err != nil {
				a.Log.WarnContext(ctx, "a schedule does not fire", "coupling", wish.CouplingUUID, "cron", wish.Cron, "error", err)
				continue
			}
			shift := line.Shift(wish.CouplingUUID, time.Duration(wish.JitterSeconds)*time.Second)
			wishes = append(wishes, ScheduleWish{
				Tick: Tick{
					CouplingRef: CouplingRef{Webshop: wish.WebshopID, Coupling: wish.CouplingID, ID: wish.CouplingUUID},
					Cron:        wish.Cron, Zone: wish.TimeZone,
				},
				Shift: shift, Calendars: line.Calendars(shift), Connector: wish.Connector,
			})
		}
		return wishes, nil
	})
}
