package activities

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// PlanClosing lists the steps that are left of a coupling's disabling or
// removal; none when it was brought back.
func (a *Activities) PlanClosing(ctx context.Context, in CouplingRef) ([]string, error) {
	coupling, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, in.ID) })
	if err != nil || coupling.ClosingSince == nil {
		return nil, err
	}
	var left []string
	for _, step := range coupling.Closing {
		if step.State != koppel.StepDone {
			left = append(left, step.Name)
		}
	}
	return left, nil
}

// CloseStep takes one step. Taken again it goes on where it was; of a coupling
// that was brought back meanwhile it does nothing and says so.
func (a *Activities) CloseStep(ctx context.Context, in ClosingStep) (Closed, error) {
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	step := koppel.Step{Name: in.Step, State: koppel.StepRunning}
	var coupling store.Coupling
	err := a.closing(ctx, in, func(tx *store.Tx) (err error) {
		coupling, err = tx.NoteClosing(ctx, in.ID, step)
		return err
	})
	switch {
	case koppel.KindOf(err) == koppel.KindConflict:
		return Closed{BroughtBack: true}, nil
	case err != nil:
		return Closed{}, err
	}
	removal := coupling.RemoveObjects != nil
	switch {
	case in.Step == koppel.CloseRuns:
		step.Detail, err = a.endRuns(ctx, in, removal)
	case in.Step == koppel.CloseSchedules:
		if _, err = a.reconcile(ctx); err == nil {
			err = a.setHooks(ctx, in.CouplingRef)
		}
	case in.Step == koppel.ClosePushes && removal:
		step.Detail, err = a.parkWrites(ctx, in, coupling)
	case in.Step == koppel.ClosePushes:
		step.Detail = "held until the coupling is active again"
	case in.Step == koppel.CloseSources:
		step.Detail, err = a.unlinkSources(ctx, in, coupling)
	case in.Step == koppel.CloseCredentials:
		step.Detail, err = a.giveBack(ctx, in, coupling)
	}
	if err != nil {
		return Closed{}, err
	}
	step.State = koppel.StepDone
	err = a.closing(ctx, in, func(tx *store.Tx) error {
		if _, err := tx.NoteClosing(ctx, in.ID, step); err != nil || in.Step != koppel.CloseCredentials {
			return err
		}
		after, err := tx.RemoveCoupling(ctx, in.ID)
		if err != nil {
			return err
		}
		return tx.Audit(ctx, store.Audit{Actor: "removal", Action: "coupling.removed", Subject: in.ID, After: map[string]any{
			"state": after.State, "objects": coupling.RemoveObjects, "steps": coupling.Closing,
		}})
	})
	if koppel.KindOf(err) == koppel.KindConflict {
		return Closed{BroughtBack: true}, nil
	}
	return Closed{}, err
}

func (a *Activities) closing(ctx context.Context, in ClosingStep, do func(*store.Tx) error) error {
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), do)
}

// endRuns ends the open runs of a coupling: what a batch in flight has read is
// still written. Pushes that are held stay so, unless the coupling is removed.
func (a *Activities) endRuns(ctx context.Context, in ClosingStep, removal bool) (string, error) {
	if err := a.Engine.Cancel(ctx, koppel.ActivateWorkflowID(in.ID)); err != nil {
		return "", err
	}
	why, ended := "the coupling was switched off", 0
	if removal {
		why = "the coupling is being removed"
	}
	filter := store.RunFilter{Coupling: in.ID, Limit: sweepAtOnce, States: []koppel.RunState{koppel.RunQueued, koppel.RunRunning, koppel.RunWaiting}}
	if !removal {
		filter.Direction = koppel.Pull
	}
	for {
		page, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Page[store.Run], error) { return tx.Runs(ctx, filter) })
		if err != nil {
			return "", err
		}
		if len(page.Items) == 0 {
			return fmt.Sprintf("%d ended", ended), nil
		}
		for _, run := range page.Items {
			err := a.closing(ctx, in, func(tx *store.Tx) error {
				_, err := tx.CancelRun(ctx, run.UUID, why)
				return err
			})
			if err != nil && koppel.KindOf(err) != koppel.KindConflict {
				return "", err
			}
			if err := a.Engine.Cancel(ctx, run.WorkflowID); err != nil {
				return "", err
			}
			ended++
		}
	}
}

func (a *Activities) parkWrites(ctx context.Context, in ClosingStep, c store.Coupling) (string, error) {
	cause := koppel.Advise(&koppel.Error{
		Kind: koppel.KindConflict, Detail: "the coupling was removed before this was sent",
		Next: "Bring it to the remote system by hand, then say what became of it: koppel push resolve",
	}, c.UUID, "")
	n, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (int, error) { return tx.ParkWrites(ctx, c, cause) })
	return fmt.Sprintf("%d that were not sent are parked", n), err
}

func (a *Activities) unlinkSources(ctx context.Context, in ClosingStep, c store.Coupling) (string, error) {
	disable := *c.RemoveObjects == koppel.DisableObjects
	for all := 0; ; {
		n, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (int, error) { return tx.UnlinkSources(ctx, c, disable) })
		if err != nil {
			return "", err
		}
		if all += n; n > 0 {
			continue
		}
		detail := fmt.Sprintf("%d unlinked, objects kept", all)
		if disable {
			detail = fmt.Sprintf("%d unlinked, objects that nothing else carries treated as gone", all)
		}
		return detail, nil
	}
}
