package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) webshopPriority() *cobra.Command {
	var reset bool
	cmd := &cobra.Command{
		Use: "priority WEBSHOP [OBJECT GROUP COUPLING…]", Short: "Show or set which coupling wins which fields", Args: cobra.MinimumNArgs(1),
		Long:    "Without more, shows the order of the couplings for each field group of each object, the strongest first. With an object, a group and couplings, sets it, and merges the objects again that are there.",
		Example: "  koppel webshop priority 8f2c1a\n  koppel webshop priority 8f2c1a products stock 77ab01 19c2de\n  koppel webshop priority 8f2c1a products stock --reset",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			shop, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			var answer client.Priorities
			switch {
			case len(args) == 1:
				answer, err = c.Priorities(ctx, shop)
			case len(args) < 3 || (len(args) == 3) != reset:
				return usagef("give an object, a group and the couplings, the strongest first; or --reset")
			default:
				rank := client.Rank{Object: koppel.Object(args[1]), Group: args[2], Couplings: []string{}}
				for _, given := range args[3:] {
					id, err := couplingID(ctx, c, given)
					if err != nil {
						return err
					}
					rank.Couplings = append(rank.Couplings, id)
				}
				answer, err = c.SetPriority(ctx, shop, rank)
			}
			if err != nil {
				return err
			}
			if answer.Run != "" {
				p.note("Objects are merged again: koppel run watch %s", answer.Run)
			}
			return p.show(answer, func(t *table) {
				t.row("OBJECT", "GROUP", "SET", "STRONGEST FIRST", "FIELDS")
				for _, one := range answer.Data {
					if len(args) > 1 && (string(one.Object) != args[1] || one.Group != args[2]) {
						continue
					}
					var names []string
					for _, r := range one.Couplings {
						names = append(names, r.Name+" ("+tail(r.Coupling)+")")
					}
					t.row(one.Object, one.Group, one.Set, strings.Join(names, ", "), strings.Join(one.Fields, ", "))
				}
			})
		}),
	}
	cmd.Flags().BoolVar(&reset, "reset", false, "the order in which the couplings were activated")
	return cmd
}
