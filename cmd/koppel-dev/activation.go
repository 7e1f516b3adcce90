package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// watchEvery is how often an activation is looked at.
const watchEvery = 300 * time.Millisecond

// notActive is the end of an activation that did not lead to an active coupling.
type notActive struct{ reason string }

func (e *notActive) Error() string { return e.reason }

// watchActivation shows a coupling's activation until it is active.
func watchActivation(ctx context.Context, c *client.Client, id string, p *progress) (client.Coupling, error) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	ended := map[string]client.Run{}
	for {
		coupling, steps, err := viewActivation(ctx, c, id, ended)
		if err != nil {
			return coupling, err
		}
		p.show(steps)
		switch coupling.State {
		case koppel.CouplingActive:
			return coupling, nil
		case koppel.CouplingActivating, koppel.CouplingDraft:
		default:
			return coupling, &notActive{whyNot(coupling)}
		}
		if failed := failedStep(coupling); failed != "" {
			return coupling, &notActive{failed}
		}
		select {
		case <-ctx.Done():
			return coupling, ctx.Err()
		case <-tick.C:
		}
	}
}

// viewActivation reads a coupling and the runs of its steps, those that ended only once.
func viewActivation(ctx context.Context, c *client.Client, id string, ended map[string]client.Run) (client.Coupling, []stepView, error) {
	coupling, err := c.Coupling(ctx, id)
	if err != nil {
		return coupling, nil, err
	}
	steps := make([]stepView, 0, len(coupling.Steps))
	for _, step := range coupling.Steps {
		view := stepView{Step: step, Expected: -1}
		if step.RunID != "" {
			run, known := ended[step.RunID]
			if !known {
				if run, err = c.Run(ctx, step.RunID); err != nil {
					return coupling, nil, err
				}
			}
			if run.State.Ended() {
				ended[step.RunID] = run
			}
			view.look(run)
		}
		steps = append(steps, view)
	}
	return coupling, steps, nil
}

// look takes from a run what is shown of its step.
func (s *stepView) look(run client.Run) {
	s.Records = run.Counts.Records
	if run.Expected != nil {
		s.Expected = *run.Expected
	}
	if run.Wait != nil {
		s.Waiting = run.Wait.Reason
	}
}

// failedStep says what ended an activation; "" when nothing did.
func failedStep(coupling client.Coupling) string {
	for _, step := range coupling.Steps {
		if step.State == koppel.StepFailed {
			return fmt.Sprintf("step %s failed: %s\nnext: bin/koppel --profile PROFILE coupling show %s", title(step.Name), step.Detail, coupling.ID)
		}
	}
	return ""
}

// whyNot says why a coupling is not active.
func whyNot(coupling client.Coupling) string {
	why := fmt.Sprintf("the coupling is %s", coupling.State)
	if coupling.Pause != nil {
		why += fmt.Sprintf(" by %s: %s", coupling.Pause.Owner, coupling.Pause.Reason)
	}
	if failed := failedStep(coupling); failed != "" {
		why += ": " + failed
	}
	return why
}

// isNotActive reports whether err is about the coupling, not about reaching it.
func isNotActive(err error) bool {
	var e *notActive
	return errors.As(err, &e)
}
