package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingCommand() *cobra.Command {
	return noun("coupling", "Make couplings, connect, activate and remove them, see how they are",
		p.couplingList(), p.couplingShow(), p.couplingCreate(), p.couplingCredentials(), p.couplingConnect(), p.couplingCheck(),
		p.couplingActivate(), p.couplingPause(), p.couplingResume(), p.couplingSet(), p.couplingCompare(), p.couplingShadow(), p.couplingCutOver(),
		p.couplingDisable(), p.couplingRemove())
}

func (p *program) couplingList() *cobra.Command {
	var (
		flags  listFlags
		filter client.CouplingFilter
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List couplings", Args: cobra.NoArgs,
		Example: "  koppel coupling list\n  koppel coupling list --webshop 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			var err error
			if filter.Webshop, err = webshopID(ctx, c, filter.Webshop); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Coupling], error) {
				return c.Couplings(ctx, client.CouplingFilter{Page: page, Webshop: filter.Webshop})
			}
			return list(ctx, p, flags, fetch, head("ID", "CONNECTOR", "NAME", "STATE", "HEALTH", "WEBSHOP", "ACTIVATED"), func(c client.Coupling) []any {
				return []any{c.ID, c.Connector + " " + c.ConnectorVersion, c.Name, couplingState(c), c.Health.State, tail(c.Webshop), c.ActivatedAt}
			})
		}),
	}
	cmd.Flags().StringVar(&filter.Webshop, "webshop", "", "only those of a webshop")
	flags.add(cmd)
	return cmd
}

func (p *program) couplingShow() *cobra.Command {
	return p.couplingVerb("show COUPLING", "Show a coupling: state, health, steps, settings, schedules, last runs",
		"  koppel coupling show 8f2c1a", (*client.Client).Coupling)
}

func (p *program) couplingResume() *cobra.Command {
	return p.couplingVerb("resume COUPLING", "Take a person's pause away", "  koppel coupling resume 8f2c1a", (*client.Client).Resume)
}

func (p *program) couplingPause() *cobra.Command {
	var reason string
	cmd := p.couplingVerb("pause COUPLING", "Pause a coupling: nothing is read or written until it is resumed",
		"  koppel coupling pause 8f2c1a --reason 'shop is being rebuilt'",
		func(c *client.Client, ctx context.Context, id string) (client.Coupling, error) {
			return c.Pause(ctx, id, reason)
		})
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever looks at it next")
	return cmd
}

// couplingVerb is a command that does one thing to a coupling and shows it.
func (p *program) couplingVerb(use, short, example string, do func(*client.Client, context.Context, string) (client.Coupling, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			coupling, err := do(c, ctx, id)
			if err != nil {
				return err
			}
			return p.showCoupling(coupling)
		}),
	}
}

// apiAndCoupling is what every command about one coupling begins with.
func (p *program) apiAndCoupling(ctx context.Context, given string) (*client.Client, string, error) {
	c, err := p.api()
	if err != nil {
		return nil, "", err
	}
	id, err := couplingID(ctx, c, given)
	return c, id, err
}

func (p *program) couplingCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check COUPLING", Short: "Try the stored credentials on the remote system", Args: cobra.ExactArgs(1),
		Example: "  koppel coupling check 8f2c1a",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			checked, err := c.Check(ctx, id)
			if err != nil {
				return err
			}
			return p.showChecked(checked, id)
		}),
	}
}

// showChecked prints how the credentials did; those that do not work end the
// command with the code of a refused key.
func (p *program) showChecked(checked client.Checked, coupling string) error {
	err := p.show(checked, func(t *table) {
		if checked.OK {
			t.row("The remote system accepts the credentials.")
			t.pair("version", checked.Version)
		}
	})
	if err != nil || checked.OK {
		return err
	}
	advice := koppel.Advise(koppel.E(koppel.KindAuth, "", "the remote system gave no reason"), coupling, "")
	if checked.Problem != nil {
		advice = *checked.Problem
	}
	return &refused{client.Problem{Kind: advice.Kind, Title: advice.Title, Detail: advice.Detail, Owner: advice.Owner, Next: advice.Next}}
}
