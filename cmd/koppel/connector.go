package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) connectorCommand() *cobra.Command {
	return noun("connector", "Write, test, publish and roll back connectors, pause and resync all their couplings",
		append(p.bulkCommands("connector"), p.connectorList(), p.connectorShow(), p.connectorLint(), p.connectorTest(), p.connectorTry(), p.connectorPublish(), p.connectorRollback())...)
}

func (p *program) connectorList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List published connectors", Args: cobra.NoArgs,
		Example: "  koppel connector list",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			all := func(ctx context.Context, _ client.Page) (client.List[client.Connector], error) {
				return c.Connectors(ctx)
			}
			return list(ctx, p, listFlags{}, all, head("NAME", "TITLE", "VERSION", "READS", "WRITES"), func(k client.Connector) []any {
				return []any{k.Name, k.Title, k.Version.Version, words(k.Objects), words(k.Pushes)}
			})
		}),
	}
}

func (p *program) connectorShow() *cobra.Command {
	return &cobra.Command{
		Use: "show CONNECTOR", Short: "Show a connector: versions, credential fields, settings, objects", Args: cobra.ExactArgs(1),
		Example: "  koppel connector show woocommerce",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			k, err := c.Connector(ctx, args[0])
			if err != nil {
				return err
			}
			return p.show(k, func(t *table) {
				t.pair("name", k.Name)
				t.pair("title", k.Title)
				t.pair("version", k.Version.Version)
				t.pair("reads", words(k.Objects))
				t.pair("writes", words(k.Pushes))
				t.pair("docs", k.Docs)
				fieldRows(t, "CREDENTIAL", k.Credentials)
				fieldRows(t, "SETTING", k.Settings)
				t.gap()
				t.row("VERSION", "CURRENT", "PUBLISHED BY", "PUBLISHED", "DIGEST")
				for _, v := range k.Versions {
					t.row(v.Version, yesNo(v.Current), v.PublishedBy, v.PublishedAt, v.Digest)
				}
			})
		}),
	}
}

func fieldRows(t *table, what string, fields []koppel.Setting) {
	if len(fields) == 0 {
		return
	}
	t.gap()
	t.row(what, "TYPE", "DEFAULT", "MEANING")
	for _, f := range fields {
		standard := ""
		if f.Default != nil {
			standard = value(f.Default)
		}
		t.row(f.Name, f.Type, standard, first(f.Title, f.Doc))
	}
}

func (p *program) connectorPublish() *cobra.Command {
	return &cobra.Command{
		Use: "publish DIR", Short: "Bring a connector to the running platform; workers pick it up without a restart", Args: cobra.ExactArgs(1),
		Long:    "Publish the connector in a folder (connector.yaml and mapping.yaml) as a new version, which becomes the current one.\nA version never changes: raise it in connector.yaml when the content differs.",
		Example: "  koppel connector publish ./connectors/woocommerce",
		RunE: action(func(ctx context.Context, args []string) error {
			source, err := readConnector(args[0])
			if err != nil {
				return err
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			v, err := c.Publish(ctx, client.ConnectorSource{Manifest: source.Manifest, Mapping: source.Mapping})
			if err != nil {
				return err
			}
			return p.showVersion(v)
		}),
	}
}

func (p *program) connectorRollback() *cobra.Command {
	var version string
	cmd := &cobra.Command{
		Use: "rollback CONNECTOR", Short: "Make an earlier version the current one", Args: cobra.ExactArgs(1),
		Long:    "Make an earlier version the current one: the one before, or --version. Running runs keep what they started with.",
		Example: "  koppel connector rollback woocommerce\n  koppel connector rollback woocommerce --version 1.4.0",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			v, err := c.Rollback(ctx, args[0], version)
			if err != nil {
				return err
			}
			return p.showVersion(v)
		}),
	}
	cmd.Flags().StringVar(&version, "version", "", "which one; the one before the current when left out")
	return cmd
}

func (p *program) showVersion(v client.ConnectorVersion) error {
	return p.show(v, func(t *table) {
		t.pair("connector", v.Connector)
		t.pair("version", v.Version)
		t.pair("current", yesNo(v.Current))
		t.pair("digest", v.Digest)
		t.pair("published by", v.PublishedBy)
		t.pair("published", v.PublishedAt)
		if len(v.Held) > 0 {
			t.gap()
			t.row("STAYS ON ITS VERSION", "NAME", "WHY", "NEXT")
			for _, h := range v.Held {
				t.row(h.Coupling, h.Name, h.Reason, h.Next)
			}
		}
	})
}
