package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) explainCommand() *cobra.Command {
	var field, webshop string
	cmd := &cobra.Command{
		Use: "explain OBJECT ID", Short: "Say why each field of an object is what it is", Args: cobra.ExactArgs(2), ValidArgsFunction: fixed(words(koppel.Objects())...),
		Long:    "Says of an object, field by field, the value, which source gives it and by which rule, from which remote fields and by which expression (the connector's, or that of a mapping override), and when and in which run it last changed. Of that run it says what was different from the run before:\nanother version of the connector, other settings, or only the remote's own data; and how many other objects changed the field with it.\nWith --webshop it is found by its SKU, EAN, number or remote id.",
		Example: "  koppel explain products 3b1f9e\n  koppel explain products 3b1f9e --field stock_level\n  koppel explain products BIKE-1 --webshop 8f2c1a --field price",
		RunE: action(func(ctx context.Context, args []string) error {
			c, object, id, err := p.objectIn(ctx, webshop, args)
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
	cmd.Flags().StringVar(&webshop, "webshop", "", "find the object in a webshop by its SKU, EAN, number or remote id instead of its id")
	return cmd
}

func explainRows(t *table, e client.Explanation) {
	t.row("SOURCE", "WHO", "ROLE", "REMOTE ID", "STREAM", "VERSION", "RUN", "CHANGED", "GONE")
	for i, s := range e.Sources {
		t.row(i+1, s.Name, s.Role, s.RemoteID, s.Stream, s.ConnectorVersion, tail(s.Run), s.ChangedAt, s.GoneAt)
	}
	t.gap()
	t.row("FIELD", "VALUE", "FROM", "WHY", "READS", "EXPRESSION", "OVERRIDE", "CHANGED", "RUN")
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
		t.row(f.Field, value, from, f.Why, strings.Join(f.Reads, ", "), f.Expression, f.Override, f.ChangedAt, tail(f.Run))
	}
	causeRows(t, e)
}

// causeRows says why the shown fields changed when they did.
func causeRows(t *table, e client.Explanation) {
	begun := false
	for _, c := range e.Causes {
		for _, f := range e.Fields {
			if f.Run != c.Run {
				continue
			}
			if !begun {
				t.gap()
				t.row("CHANGED BY RUN", "STARTED", "GROUP", "MODE", "TRIGGER", "ASKED BY", "FIELD", "ALSO CHANGED ON", "WHY THEN")
				begun = true
			}
			t.row(tail(c.Run), c.StartedAt, c.Group, c.Mode, c.Trigger, c.AskedBy, f.Field, others(c.Changed[f.Field], e.Object), c.Why)
		}
	}
}

func others(n int64, object koppel.Object) string {
	return fmt.Sprintf("%d other %s", max(0, n-1), strings.ReplaceAll(string(object), "_", " "))
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

// objectIn reads OBJECT ID, where ID is what people call the object when a
// webshop is named.
func (p *program) objectIn(ctx context.Context, webshop string, args []string) (*client.Client, koppel.Object, string, error) {
	if webshop == "" {
		return p.objectOf(ctx, args)
	}
	object, err := isOneOf("object", args[0], koppel.Objects())
	if err != nil {
		return nil, "", "", err
	}
	c, err := p.api()
	if err != nil {
		return nil, "", "", err
	}
	if webshop, err = webshopID(ctx, c, webshop); err != nil {
		return nil, "", "", err
	}
	for _, by := range []client.ObjectFilter{{SKU: args[1]}, {EAN: args[1]}, {Number: args[1]}, {RemoteID: args[1]}} {
		by.Webshop = webshop
		found, err := c.Objects(ctx, object, by)
		switch {
		case err != nil:
			// An object that has no such field is asked for by the next one.
			var problem *client.Problem
			if !errors.As(err, &problem) || problem.Status != http.StatusUnprocessableEntity && problem.Status != http.StatusBadRequest {
				return nil, "", "", err
			}
		case len(found.Data) > 1:
			return nil, "", "", usagef("%d %s have %q; name one by its id: %s and others", len(found.Data), object, args[1], found.Data[0].ID)
		case len(found.Data) == 1:
			return c, object, found.Data[0].ID, nil
		}
	}
	return nil, "", "", koppel.E(koppel.KindNotFound, "find "+string(object), fmt.Sprintf("the webshop has none with the SKU, EAN, number or remote id %q", args[1]))
}
