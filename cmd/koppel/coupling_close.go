package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingDisable() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "disable COUPLING", Short: "Switch a coupling off for a while", Args: cobra.ExactArgs(1),
		Long: "Switch a coupling off: its runs end, its schedules stop and its pushes are held. Data, settings and credentials\n" +
			"stay, and koppel coupling activate brings it back.",
		Example: "  koppel coupling disable 8f2c1a --wait",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			coupling, err := c.Disable(ctx, id)
			if err != nil {
				return err
			}
			return p.closed(ctx, c, coupling, wait)
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "show the steps until all are done")
	return cmd
}

func (p *program) couplingRemove() *cobra.Command {
	var (
		wait, yes bool
		objects   string
	)
	cmd := &cobra.Command{
		Use: "remove COUPLING", Short: "Remove a coupling for good", Args: cobra.ExactArgs(1),
		Long: "Remove a coupling for good: its runs end, writes that were not sent are parked, its sources are taken off the\n" +
			"objects, and its credential is shredded unless another coupling uses it. This cannot be undone.\n" +
			"Objects stay as they are; with --objects disable those that no other coupling carries are treated as if they\n" +
			"were gone from the remote system.",
		Example: "  koppel coupling remove 8f2c1a\n  koppel coupling remove 8f2c1a --objects disable --yes --wait",
		RunE: action(func(ctx context.Context, args []string) error {
			left, err := isOneOf("--objects", objects, []koppel.LeftObjects{koppel.KeepObjects, koppel.DisableObjects})
			if err != nil {
				return err
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			before, err := c.Coupling(ctx, id)
			if err != nil {
				return err
			}
			if !yes {
				if err := p.sure(ctx, fmt.Sprintf("Remove coupling %s (%s) for good, objects: %s?", before.Name, before.Connector, left)); err != nil {
					return err
				}
			}
			coupling, err := c.Remove(ctx, id, left)
			if err != nil {
				return err
			}
			return p.closed(ctx, c, coupling, wait)
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "show the steps until all are done")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().StringVar(&objects, "objects", string(koppel.KeepObjects), "what becomes of objects that no other coupling carries: keep or disable")
	return cmd
}

// sure asks a question that only yes answers with yes.
func (p *program) sure(ctx context.Context, question string) error {
	tty := terminal(p.in)
	if tty == nil {
		return usagef("%s Say so with --yes, or run it on a terminal", question)
	}
	fmt.Fprint(p.err, question+" Type yes: ")
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(tty).ReadString('\n') // the end of the input is no yes
		answered <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case text := <-answered:
		if strings.EqualFold(text, "yes") {
			return nil
		}
	}
	return usagef("nothing was done")
}

// closed shows a coupling that is being disabled or removed, when asked until that is done.
func (p *program) closed(ctx context.Context, c *client.Client, coupling client.Coupling, wait bool) error {
	told := map[string]koppel.StepState{}
	for wait && coupling.Closing != nil && coupling.Closing.Going {
		p.tellSteps(coupling.Closing.Steps, told)
		timer := time.NewTimer(lookAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &interrupted{"it goes on. Look again: koppel coupling show " + coupling.ID}
		}
		next, err := c.Coupling(ctx, coupling.ID)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			coupling = next
		}
	}
	if coupling.Closing != nil && wait {
		p.tellSteps(coupling.Closing.Steps, told)
	}
	if err := p.showCoupling(coupling); err != nil {
		return err
	}
	if coupling.Closing != nil && coupling.Closing.Going {
		p.note("It goes on by itself. Look again: koppel coupling show %s", coupling.ID)
	}
	return nil
}

// tellSteps notes the steps whose state is news.
func (p *program) tellSteps(steps []koppel.Step, told map[string]koppel.StepState) {
	for _, s := range steps {
		if told[s.Name] != s.State {
			told[s.Name] = s.State
			p.note("%s", stepLine(s))
		}
	}
}
