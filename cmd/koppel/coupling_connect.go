package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingConnect() *cobra.Command {
	var (
		lasts time.Duration
		n     client.NewConnectLink
		rest  bool
	)
	cmd := &cobra.Command{
		Use: "connect COUPLING", Short: "Make a link by which the customer connects the remote system", Args: cobra.ExactArgs(1),
		Long: "Make a link to send to the customer. Its page says what will be connected to which webshop, and asks for the\n" +
			"credentials or leads to the remote system's own login. Whoever opens it can connect an account, once.\n" +
			"A coupling that waits for new credentials goes on by itself and catches up.",
		Example: "  koppel coupling connect 8f2c1a\n  koppel coupling connect 8f2c1a --expires 24h --return-to https://shop.example.com/admin",
		RunE: action(func(ctx context.Context, args []string) error {
			if lasts < time.Hour || lasts > 30*24*time.Hour {
				return usagef("--expires %s: give 1h to 720h", lasts)
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			n.Hours = int(lasts.Round(time.Hour) / time.Hour)
			activate := !rest
			n.Activate = &activate
			link, err := c.MakeConnectLink(ctx, id, n)
			if err != nil {
				return err
			}
			if err := p.show(link, func(t *table) { t.row(link.URL) }); err != nil {
				return err
			}
			p.note("It works until %s. Send it to the customer and to nobody else.", link.ExpiresAt.Format(time.RFC3339))
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.DurationVar(&lasts, "expires", 7*24*time.Hour, "how long the link works, in hours")
	flags.StringVar(&n.ReturnTo, "return-to", "", "https address that the last page leads back to")
	flags.BoolVar(&rest, "no-activate", false, "leave a draft a draft once it is connected")
	return cmd
}
