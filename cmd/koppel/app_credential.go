package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) appCredentialCommand() *cobra.Command {
	return noun("app-credential", "Keep the id and secret of our own app at a remote system",
		p.appCredentialSet(), p.appCredentialList(), p.appCredentialRemove())
}

func (p *program) appCredentialSet() *cobra.Command {
	var file, environment string
	cmd := &cobra.Command{
		Use: "set CONNECTOR [NAME=VALUE…]", Short: "Enter the id and secret of our app, which are never shown again", Args: cobra.MinimumNArgs(1),
		Long: "Enter the id and secret of our own app at a remote system, as its partner program gave them. On a terminal each\n" +
			"field is asked for, secrets without echo. Else give a file, or - for standard input, with a YAML or JSON object.",
		Example: "  koppel app-credential set exact\n  koppel app-credential set exact --environment sandbox --file app.yaml",
		RunE: action(func(ctx context.Context, args []string) error {
			c, connector, environment, err := p.appOf(ctx, args[0], environment)
			if err != nil {
				return err
			}
			values, err := p.credentialValues(connector.App, args[1:], file)
			if err != nil {
				return err
			}
			if len(values) == 0 && len(connector.App) > 0 {
				if values, err = p.askCredentials(ctx, connector.App); err != nil {
					return err
				}
			}
			set, err := c.SetAppCredential(ctx, connector.Name, environment, values)
			if err != nil {
				return err
			}
			return p.showApp(set)
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "YAML or JSON file of the fields; - reads standard input")
	cmd.Flags().StringVar(&environment, "environment", "", "environment of the remote system; its usual one when left out")
	return cmd
}

// appOf finds the connector, and its usual environment when none is given.
func (p *program) appOf(ctx context.Context, name, environment string) (*client.Client, client.Connector, string, error) {
	c, err := p.api()
	if err != nil {
		return nil, client.Connector{}, "", err
	}
	connector, err := c.Connector(ctx, name)
	if err == nil && environment == "" && len(connector.Environments) > 0 {
		environment = connector.Environments[0]
	}
	return c, connector, environment, err
}

func (p *program) showApp(a client.AppCredential) error {
	return p.show(a, func(t *table) {
		t.pair("connector", a.Connector)
		t.pair("environment", a.Environment)
		t.pair("fields", a.Fields)
		t.pair("changed", a.UpdatedAt)
	})
}

func (p *program) appCredentialList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List for which remote systems there is an app of ours", Args: cobra.NoArgs,
		Example: "  koppel app-credential list",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			apps, err := c.AppCredentials(ctx)
			if err != nil {
				return err
			}
			return p.show(apps, func(t *table) {
				t.row("CONNECTOR", "ENVIRONMENT", "FIELDS", "CHANGED")
				for _, a := range apps.Data {
					t.row(a.Connector, a.Environment, a.Fields, a.UpdatedAt)
				}
			})
		}),
	}
}

func (p *program) appCredentialRemove() *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "remove CONNECTOR", Short: "Shred the id and secret of our app", Args: cobra.ExactArgs(1),
		Long:    "Shred the id and secret of our app. Logins of customers stop being renewed until there is one again.",
		Example: "  koppel app-credential remove exact --environment sandbox",
		RunE: action(func(ctx context.Context, args []string) error {
			c, connector, environment, err := p.appOf(ctx, args[0], environment)
			if err != nil {
				return err
			}
			removed, err := c.RemoveAppCredential(ctx, connector.Name, environment)
			if err != nil {
				return err
			}
			return p.showApp(removed)
		}),
	}
	cmd.Flags().StringVar(&environment, "environment", "", "environment of the remote system; its usual one when left out")
	return cmd
}
