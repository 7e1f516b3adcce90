package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingCreate() *cobra.Command {
	var (
		n               client.NewCoupling
		settings, given []string
		file            string
	)
	cmd := &cobra.Command{
		Use: "create --webshop WEBSHOP --connector CONNECTOR", Short: "Make a coupling of a webshop with a remote system", Args: cobra.NoArgs,
		Long: "Make a coupling of a webshop with a remote system. Credentials may be given now, or later with\nkoppel coupling credentials, which asks for each field.",
		Example: "  koppel coupling create --webshop 8f2c1a --connector woocommerce --name 'Main shop'\n" +
			"  koppel coupling create --webshop 8f2c1a --connector woocommerce --set all_orders=true --credentials-file keys.yaml",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			var err error
			if n.Webshop, err = webshopID(ctx, c, n.Webshop); err != nil {
				return err
			}
			connector, err := c.Connector(ctx, n.Connector)
			if err != nil {
				return err
			}
			if n.Settings, err = settingValues(connector.Settings, settings); err != nil {
				return err
			}
			if n.Credentials, err = p.credentialValues(connector.Credentials, given, file); err != nil {
				return err
			}
			coupling, err := c.CreateCoupling(ctx, n)
			if err != nil {
				return err
			}
			if err := p.showCoupling(coupling); err != nil {
				return err
			}
			if len(n.Credentials) == 0 {
				p.note("Next: koppel coupling credentials %s", coupling.ID)
			} else {
				p.note("Next: koppel coupling activate %s --wait", coupling.ID)
			}
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&n.Webshop, "webshop", "", "the webshop")
	flags.StringVar(&n.Connector, "connector", "", "the connector: koppel connector list")
	flags.StringVar(&n.Name, "name", "", "name of the coupling, for webshops with several of one connector")
	flags.StringArrayVar(&settings, "set", nil, "a setting, name=value; may be repeated")
	flags.StringArrayVar(&given, "credential", nil, "a credential field, name=value; may be repeated; a file keeps secrets out of the process list")
	flags.StringVar(&file, "credentials-file", "", "YAML or JSON file of credential fields; - reads standard input")
	_ = cmd.MarkFlagRequired("webshop")
	_ = cmd.MarkFlagRequired("connector")
	return cmd
}

func (p *program) couplingSet() *cobra.Command {
	var unset []string
	cmd := &cobra.Command{
		Use: "set COUPLING NAME=VALUE…", Short: "Change settings of a coupling", Args: cobra.MinimumNArgs(1),
		Long:    "Change settings of a coupling. The connector's schema checks them, and every bad one is named.\nkoppel coupling show lists what is set, koppel connector show what there is.",
		Example: "  koppel coupling set 8f2c1a per_page=50\n  koppel coupling set 8f2c1a sync.suppliers=false buy_orders=1-way\n  koppel coupling set 8f2c1a --unset per_page",
		RunE: action(func(ctx context.Context, args []string) error {
			if len(args) == 1 && len(unset) == 0 {
				return usagef("say what to set: koppel coupling set COUPLING NAME=VALUE, or --unset NAME")
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			before, err := c.Coupling(ctx, id)
			if err != nil {
				return err
			}
			connector, err := c.Connector(ctx, before.Connector)
			if err != nil {
				return err
			}
			values, err := settingValues(connector.Settings, args[1:])
			if err != nil {
				return err
			}
			for _, name := range unset {
				values[name] = nil
			}
			coupling, err := c.SetSettings(ctx, id, values)
			if err != nil {
				return err
			}
			return p.showCoupling(coupling)
		}),
	}
	cmd.Flags().StringArrayVar(&unset, "unset", nil, "a setting to take away; may be repeated")
	return cmd
}

func (p *program) couplingCredentials() *cobra.Command {
	var (
		file  string
		force bool
	)
	cmd := &cobra.Command{
		Use: "credentials COUPLING [NAME=VALUE…]", Short: "Enter credentials, which are tried at once and never shown again", Args: cobra.MinimumNArgs(1),
		Long: "Enter the credentials of a coupling. On a terminal each field is asked for, secrets without echo.\nElse give a file, or - for standard input, with a YAML or JSON object of the fields.\nOnes that the remote system refuses do not replace ones that it accepted, unless --force says so.",
		Example: "  koppel coupling credentials 8f2c1a\n  koppel coupling credentials 8f2c1a --file keys.yaml\n" +
			"  koppel coupling credentials 8f2c1a --file - < keys.json",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			coupling, err := c.Coupling(ctx, id)
			if err != nil {
				return err
			}
			connector, err := c.Connector(ctx, coupling.Connector)
			if err != nil {
				return err
			}
			values, err := p.credentialValues(connector.Credentials, args[1:], file)
			if err != nil {
				return err
			}
			if len(values) == 0 {
				if values, err = p.askCredentials(ctx, connector.Credentials); err != nil {
					return err
				}
			}
			set := c.SetCredentials
			if force {
				set = c.ForceCredentials
			}
			checked, err := set(ctx, id, values)
			if err != nil {
				return err
			}
			if checked.Kept {
				p.note("Nothing was changed: the credentials that were accepted before stay. To save these all the same: --force")
			}
			if err := p.showChecked(checked, id); err != nil {
				return err
			}
			// Credentials that work may have taken the coupling out of needs_reauth.
			if coupling, err = c.Coupling(ctx, id); err != nil {
				return err
			}
			p.note("Next: %s", nextForCoupling(coupling))
			return nil
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "YAML or JSON file of the fields; - reads standard input")
	cmd.Flags().BoolVar(&force, "force", false, "save them although the remote system refuses them, in place of ones that it accepted")
	return cmd
}
