package activities

import (
	"context"
	"errors"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// The steps of an activation that are not an object.
const (
	StepCredentials = "credentials"
	StepSchedules   = "schedules"
)

// PlanActivation sets a coupling activating and lists what is left to do:
// steps that an earlier activation finished are not done again.
func (a *Activities) PlanActivation(ctx context.Context, in CouplingRef) (Activation, error) {
	coupling, connector, err := a.couplingOf(ctx, in)
	if err != nil {
		return Activation{}, err
	}
	settings := connector.Defaults(coupling.Settings)
	all := stepsOf(connector, settings)
	steps, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) ([]koppel.Step, error) {
		return tx.StartActivation(ctx, in.Coupling, all)
	})
	if err != nil {
		return Activation{}, err
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

// stepsOf lists every step; an object that is switched off, and one whose
// group an earlier step reads, is skipped and says so.
func stepsOf(connector *connectors.Connector, settings map[string]any) []koppel.Step {
	steps := []koppel.Step{{Name: StepCredentials, State: koppel.StepPending}}
	var read []koppel.Object
	for _, object := range koppel.Objects() {
		step := koppel.Step{Name: string(object), State: koppel.StepPending}
		group, offered := connector.Group(object)
		on, set := settings[connectors.SyncSetting(object)].(bool)
		switch {
		case !offered:
			step.State, step.Detail = koppel.StepSkipped, "the connector does not offer it"
		case set && !on:
			step.State, step.Detail = koppel.StepSkipped, "switched off by "+connectors.SyncSetting(object)
		case slices.Contains(read, group.Name):
			step.State, step.Detail = koppel.StepSkipped, "read together with "+string(group.Name)
		default:
			read = append(read, group.Name)
		}
		steps = append(steps, step)
	}
	return append(steps, koppel.Step{Name: StepSchedules, State: koppel.StepPending})
}

// CheckCredentials tries the coupling's credentials and finds out the remote's
// version. A refusal is a result: the workflow decides whether to try again.
func (a *Activities) CheckCredentials(ctx context.Context, in StepInput) (*Failure, error) {
	coupling, connector, err := a.couplingOf(ctx, in.CouplingRef)
	if err != nil {
		return nil, err
	}
	p := &pinned{coupling: coupling, connector: connector, settings: connector.Defaults(coupling.Settings)}
	p.run.WebshopID, p.run.RemoteVersion = coupling.WebshopID, coupling.RemoteVersion
	version, err := a.tryAccount(ctx, p)
	if err != nil {
		return a.refused(ctx, coupling, err)
	}
	return nil, a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		return tx.CredentialsWork(ctx, in.Coupling, version)
	})
}

func (a *Activities) tryAccount(ctx context.Context, p *pinned) (version string, err error) {
	client, err := a.client(ctx, p)
	if err != nil {
		return "", err
	}
	if err := client.Check(ctx); err != nil {
		return "", err
	}
	return client.Detect(ctx)
}

// refused turns a remote's answer into a result; a fault of ours stays an error.
func (a *Activities) refused(ctx context.Context, coupling store.Coupling, err error) (*Failure, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var known *koppel.Error
	if !errors.As(err, &known) {
		return nil, err
	}
	return failureOf(err), nil
}

// OpenStep opens the full run of an activation's step, or finds the one that
// an interrupted activation opened.
func (a *Activities) OpenStep(ctx context.Context, in StepInput) (Start, error) {
	run, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Run, error) {
		run, err := tx.OpenRun(ctx, store.NewRun{
			Coupling: in.Coupling, StreamGroup: in.Group, Mode: koppel.ModeFull, Trigger: koppel.TriggerActivation,
			WorkflowID: func(runID string) string { return WorkflowID(koppel.ModeFull, in.ID, in.Group, runID) },
		})
		if err != nil {
			return run, err
		}
		return run, tx.SetStep(ctx, in.Coupling, koppel.Step{Name: in.Step, State: koppel.StepRunning, RunID: run.UUID})
	})
	return StartOf(run), err
}

// NoteStep records how a step of an activation stands.
func (a *Activities) NoteStep(ctx context.Context, in StepInput) error {
	step := koppel.Step{Name: in.Step, State: in.State, RunID: in.RunID}
	if in.Failure != nil {
		step.Detail = in.Failure.Error()
	}
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		if err := tx.SetStep(ctx, in.Coupling, step); err != nil {
			return err
		}
		if in.Failure != nil && in.Failure.Kind == koppel.KindAuth {
			return tx.PauseForAuth(ctx, in.Coupling, in.Failure.Detail)
		}
		return nil
	})
}

// FinishActivation sets the coupling active.
func (a *Activities) FinishActivation(ctx context.Context, in CouplingRef) error {
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		return tx.FinishActivation(ctx, in.Coupling)
	})
}

// couplingOf loads a coupling and the connector version it would run with.
func (a *Activities) couplingOf(ctx context.Context, in CouplingRef) (store.Coupling, *connectors.Connector, error) {
	var coupling store.Coupling
	var version int64
	err := a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) (err error) {
		if coupling, err = tx.CouplingByID(ctx, in.Coupling); err != nil {
			return err
		}
		version, err = tx.VersionOf(ctx, coupling)
		return err
	})
	if err != nil {
		return coupling, nil, err
	}
	connector, err := a.Connectors.Version(ctx, version)
	return coupling, connector, err
}
