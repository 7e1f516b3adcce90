package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) parkedCommand() *cobra.Command {
	return noun("parked", "See the records that could not be processed, correct them, try them again or take them off the list", p.parkedList(), p.parkedCauses(), p.parkedEdit(), p.parkedRetry(), p.parkedResolve(), p.parkedUnresolve())
}

// parkedFlags narrow parked records as they are typed.
type parkedFlags struct{ webshop, coupling, object, kind, field, search string }

func (f *parkedFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.coupling, "coupling", "", "only those of a coupling")
	cmd.Flags().StringVar(&f.object, "object", "", "only those of an object, such as products")
	cmd.Flags().StringVar(&f.kind, "kind", "", "only those of a kind of error, such as mapping")
	cmd.Flags().StringVar(&f.field, "field", "", "only those whose field failed")
	_ = cmd.RegisterFlagCompletionFunc("object", fixed(words(koppel.Objects())...))
	_ = cmd.RegisterFlagCompletionFunc("kind", fixed(words(koppel.Kinds())...))
}

func (f parkedFlags) read(ctx context.Context, c *client.Client) (filter client.ParkedFilter, err error) {
	if f.object != "" {
		if filter.Object, err = isOneOf("object", f.object, koppel.Objects()); err != nil {
			return filter, err
		}
	}
	if f.kind != "" {
		if filter.Kind, err = isOneOf("kind of error", f.kind, koppel.Kinds()); err != nil {
			return filter, err
		}
	}
	if filter.Webshop, err = webshopID(ctx, c, f.webshop); err != nil {
		return filter, err
	}
	filter.Search, filter.Field = f.search, f.field
	filter.Coupling, err = couplingID(ctx, c, f.coupling)
	return filter, err
}

func (p *program) parkedList() *cobra.Command {
	var (
		flags    listFlags
		narrow   parkedFlags
		resolved bool
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List parked records with field, expression and reason", Args: cobra.NoArgs,
		Example: "  koppel parked list --coupling 8f2c1a\n  koppel parked list --kind mapping --object products",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			filter, err := narrow.read(ctx, c)
			if err != nil {
				return err
			}
			filter.Resolved = resolved
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Parked], error) {
				filter.Page = page
				return c.Parked(ctx, filter)
			}
			return list(ctx, p, flags, fetch, head("ID", "COUPLING", "OBJECT", "REMOTE ID", "KIND", "FIELD", "INPUT", "REASON", "LAST", "TIMES"), func(r client.Parked) []any {
				return []any{r.ID, tail(r.Coupling), first(string(r.Object), r.Stream), r.RemoteID, r.Kind, r.Field, r.Input, r.Reason, r.LastAt, r.Times}
			})
		}),
	}
	cmd.Flags().StringVar(&narrow.webshop, "webshop", "", "only those of a webshop")
	cmd.Flags().BoolVar(&resolved, "resolved", false, "those that were mapped after all or taken off the list, instead of the open ones")
	cmd.Flags().StringVar(&narrow.search, "search", "", "a remote id, or a part of reason, field or input")
	narrow.add(cmd)
	flags.add(cmd)
	return cmd
}

func (p *program) parkedCauses() *cobra.Command {
	var coupling string
	cmd := &cobra.Command{
		Use: "causes", Short: "Count parked records by cause, the most frequent first", Args: cobra.NoArgs,
		Example: "  koppel parked causes\n  koppel parked causes --coupling 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			id, err := couplingID(ctx, c, coupling)
			if err != nil {
				return err
			}
			causes, err := c.ParkedCauses(ctx, id)
			if err != nil {
				return err
			}
			return p.show(causes, func(t *table) {
				t.row("RECORDS", "COUPLING", "OBJECT", "KIND", "FIELD", "EXPRESSION", "REASON", "SINCE", "LAST")
				for _, r := range causes.Data {
					t.row(r.Records, tail(r.Coupling), string(r.Object), r.Kind, r.Field, r.Expression, r.Reason, r.FirstAt, r.LastAt)
				}
			})
		}),
	}
	cmd.Flags().StringVar(&coupling, "coupling", "", "only those of a coupling")
	return cmd
}

func (p *program) parkedRetry() *cobra.Command {
	var (
		narrow parkedFlags
		dry    bool
	)
	cmd := &cobra.Command{
		Use: "retry [PARKED…]", Short: "Try parked records again: some by id, or those of a coupling",
		Example: "  koppel parked retry --coupling 8f2c1a --dry-run\n  koppel parked retry --coupling 8f2c1a --kind mapping --field price\n  koppel parked retry 19d4e0 7aa210",
		RunE: action(func(ctx context.Context, args []string) error {
			c, pick, err := p.pickParked(ctx, args, narrow, dry)
			if err != nil {
				return err
			}
			var retried client.Retried
			if pick.Coupling != "" {
				retried, err = c.Retry(ctx, pick)
			} else {
				retried, err = retryEach(ctx, c, args)
			}
			if err != nil {
				return err
			}
			p.noteDry(dry)
			return p.show(retried, func(t *table) {
				t.pair("records", retried.Records)
				for _, run := range retried.Runs {
					t.pair("run", run.Run)
				}
			})
		}),
	}
	narrow.add(cmd)
	addDry(cmd, &dry)
	return cmd
}

func retryEach(ctx context.Context, c *client.Client, given []string) (client.Retried, error) {
	all := client.Retried{Runs: []client.Started{}}
	for _, text := range given {
		id, err := parkedID(ctx, c, text, false)
		if err != nil {
			return all, err
		}
		one, err := c.RetryOne(ctx, id)
		if err != nil {
			return all, err
		}
		all.Records += one.Records
		all.Runs = append(all.Runs, one.Runs...)
	}
	return all, nil
}
