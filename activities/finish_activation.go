package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// FinishActivation sets the coupling active. One that was active before catches
// up with what it missed while it was off.
func (a *Activities) FinishActivation(ctx context.Context, in CouplingRef) error {
	before, connector, err := a.couplingOf(ctx, in)
	if err != nil {
		return err
	}
	err = a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		c, err := tx.CouplingActive(ctx, in.ID)
		if err != nil {
			return err
		}
		return tx.TellActivation(ctx, c, koppel.WantProgress, attemptOf(ctx), "activation finished: the coupling is active")
	})
	if err != nil {
		return final(err)
	}
	if before.ActivatedAt != nil && before.State == koppel.CouplingActivating {
		if err := a.catchUpAfterOff(ctx, in, before, connector); err != nil {
			return err
		}
	}
	_, err = a.reconcile(ctx)
	return err
}

// catchUpAfterOff opens a since run of each group; where one is queued already
// none is needed. The sweep starts what could not be started here.
func (a *Activities) catchUpAfterOff(ctx context.Context, in CouplingRef, c store.Coupling, connector *connectors.Connector) error {
	settings, err := settingsOf(connector, c.Settings)
	if err != nil {
		return err
	}
	for _, group := range connector.GroupsOn(settings) {
		id := store.NewID()
		opened, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Opened, error) {
			return tx.OpenRun(ctx, store.NewRun{
				UUID: id, Coupling: in.ID, Direction: koppel.Pull, StreamGroup: group, Mode: koppel.ModeSince,
				Trigger: koppel.TriggerDependency, AskedBy: "catching up: the coupling was off",
				WorkflowID: koppel.PullWorkflowID(koppel.ModeSince, in.ID, group, id),
			})
		})
		switch {
		case koppel.KindOf(err) == koppel.KindConflict:
			continue
		case err != nil:
			return err
		case opened.Behind == "":
			if err := a.Engine.StartRun(ctx, StartOf(opened.Run)); err != nil {
				return err
			}
		}
	}
	return nil
}
