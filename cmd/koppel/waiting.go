package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) waitingCommand() *cobra.Command {
	var (
		flags                             listFlags
		webshop, coupling, object, target string
	)
	cmd := &cobra.Command{
		Use: "waiting", Short: "List references that wait for what they name", Args: cobra.NoArgs,
		Long:    "An order line may name a product that no coupling has given yet. It waits with the coupling's key and is bound as soon as that product comes.\nThis lists what waits, for what, and since when.",
		Example: "  koppel waiting --coupling 8f2c1a\n  koppel waiting --object sell_orders --for products",
		RunE: action(func(ctx context.Context, _ []string) error {
			var filter client.WaitingFilter
			for _, o := range []struct {
				text string
				to   *koppel.Object
			}{{object, &filter.Object}, {target, &filter.Target}} {
				if o.text == "" {
					continue
				}
				var err error
				if *o.to, err = isOneOf("object", o.text, koppel.Objects()); err != nil {
					return err
				}
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			if filter.Webshop, err = webshopID(ctx, c, webshop); err != nil {
				return err
			}
			if filter.Coupling, err = couplingID(ctx, c, coupling); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Waiting], error) {
				filter.Page = page
				return c.Waiting(ctx, filter)
			}
			return list(ctx, p, flags, fetch, head("COUPLING", "OBJECT", "ID", "FIELD", "WAITS FOR", "KEYS", "SINCE"), func(w client.Waiting) []any {
				return []any{tail(w.Coupling), w.Object, w.ID, w.Field, w.Target, strings.Join(w.Keys, ", "), w.Since}
			})
		}),
	}
	cmd.Flags().StringVar(&webshop, "webshop", "", "only of a webshop")
	cmd.Flags().StringVar(&coupling, "coupling", "", "only of a coupling")
	cmd.Flags().StringVar(&object, "object", "", "only what waits of an object, such as sell_orders")
	cmd.Flags().StringVar(&target, "for", "", "only what waits for an object, such as products")
	_ = cmd.RegisterFlagCompletionFunc("object", fixed(words(koppel.Objects())...))
	_ = cmd.RegisterFlagCompletionFunc("for", fixed(words(koppel.Objects())...))
	flags.add(cmd)
	return cmd
}
