package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) reviewCommand() *cobra.Command {
	return noun("review", "Say what the records are that could not be linked by themselves", p.reviewList(),
		p.decide("link REVIEW OBJECT_ID", "It is this object", koppel.DecideLink), p.decide("create REVIEW", "It is an object of its own", koppel.DecideCreate),
		p.decide("ignore REVIEW", "It is no object", koppel.DecideIgnore), p.reviewUndo())
}

func (p *program) reviewList() *cobra.Command {
	var (
		flags             listFlags
		webshop, coupling string
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List them with the objects that they could be", Args: cobra.NoArgs, Example: "  koppel review list --coupling 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			shop, err := webshopID(ctx, c, webshop)
			if err != nil {
				return err
			}
			of, err := couplingID(ctx, c, coupling)
			if err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Review], error) {
				return c.Reviews(ctx, shop, of, page)
			}
			return list(ctx, p, flags, fetch, head("ID", "COUPLING", "OBJECT", "REMOTE ID", "FIELD", "VALUE", "REASON", "COULD BE"), func(r client.Review) []any {
				var could []string
				for _, x := range r.Candidates {
					could = append(could, tail(x.Object)+" "+x.Name)
				}
				return []any{r.ID, tail(r.Coupling), r.Object, r.RemoteID, r.Field, r.Input, r.Reason, strings.Join(could, "; ")}
			})
		}),
	}
	cmd.Flags().StringVar(&webshop, "webshop", "", "only those of a webshop")
	cmd.Flags().StringVar(&coupling, "coupling", "", "only those of a coupling")
	flags.add(cmd)
	return cmd
}

func (p *program) decide(use, short string, decision koppel.Decision) *cobra.Command {
	example, most := "  koppel review "+string(decision)+" 19d4e0", 1
	if decision == koppel.DecideLink {
		example, most = example+" 3b1f9e", 2
	}
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(most), Example: example,
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := findReview(ctx, c, args[0])
			if err != nil {
				return err
			}
			object := ""
			if decision == koppel.DecideLink {
				if object, err = objectID(ctx, c, r.Object, args[1]); err != nil {
					return err
				}
			}
			decided, err := c.Decide(ctx, r.ID, decision, object)
			if err != nil {
				return err
			}
			p.note("To take it back: koppel review undo %s", r.ID)
			return p.show(decided, func(t *table) { t.pair("run", decided.Run) })
		}),
	}
}

func findReview(ctx context.Context, c *client.Client, given string) (client.Review, error) {
	var found client.Review
	list := func(ctx context.Context, page client.Page) (client.List[client.Review], error) {
		return c.Reviews(ctx, "", "", page)
	}
	wanted, err := id("review", given, ids(ctx, list, func(r client.Review) string { return r.ID }))
	if err != nil {
		return found, err
	}
	for r, err := range client.All(ctx, client.Page{Limit: idAtOnce}, list) {
		if err != nil || r.ID == wanted {
			return r, err
		}
	}
	return found, koppel.E(koppel.KindNotFound, "find review", "record "+wanted+" waits for no decision")
}

func (p *program) reviewUndo() *cobra.Command {
	return &cobra.Command{
		Use: "undo REVIEW", Short: "Take a decision back", Args: cobra.ExactArgs(1), Example: "  koppel review undo 0198c1a2-7d3e-7c11-b1a5-3f2a9e19d4e0",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			decided, err := c.Undecide(ctx, args[0])
			if err != nil {
				return err
			}
			return p.show(decided, func(t *table) { t.row("it waits for a decision again") })
		}),
	}
}
