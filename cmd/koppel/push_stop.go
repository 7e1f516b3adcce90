package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

// stopFlags name what is stopped or goes on.
type stopFlags struct {
	client.NewPushStop
}

func (f *stopFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Coupling, "coupling", "", "of a coupling")
	cmd.Flags().StringVar(&f.Webshop, "webshop", "", "of a webshop")
	cmd.Flags().StringVar(&f.Connector, "connector", "", "of all couplings of a connector, as in a vendor's outage")
	cmd.Flags().BoolVar(&f.Installation, "all", false, "of the whole installation")
	cmd.MarkFlagsMutuallyExclusive("coupling", "webshop", "connector", "all")
	cmd.MarkFlagsOneRequired("coupling", "webshop", "connector", "all")
}

func (f *stopFlags) read(ctx context.Context, c *client.Client) (client.NewPushStop, error) {
	n := f.NewPushStop
	var err error
	if n.Webshop, err = webshopID(ctx, c, n.Webshop); err != nil {
		return n, err
	}
	n.Coupling, err = couplingID(ctx, c, n.Coupling)
	return n, err
}

func (p *program) pushStop() *cobra.Command {
	var flags stopFlags
	cmd := &cobra.Command{
		Use: "stop", Short: "Stop all pushes of a coupling, webshop, connector or the installation", Args: cobra.NoArgs,
		Example: "  koppel push stop --connector picqer --reason 'outage at Picqer'\n  koppel push stop --coupling 8f2c1a --reason 'customer counts stock'",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			n, err := flags.read(ctx, c)
			if err != nil {
				return err
			}
			stop, err := c.StopPushes(ctx, n)
			if err != nil {
				return err
			}
			if err := p.show(stop, func(t *table) { stopRows(t, stop) }); err != nil {
				return err
			}
			p.note("What is due waits: koppel push list --held. Let it go on: koppel push resume, with the same flag.")
			return nil
		}),
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&flags.Reason, "reason", "", "why; shown to everybody who looks")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

func (p *program) pushResume() *cobra.Command {
	var flags stopFlags
	cmd := &cobra.Command{
		Use: "resume", Short: "Let stopped pushes go on", Args: cobra.NoArgs,
		Example: "  koppel push resume --connector picqer\n  koppel push resume --coupling 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			n, err := flags.read(ctx, c)
			if err != nil {
				return err
			}
			stops, err := c.PushStops(ctx)
			if err != nil {
				return err
			}
			for _, stop := range stops {
				whole := n.Installation && stop.Coupling+stop.Webshop+stop.Connector == ""
				webshop := n.Webshop != "" && stop.Webshop == n.Webshop && stop.Coupling == ""
				if whole || webshop || n.Coupling != "" && stop.Coupling == n.Coupling || n.Connector != "" && stop.Connector == n.Connector {
					ended, err := c.EndPushStop(ctx, stop.ID)
					if err != nil {
						return err
					}
					return p.show(ended, func(t *table) { stopRows(t, ended) })
				}
			}
			return usagef("it is not stopped; see what is: koppel push stops")
		}),
	}
	flags.add(cmd)
	return cmd
}

func (p *program) pushStops() *cobra.Command {
	return &cobra.Command{
		Use: "stops", Short: "List what stops pushes", Args: cobra.NoArgs,
		Example: "  koppel push stops",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			stops, err := c.PushStops(ctx)
			if err != nil {
				return err
			}
			return p.show(stops, func(t *table) {
				t.row("COUPLING", "WEBSHOP", "CONNECTOR", "REASON", "BY", "SINCE")
				for _, s := range stops {
					t.row(s.Coupling, s.Webshop, s.Connector, s.Reason, s.StoppedBy, s.StoppedAt)
				}
			})
		}),
	}
}

func stopRows(t *table, s client.PushStop) {
	t.pair("id", s.ID)
	t.pair("coupling", s.Coupling)
	t.pair("webshop", s.Webshop)
	t.pair("connector", s.Connector)
	t.pair("reason", s.Reason)
	t.pair("stopped by", s.StoppedBy)
	t.pair("stopped", s.StoppedAt)
	t.pair("ended by", s.EndedBy)
	t.pair("ended", s.EndedAt)
}
