package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) pushCommand() *cobra.Command {
	return noun("push", "See what is written to remote systems, settle what is parked, stop and resume",
		p.pushList(), p.pushShow(), p.pushRetry(), p.pushResolve(), p.pushStop(), p.pushResume(), p.pushStops())
}

func writeID(ctx context.Context, c *client.Client, given string) (string, error) {
	list := func(ctx context.Context, page client.Page) (client.List[client.Write], error) {
		return c.Writes(ctx, client.WriteFilter{Page: page})
	}
	return id("push", given, ids(ctx, list, func(w client.Write) string { return w.ID }))
}

var writeStates = []string{"pending", "sending", "sent", "unknown", "parked", "dropped"}

func (p *program) pushList() *cobra.Command {
	var (
		flags  listFlags
		filter client.WriteFilter
	)
	cmd := &cobra.Command{
		Use: "list", Short: "List writes to remote systems, newest first", Args: cobra.NoArgs,
		Example: "  koppel push list --state parked\n  koppel push list --held --webshop 8f2c1a",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			filter := filter
			if filter.State != "" {
				var err error
				if filter.State, err = isOneOf("state", filter.State, writeStates); err != nil {
					return err
				}
			}
			var err error
			if filter.Webshop, err = webshopID(ctx, c, filter.Webshop); err != nil {
				return err
			}
			if filter.Coupling, err = couplingID(ctx, c, filter.Coupling); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Write], error) {
				filter.Page = page
				return c.Writes(ctx, filter)
			}
			return list(ctx, p, flags, fetch, head("ID", "COUPLING", "OBJECT", "OPERATION", "REFERENCE", "STATE", "HELD", "REMOTE ID", "TRIES", "REASON", "UPDATED"), func(w client.Write) []any {
				return []any{w.ID, tail(w.Coupling), w.Object, w.Operation, w.Reference, w.State, w.Held, w.RemoteID, w.Attempts, whyOf(w), w.UpdatedAt}
			})
		}),
	}
	fs := cmd.Flags()
	fs.StringVar(&filter.Webshop, "webshop", "", "only those of a webshop")
	fs.StringVar(&filter.Coupling, "coupling", "", "only those of a coupling")
	fs.StringVar(&filter.State, "state", "", "only those in a state, such as parked")
	fs.BoolVar(&filter.Held, "held", false, "only those that the webshop's cap or a stop holds")
	_ = cmd.RegisterFlagCompletionFunc("state", fixed(writeStates...))
	flags.add(cmd)
	return cmd
}

func whyOf(w client.Write) string {
	if w.Error == nil {
		return ""
	}
	return w.Error.Detail
}

// onWrite makes a command that does one thing with one write.
func (p *program) onWrite(use, short, example string, do func(context.Context, *client.Client, string) (client.Write, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := writeID(ctx, c, args[0])
			if err != nil {
				return err
			}
			w, err := do(ctx, c, id)
			if err != nil {
				return err
			}
			return p.show(w, func(t *table) { writeRows(t, w) })
		}),
	}
}

func writeRows(t *table, w client.Write) {
	t.pair("id", w.ID)
	t.pair("coupling", w.Coupling)
	t.pair("object", w.Object)
	t.pair("operation", w.Operation)
	t.pair("reference", w.Reference)
	t.pair("state", w.State)
	t.pair("held", w.Held)
	t.pair("held since", w.HeldAt)
	t.pair("remote id", w.RemoteID)
	t.pair("tries", w.Attempts)
	t.pair("run", w.Run)
	if w.Error != nil {
		t.pair("kind", w.Error.Kind)
		t.pair("reason", w.Error.Detail)
		t.pair("next", w.Error.Next)
	}
	t.pair("updated", w.UpdatedAt)
}

func (p *program) pushShow() *cobra.Command {
	return p.onWrite("show PUSH", "Show one write with where it stands", "  koppel push show 19d4e0",
		func(ctx context.Context, c *client.Client, id string) (client.Write, error) { return c.Write(ctx, id) })
}

func (p *program) pushRetry() *cobra.Command {
	return p.onWrite("retry PUSH", "Try a parked write again; the remote is searched for it first", "  koppel push retry 19d4e0",
		func(ctx context.Context, c *client.Client, id string) (client.Write, error) {
			return c.RetryWrite(ctx, id)
		})
}

func (p *program) pushResolve() *cobra.Command {
	var (
		remote   string
		notThere bool
	)
	cmd := p.onWrite("resolve PUSH", "Say what became of a parked write", "  koppel push resolve 19d4e0 --remote-id 4711\n  koppel push resolve 19d4e0 --not-there",
		func(ctx context.Context, c *client.Client, id string) (client.Write, error) {
			if (remote == "") == !notThere {
				return client.Write{}, usagef("say either --remote-id ID (it is there) or --not-there (send it again)")
			}
			return c.ResolveWrite(ctx, id, remote)
		})
	cmd.Flags().StringVar(&remote, "remote-id", "", "it is there, under this id of the remote system")
	cmd.Flags().BoolVar(&notThere, "not-there", false, "it is not there: send it again")
	return cmd
}
