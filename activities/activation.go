package activities

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// PlanActivation sets a coupling activating and lists what is left to do:
// steps that an earlier activation finished are not done again.
func (a *Activities) PlanActivation(ctx context.Context, in CouplingRef) (Activation, error) {
	coupling, connector, err := a.couplingOf(ctx, in)
	if err != nil {
		return Activation{}, err
	}
	settings, err := settingsOf(connector, coupling.Settings)
	if err != nil {
		return Activation{}, err
	}
	steps := keepDone(stepsOf(connector, settings), coupling.Steps)
	err = a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		c, err := tx.ActivateCoupling(ctx, in.ID, steps)
		if err != nil {
			return err
		}
		return tx.TellActivation(ctx, c, koppel.WantProgress, attemptOf(ctx), "activation started")
	})
	if err != nil {
		return Activation{}, final(err)
	}
	plan := Activation{Connector: coupling.Connector}
	for _, step := range steps {
		if step.State == koppel.StepDone || step.State == koppel.StepSkipped {
			continue
		}
		next := ActivationStep{Name: step.Name}
		if group, ok := connector.Group(koppel.Object(step.Name)); ok {
			next.Group = string(group.Name)
		}
		plan.Steps = append(plan.Steps, next)
	}
	return plan, nil
}

// stepsOf lists every step. An object that is switched off, and one whose
// group an earlier step reads, is skipped and says so.
func stepsOf(connector *connectors.Connector, settings map[string]any) []koppel.Step {
	steps := []koppel.Step{{Name: StepCredentials, State: koppel.StepPending}}
	var read []koppel.Object
	for _, object := range koppel.Objects() {
		step := koppel.Step{Name: string(object), State: koppel.StepPending}
		group, offered := connector.Group(object)
		on, why := connector.Pulls(object, settings)
		switch {
		case !offered && connector.Push[object] != nil:
			step.State, step.Detail = koppel.StepSkipped, "the connector writes them and does not read them"
		case !offered:
			step.State, step.Detail = koppel.StepSkipped, "the connector does not offer it"
		case !on:
			step.State, step.Detail = koppel.StepSkipped, why
		case slices.Contains(read, group.Name):
			step.State, step.Detail = koppel.StepSkipped, "read together with "+string(group.Name)
		default:
			read = append(read, group.Name)
		}
		steps = append(steps, step)
	}
	return append(steps, webhooksStep(connector), koppel.Step{Name: StepSchedules, State: koppel.StepPending})
}

// webhooksStep is skipped where there is nothing to subscribe to.
func webhooksStep(connector *connectors.Connector) koppel.Step {
	step := koppel.Step{Name: StepWebhooks, State: koppel.StepPending}
	if connector.Webhooks == nil || connector.Webhooks.Subscribe == nil {
		step.State, step.Detail = koppel.StepSkipped, "the connector does not subscribe to any"
	}
	return step
}

// keepDone takes over what an earlier activation finished. Credentials and
// webhooks are seen to each time.
func keepDone(steps, earlier []koppel.Step) []koppel.Step {
	for i, step := range steps {
		at := slices.IndexFunc(earlier, func(e koppel.Step) bool { return e.Name == step.Name && e.State == koppel.StepDone })
		if at >= 0 && step.Name != StepCredentials && step.Name != StepWebhooks && step.State == koppel.StepPending {
			steps[i] = earlier[at]
		}
	}
	return steps
}

// OpenStep opens the full run of an activation's step, or finds the one that
// is open for it.
func (a *Activities) OpenStep(ctx context.Context, in StepInput) (Start, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (Start, error) {
		coupling, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return Start{}, err
		}
		if coupling.State != koppel.CouplingActivating {
			return Start{}, final(koppel.E(koppel.KindConflict, "open step "+in.Step, "the coupling is "+string(coupling.State)+" by now"))
		}
		run, err := stepRun(ctx, tx, in)
		if err != nil {
			return Start{}, err
		}
		return StartOf(run), setStep(ctx, tx, in.ID, koppel.Step{Name: in.Step, State: koppel.StepRunning, RunID: run.UUID})
	})
}

// stepRun adopts the run that an interrupted activation left open.
func stepRun(ctx context.Context, tx *store.Tx, in StepInput) (store.Run, error) {
	open, err := tx.Runs(ctx, store.RunFilter{
		Coupling: in.ID, Group: in.Group, Trigger: koppel.TriggerActivation, Limit: 1,
		States: []koppel.RunState{koppel.RunQueued, koppel.RunRunning, koppel.RunWaiting},
	})
	if err != nil {
		return store.Run{}, err
	}
	if len(open.Items) > 0 {
		return open.Items[0], nil
	}
	id := store.NewID()
	opened, err := tx.OpenRun(ctx, store.NewRun{
		UUID: id, Coupling: in.ID, Direction: koppel.Pull, StreamGroup: in.Group, Mode: koppel.ModeFull,
		Trigger: koppel.TriggerActivation, WorkflowID: koppel.PullWorkflowID(koppel.ModeFull, in.ID, in.Group, id),
	})
	return opened.Run, err
}

// NoteStep records how a step of an activation stands; a refused credential
// also stops the coupling until the customer gives a new one.
func (a *Activities) NoteStep(ctx context.Context, in StepInput) error {
	step := koppel.Step{Name: in.Step, State: in.State, RunID: in.RunID}
	if in.Failure != nil {
		step.Detail = in.Failure.Error()
	}
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		if err := setStep(ctx, tx, in.ID, step); err != nil {
			return err
		}
		if in.State == koppel.StepDone {
			if err := tellStep(ctx, tx, in); err != nil {
				return err
			}
		}
		if in.Failure == nil || in.Failure.Kind != koppel.KindAuth {
			return nil
		}
		_, err := tx.NeedsReauth(ctx, in.ID, in.Failure.Detail)
		if koppel.KindOf(err) == koppel.KindConflict {
			return nil
		}
		return err
	})
}

// attemptOf names this activation among those of its coupling.
func attemptOf(ctx context.Context) string { return activity.GetInfo(ctx).WorkflowExecution.RunID }

func tellStep(ctx context.Context, tx *store.Tx, in StepInput) error {
	c, err := tx.Coupling(ctx, in.ID)
	if err != nil {
		return err
	}
	return tx.TellActivation(ctx, c, koppel.WantSteps, attemptOf(ctx), "activation: "+in.Step+" done")
}

func setStep(ctx context.Context, tx *store.Tx, coupling string, step koppel.Step) error {
	c, err := tx.Coupling(ctx, coupling)
	if err != nil {
		return err
	}
	for i := range c.Steps {
		if c.Steps[i].Name == step.Name {
			c.Steps[i] = step
		}
	}
	_, err = tx.SetSteps(ctx, coupling, c.Steps)
	return err
}

// couplingOf loads a coupling and the connector version it would run with now.
func (a *Activities) couplingOf(ctx context.Context, in CouplingRef) (store.Coupling, *connectors.Connector, error) {
	var coupling store.Coupling
	var version int64
	err := a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) (err error) {
		if coupling, err = tx.Coupling(ctx, in.ID); err != nil {
			return err
		}
		if coupling.ConnectorVersionID != nil {
			version = *coupling.ConnectorVersionID
			return nil
		}
		current, err := tx.CurrentConnectorVersion(ctx, coupling.Connector)
		version = current.ID
		return err
	})
	if err != nil {
		return coupling, nil, err
	}
	connector, err := a.Connectors.Version(ctx, version)
	return coupling, connector, err
}
