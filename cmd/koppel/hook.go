package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) hookCommand() *cobra.Command {
	return noun("hook", "See to webhooks, by which remotes tell of changes", p.hookList(), p.hookShow(), p.hookRotate())
}

func (p *program) hookList() *cobra.Command {
	return &cobra.Command{
		Use: "list COUPLING", Short: "List the webhooks of a coupling, with what came by them and what only scans found", Args: cobra.ExactArgs(1),
		Example: "  koppel hook list 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			coupling, err := couplingID(ctx, c, args[0])
			if err != nil {
				return err
			}
			list, err := c.Hooks(ctx, coupling)
			if err != nil {
				return err
			}
			err = p.show(client.List[client.Hook]{Data: list}, func(t *table) {
				t.row("ID", "TOPIC", "STATE", "RECEIVED", "REPEATED", "LAST", "REFUSED", "ONLY A SCAN FOUND", "DETAIL")
				for _, h := range list {
					t.row(h.ID, h.Topic, h.State, h.Received, h.Repeated, h.ReceivedAt, h.Refused, h.Swept, h.Detail)
				}
			})
			if err == nil && len(list) == 0 {
				p.note("There are none: the connector has no webhooks, or the coupling is not active, or the worker has no KOPPEL_PUBLIC_URL.")
			}
			return err
		}),
	}
}

func (p *program) hookShow() *cobra.Command {
	return &cobra.Command{
		Use: "show WEBHOOK", Short: "Show a webhook; its address and secret are never shown", Args: cobra.ExactArgs(1),
		Example: "  koppel hook show 0199c0de-0000-7000-8000-000000000001",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			h, err := c.Hook(ctx, args[0])
			if err != nil {
				return err
			}
			return p.show(h, func(t *table) { hookRows(t, h) })
		}),
	}
}

func (p *program) hookRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate WEBHOOK", Short: "Give a webhook a new address and secret, at the remote too", Args: cobra.ExactArgs(1),
		Long: "Give a webhook a new address and secret: the subscription is ended at the remote and made anew. Calls that are\n" +
			"under way to the old address are taken for ten minutes; what is changed between both is found by the next scan.",
		Example: "  koppel hook rotate 0199c0de-0000-7000-8000-000000000001",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			h, err := c.RotateHook(ctx, args[0])
			if err != nil {
				return err
			}
			if err := p.show(h, func(t *table) { hookRows(t, h) }); err != nil {
				return err
			}
			p.note("It is made at the remote now: koppel hook show %s", h.ID)
			return nil
		}),
	}
}

func hookRows(t *table, h client.Hook) {
	t.pair("id", h.ID)
	t.pair("coupling", h.Coupling)
	t.pair("connector", h.Connector)
	t.pair("topic", h.Topic)
	t.pair("state", h.State)
	t.pair("detail", h.Detail)
	t.pair("remote id", h.RemoteID)
	t.pair("made", h.SubscribedAt)
	t.pair("checked", h.CheckedAt)
	t.pair("received", h.Received)
	t.pair("repeated", h.Repeated)
	t.pair("last received", h.ReceivedAt)
	t.pair("refused", h.Refused)
	t.pair("last refused", h.RefusedAt)
	t.pair("because", h.RefusedFor)
	t.pair("only a scan found", h.Swept)
	t.pair("last found so", h.SweptAt)
}
