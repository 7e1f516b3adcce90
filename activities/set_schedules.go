package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// The schedules that a coupling gets when it has none of its own. The full read
// has a time of its own, since it would be skipped when it met the other.
const (
	defaultSince = "*/30 * * * *"
	defaultFull  = "15 3 * * *"
)

// SetSchedules gives a coupling without schedules the default ones, in the
// webshop's zone. Schedules that somebody set stay as they are.
func (a *Activities) SetSchedules(ctx context.Context, in CouplingRef) error {
	coupling, connector, err := a.couplingOf(ctx, in)
	if err != nil {
		return err
	}
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		have, err := tx.Schedules(ctx, in.ID)
		if err != nil || len(have) > 0 {
			return err
		}
		webshop, err := tx.Webshop(ctx, coupling.WebshopUUID)
		if err != nil {
			return err
		}
		var wishes []store.NewSchedule
		for _, group := range connector.Groups() {
			wishes = append(wishes,
				store.NewSchedule{StreamGroup: string(group.Name), Mode: koppel.ModeSince, Cron: defaultSince, TimeZone: webshop.TimeZone},
				store.NewSchedule{StreamGroup: string(group.Name), Mode: koppel.ModeFull, Cron: defaultFull, TimeZone: webshop.TimeZone},
			)
		}
		_, err = tx.SetSchedules(ctx, in.ID, wishes)
		return err
	})
}
