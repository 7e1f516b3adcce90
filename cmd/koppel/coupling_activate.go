package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingActivate() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "activate COUPLING", Short: "Activate a coupling: check credentials, read everything, switch schedules on", Args: cobra.ExactArgs(1),
		Long:    "Activate a coupling. The activation goes on by itself and survives restarts; run again after a failure it\ngoes on at the step that failed.",
		Example: "  koppel coupling activate 8f2c1a\n  koppel coupling activate 8f2c1a --wait",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			coupling, err := c.Activate(ctx, id)
			if err != nil {
				return err
			}
			if wait {
				return p.watchActivation(ctx, c, coupling)
			}
			if err := p.showCoupling(coupling); err != nil {
				return err
			}
			p.note("It goes on by itself. Look again: koppel coupling show %s", id)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "show the steps until the coupling is active; exit code 6 when a step fails")
	return cmd
}

// lookAgain is how often a coupling is read while its activation is watched.
const lookAgain = time.Second

// watchActivation shows the steps as they go, and the run of the one at work.
func (p *program) watchActivation(ctx context.Context, c *client.Client, coupling client.Coupling) error {
	told := map[string]koppel.StepState{}
	for {
		p.tellSteps(coupling.Steps, told)
		for _, s := range coupling.Steps {
			if s.State == koppel.StepRunning && s.RunID != "" {
				if err := p.followRun(ctx, c, s.RunID); err != nil && ctx.Err() == nil {
					return err
				}
			}
		}
		if coupling.State != koppel.CouplingActivating {
			return p.activationEnded(coupling)
		}
		timer := time.NewTimer(lookAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &interrupted{"the activation goes on. Look again: koppel coupling show " + coupling.ID}
		}
		next, err := c.Coupling(ctx, coupling.ID)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			coupling = next
		}
	}
}

func stepLine(s koppel.Step) string {
	return fmt.Sprintf("%-18s %s", s.Name, joined(string(s.State), s.Detail))
}

func (p *program) activationEnded(coupling client.Coupling) error {
	if err := p.showCoupling(coupling); err != nil {
		return err
	}
	if coupling.State == koppel.CouplingActive {
		return nil
	}
	for _, s := range coupling.Steps {
		if s.State == koppel.StepFailed {
			return &notGreen{fmt.Sprintf("the activation stopped at %s: %s\nnext: correct that, then: koppel coupling activate %s --wait", s.Name, s.Detail, coupling.ID)}
		}
	}
	return &notGreen{fmt.Sprintf("the activation ended with the coupling %s\nnext: %s", couplingState(coupling), nextForCoupling(coupling))}
}
