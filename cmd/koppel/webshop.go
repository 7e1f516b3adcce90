package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) webshopCommand() *cobra.Command {
	return noun("webshop", "Make and look at webshops, pause and resync all of one",
		append(p.bulkCommands("webshop"), p.webshopList(), p.webshopShow(), p.webshopCreate(), p.webshopSet(), p.webshopPriority())...)
}

func (p *program) webshopList() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List webshops", Args: cobra.NoArgs,
		Example: "  koppel webshop list\n  koppel webshop list --all --output json",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			return list(ctx, p, flags, c.Webshops, head("ID", "NAME", "KIND", "ORGANISATION", "EXTERNAL REF", "CREATED"), func(w client.Webshop) []any {
				return []any{w.ID, w.Name, w.Kind, w.Organisation, w.ExternalRef, w.CreatedAt}
			})
		}),
	}
	flags.add(cmd)
	return cmd
}

func (p *program) webshopShow() *cobra.Command {
	return &cobra.Command{
		Use: "show WEBSHOP", Short: "Show one webshop", Args: cobra.ExactArgs(1),
		Example: "  koppel webshop show 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			w, err := c.Webshop(ctx, id)
			if err != nil {
				return err
			}
			return p.showWebshop(w)
		}),
	}
}

func (p *program) webshopCreate() *cobra.Command {
	var n client.NewWebshop
	cmd := &cobra.Command{
		Use: "create --name NAME", Short: "Make a webshop", Args: cobra.NoArgs,
		Example: "  koppel webshop create --name 'Fietsen Jansen' --organisation Jansen\n" +
			"  koppel webshop create --name 'Bistro Zuid' --kind location --external-ref loc-17 --time-zone Europe/Brussels",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			w, err := c.CreateWebshop(ctx, n)
			if err != nil {
				return err
			}
			if err := p.showWebshop(w); err != nil {
				return err
			}
			p.note("Next: koppel coupling create --webshop %s --connector CONNECTOR", w.ID)
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&n.Name, "name", "", "name of the webshop")
	flags.StringVar(&n.Organisation, "organisation", "", "name of the organisation that owns it; made when new")
	flags.StringVar(&n.Kind, "kind", "", "webshop (the default) or location")
	flags.StringVar(&n.ExternalRef, "external-ref", "", "the host's own id of it")
	flags.StringVar(&n.TimeZone, "time-zone", "", "IANA name, such as Europe/Amsterdam")
	_ = cmd.MarkFlagRequired("name")
	_ = cmd.RegisterFlagCompletionFunc("kind", fixed("webshop", "location"))
	return cmd
}

func (p *program) webshopSet() *cobra.Command {
	orders := 0
	cmd := &cobra.Command{
		Use: "set WEBSHOP", Short: "Change a webshop", Args: cobra.ExactArgs(1),
		Example: "  koppel webshop set 8f2c1a --buy-order-cap 500",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			w, err := c.SetBuyOrderCap(ctx, id, orders)
			if err != nil {
				return err
			}
			return p.showWebshop(w)
		}),
	}
	cmd.Flags().IntVar(&orders, "buy-order-cap", 0, "the most buy orders that begin to be pushed within an hour")
	_ = cmd.MarkFlagRequired("buy-order-cap")
	return cmd
}

func (p *program) showWebshop(w client.Webshop) error {
	return p.show(w, func(t *table) {
		t.pair("id", w.ID)
		t.pair("name", w.Name)
		t.pair("kind", w.Kind)
		t.pair("organisation", w.Organisation)
		t.pair("external ref", w.ExternalRef)
		t.pair("time zone", w.TimeZone)
		t.pair("buy order cap", w.BuyOrderCap)
		t.pair("created", w.CreatedAt)
	})
}
