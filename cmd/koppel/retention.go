package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) retentionCommand() *cobra.Command {
	return noun("retention", "See and say how long data is kept", p.retentionShow(), p.retentionSet())
}

func (p *program) retentionShow() *cobra.Command {
	var organisation string
	cmd := &cobra.Command{
		Use: "show", Short: "Show how long data is kept, and what was deleted", Args: cobra.NoArgs,
		Long: "Show how long each kind of data is kept, of one organisation or of all that say\nnothing of their own, and what was deleted in the whole installation so far.\n" +
			"Temporal keeps its histories by itself: temporal operator namespace describe.",
		Example: "  koppel retention show\n  koppel retention show --organisation 0197a0c2-6d5e-7cc1-9d0f-0b8f2c1a77aa",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			rows, err := c.Retention(ctx, organisation)
			if err != nil {
				return err
			}
			return p.showRetention(rows)
		}),
	}
	cmd.Flags().StringVar(&organisation, "organisation", "", "id of an organisation: koppel webshop list shows it")
	return cmd
}

func (p *program) retentionSet() *cobra.Command {
	var organisation string
	cmd := &cobra.Command{
		Use: "set KIND DAYS", Short: "Say for how many days a kind of data is kept", Args: cobra.ExactArgs(2),
		Long:    "Say for how many days a kind of data is kept, of one organisation or of all that\nsay nothing of their own. What is older then is deleted within about an hour and\ncannot be brought back. 0 days takes back what was set.",
		Example: "  koppel retention set exchanges 7\n  koppel retention set audit 3650 --organisation 0197a0c2-6d5e-7cc1-9d0f-0b8f2c1a77aa",
		RunE: action(func(ctx context.Context, args []string) error {
			days, err := strconv.Atoi(args[1])
			if err != nil || days < 0 {
				return koppel.E(koppel.KindInvalidRequest, "set retention", args[1]+" is no number of days")
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			rows, err := c.SetRetention(ctx, organisation, koppel.RetentionKind(args[0]), days)
			if err != nil {
				return err
			}
			return p.showRetention(rows)
		}),
	}
	cmd.Flags().StringVar(&organisation, "organisation", "", "id of an organisation: koppel webshop list shows it")
	return cmd
}

func (p *program) showRetention(rows []client.Retention) error {
	return p.show(rows, func(t *table) {
		t.row("KIND", "DAYS", "DEFAULT", "OWN", "DAYS DROPPED", "ROWS DELETED", "LOOKED AT", "KEEPS")
		for _, r := range rows {
			t.row(r.Kind, r.Days, r.Default, r.Own, r.Dropped, r.Rows, r.SweptAt, r.Keeps)
		}
	})
}
