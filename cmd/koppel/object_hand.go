package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) objectSet() *cobra.Command {
	var remove []string
	cmd := &cobra.Command{
		Use: "set OBJECT ID [FIELD=VALUE…]", Short: "Say what an object's fields are, beside what the couplings say", Args: cobra.MinimumNArgs(2),
		Long:    "Your value wins where no coupling gives the field, and where the couplings that do have it in ignore_fields. FIELD= says that it has none; lists are JSON.",
		Example: "  koppel object set products 3b1f9e minimum_stock=12\n  koppel object set products 3b1f9e status=disabled\n  koppel object set products 3b1f9e --remove minimum_stock",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectOf(ctx, args)
			if err != nil {
				return err
			}
			edit := client.ObjectEdit{Values: map[string]any{}, Remove: remove}
			for _, pair := range args[2:] {
				name, value, ok := strings.Cut(pair, "=")
				if !ok {
					return usagef("%q is no FIELD=VALUE", pair)
				}
				edit.Values[name] = editValue(object, name, value)
			}
			edited, err := c.EditObject(ctx, object, id, edit)
			if err != nil {
				return err
			}
			for _, h := range edited.Hidden {
				p.note("Your %s is kept behind the value of coupling %s; to make it win: %s", h.Field, tail(h.Coupling), h.Next)
			}
			return p.show(edited, func(t *table) { objectRows(t, edited.Object) })
		}),
	}
	cmd.Flags().StringSliceVar(&remove, "remove", nil, "take your value of a field back")
	return cmd
}

// editValue is a value as JSON: as the field's type wants it.
func editValue(object koppel.Object, field, value string) any {
	_, f, _ := object.Field(field)
	switch {
	case value == "":
		return nil
	case f.Type == koppel.Int, f.Type == koppel.Bool, f.Type == koppel.Texts:
		if json.Valid([]byte(value)) {
			return json.RawMessage(value)
		}
	}
	return value
}

func (p *program) objectMerge() *cobra.Command {
	return &cobra.Command{
		Use: "merge OBJECT ID INTO", Short: "Make an object go into another one; its id leads there", Args: cobra.ExactArgs(3),
		Example: "  koppel object merge products 3b1f9e 8c20aa",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectOf(ctx, args)
			if err != nil {
				return err
			}
			into, err := objectID(ctx, c, object, args[2])
			if err != nil {
				return err
			}
			o, err := c.MergeObject(ctx, object, id, into)
			return p.done(o, err)
		}),
	}
}

func (p *program) objectLink() *cobra.Command {
	return &cobra.Command{
		Use: "link OBJECT ID COUPLING REMOTE_ID", Short: "Bind a coupling's record to an object", Args: cobra.ExactArgs(4),
		Example: "  koppel object link products 3b1f9e 8f2c1a 4711",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectOf(ctx, args)
			if err != nil {
				return err
			}
			coupling, err := couplingID(ctx, c, args[2])
			if err != nil {
				return err
			}
			o, err := c.LinkSource(ctx, object, id, client.Bound{Coupling: coupling, RemoteID: args[3]})
			return p.done(o, err)
		}),
	}
}

func (p *program) objectSplit() *cobra.Command {
	return &cobra.Command{
		Use: "split OBJECT ID COUPLING=REMOTE_ID…", Short: "Make a new object of some of an object's sources", Args: cobra.MinimumNArgs(3),
		Example: "  koppel object split products 3b1f9e 8f2c1a=4711",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectOf(ctx, args)
			if err != nil {
				return err
			}
			var sources []client.Bound
			for _, pair := range args[2:] {
				coupling, key, ok := strings.Cut(pair, "=")
				if !ok {
					return usagef("%q is no COUPLING=REMOTE_ID", pair)
				}
				if coupling, err = couplingID(ctx, c, coupling); err != nil {
					return err
				}
				sources = append(sources, client.Bound{Coupling: coupling, RemoteID: key})
			}
			o, err := c.SplitObject(ctx, object, id, sources)
			return p.done(o, err)
		}),
	}
}

func (p *program) objectUndo() *cobra.Command {
	return &cobra.Command{
		Use: "undo OPERATION", Short: "Undo a link, merge or split", Args: cobra.ExactArgs(1),
		Example: "  koppel object undo 19d4e0",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			list := func(ctx context.Context, page client.Page) (client.List[client.Operation], error) {
				return c.Operations(ctx, "", page)
			}
			found, err := id("operation", args[0], ids(ctx, list, func(o client.Operation) string { return o.ID }))
			if err != nil {
				return err
			}
			o, err := c.UndoOperation(ctx, found)
			return p.done(o, err)
		}),
	}
}

func (p *program) objectOperations() *cobra.Command {
	var flags listFlags
	cmd := &cobra.Command{
		Use: "operations", Short: "List what people linked, merged and split", Args: cobra.NoArgs, Example: "  koppel object operations",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Operation], error) {
				return c.Operations(ctx, "", page)
			}
			return list(ctx, p, flags, fetch, head("ID", "KIND", "OBJECT", "SOURCES", "ENDED", "MADE", "WHO", "AT", "UNDONE"), func(o client.Operation) []any {
				return []any{o.ID, o.Kind, o.Object, o.Sources, tail(o.Ended), tail(o.Made), o.Actor, o.At, o.UndoneAt}
			})
		}),
	}
	flags.add(cmd)
	return cmd
}

// done shows an operation, with how it is undone.
func (p *program) done(o client.Operation, err error) error {
	if err != nil {
		return err
	}
	if o.UndoneAt == nil {
		p.note("To undo it, until %s: koppel object undo %s", o.UndoUntil.Format("2006-01-02"), o.ID)
	}
	return p.show(o, func(t *table) {
		t.pair("operation", o.ID)
		t.pair("kind", o.Kind)
		t.pair("sources", o.Sources)
		t.pair("ended", o.Ended)
		t.pair("made", o.Made)
		t.pair("undone", o.UndoneAt)
	})
}
