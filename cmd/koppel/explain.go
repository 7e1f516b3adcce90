package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) explainCommand() *cobra.Command {
	var field string
	cmd := &cobra.Command{
		Use: "explain OBJECT ID", Short: "Say why each field of an object is what it is", Args: cobra.ExactArgs(2), ValidArgsFunction: fixed(words(koppel.Objects())...),
		Long:    "Says of an object, field by field, the value, which source gives it and by which rule, from which remote fields and by which expression, and when and in which run it last changed.",
		Example: "  koppel explain products 3b1f9e\n  koppel explain products 3b1f9e --field stock_level",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectOf(ctx, args)
			if err != nil {
				return err
			}
			e, err := c.Explain(ctx, object, id)
			if err != nil {
				return err
			}
			if field != "" {
				kept := e.Fields[:0]
				for _, f := range e.Fields {
					if f.Field == field {
						kept = append(kept, f)
					}
				}
				if e.Fields = kept; len(kept) == 0 {
					return usagef("%s have no field %q", object, field)
				}
			}
			return p.show(e, func(t *table) { explainRows(t, e) })
		}),
	}
	cmd.Flags().StringVar(&field, "field", "", "only this field")
	return cmd
}

func explainRows(t *table, e client.Explanation) {
	t.row("SOURCE", "WHO", "ROLE", "REMOTE ID", "STREAM", "VERSION", "RUN", "CHANGED", "GONE")
	for i, s := range e.Sources {
		t.row(i+1, s.Name, s.Role, s.RemoteID, s.Stream, s.ConnectorVersion, tail(s.Run), s.ChangedAt, s.GoneAt)
	}
	t.gap()
	t.row("FIELD", "VALUE", "FROM", "WHY", "READS", "EXPRESSION", "CHANGED", "RUN")
	for _, f := range e.Fields {
		from := ""
		if f.Source != nil {
			from = text(*f.Source + 1)
		}
		value := rawText(f.Value)
		if f.Field == "lines" {
			value = "…"
		}
		if value == "" && f.Source == nil && f.Rule == koppel.RuleNobody {
			continue
		}
		t.row(f.Field, value, from, f.Why, strings.Join(f.Reads, ", "), f.Expression, f.ChangedAt, tail(f.Run))
	}
}

// objectOf reads OBJECT ID.
func (p *program) objectOf(ctx context.Context, args []string) (*client.Client, koppel.Object, string, error) {
	object, err := isOneOf("object", args[0], koppel.Objects())
	if err != nil {
		return nil, "", "", err
	}
	c, err := p.api()
	if err != nil {
		return nil, "", "", err
	}
	id, err := objectID(ctx, c, object, args[1])
	return c, object, id, err
}
