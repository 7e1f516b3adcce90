package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) objectCommand() *cobra.Command {
	return noun("object", "Look at products, suppliers, orders and what belongs to them, with their sources", p.objectList(), p.objectGet(),
		p.objectSet(), p.objectMerge(), p.objectLink(), p.objectSplit(), p.objectUndo(), p.objectOperations())
}

// columns are the fields of an object that a table has room for.
var columns = map[koppel.Object][]string{
	koppel.Suppliers:           {"name", "delivery_time", "ignored"},
	koppel.Products:            {"sku_code", "ean_code", "name", "price", "stock_level", "status"},
	koppel.ProductCompositions: {"composed_product", "part_product", "part_quantity"},
	koppel.SupplierProducts:    {"sku_code", "name", "price", "lot_size", "preferred", "status"},
	koppel.SellOrders:          {"number", "placed_at", "total_value", "status_remote", "cancelled"},
	koppel.Shipments:           {"sell_order", "carrier", "tracking_code", "status", "shipped_at"},
	koppel.BuyOrders:           {"reference", "placed_at", "total_value", "status_remote", "completed_at"},
	koppel.ItemDeliveries:      {"buy_order", "line", "quantity", "occurred_at", "reference"},
}

func (p *program) objectList() *cobra.Command {
	var (
		flags  listFlags
		filter client.ObjectFilter
	)
	cmd := &cobra.Command{
		Use: "list OBJECT", Short: "List objects of one kind", Args: cobra.ExactArgs(1), ValidArgsFunction: fixed(words(koppel.Objects())...),
		Example: "  koppel object list products --webshop 8f2c1a\n  koppel object list products --sku BIKE-1\n  koppel object list sell_orders --number 10023 --output json",
		RunE: action(func(ctx context.Context, args []string) error {
			object, err := isOneOf("object", args[0], koppel.Objects())
			if err != nil {
				return err
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			filter := filter
			if filter.Webshop, err = webshopID(ctx, c, filter.Webshop); err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Object], error) {
				filter.Page = page
				return c.Objects(ctx, object, filter)
			}
			names := head("ID")
			for _, name := range columns[object] {
				names = append(names, strings.ToUpper(strings.ReplaceAll(name, "_", " ")))
			}
			return list(ctx, p, flags, fetch, append(names, "CHANGED"), func(o client.Object) []any {
				row := []any{o.ID}
				for _, name := range columns[object] {
					row = append(row, rawText(o.Values[name]))
				}
				return append(row, o.ChangedAt)
			})
		}),
	}
	fs := cmd.Flags()
	fs.StringVar(&filter.Webshop, "webshop", "", "only those of a webshop")
	fs.StringVar(&filter.SKU, "sku", "", "exactly this SKU")
	fs.StringVar(&filter.EAN, "ean", "", "exactly this EAN")
	fs.StringVar(&filter.Number, "number", "", "exactly this order number, reference or tracking code")
	fs.StringVar(&filter.RemoteID, "remote-id", "", "known to a remote system by this id")
	flags.add(cmd)
	return cmd
}

func (p *program) objectGet() *cobra.Command {
	return &cobra.Command{
		Use: "get OBJECT ID", Short: "Show one object with its sources", Args: cobra.ExactArgs(2), ValidArgsFunction: fixed(words(koppel.Objects())...),
		Example: "  koppel object get products 3b1f9e",
		RunE: action(func(ctx context.Context, args []string) error {
			object, err := isOneOf("object", args[0], koppel.Objects())
			if err != nil {
				return err
			}
			c, err := p.api()
			if err != nil {
				return err
			}
			id, err := objectID(ctx, c, object, args[1])
			if err != nil {
				return err
			}
			o, err := c.Object(ctx, object, id)
			if err != nil {
				return err
			}
			return p.showObject(o)
		}),
	}
}

func (p *program) showObject(o client.Object) error {
	return p.show(o, func(t *table) { objectRows(t, o) })
}

func objectRows(t *table, o client.Object) {
	t.pair("id", o.ID)
	t.pair("webshop", o.Webshop)
	t.pair("changed", o.ChangedAt)
	t.pair("deleted", o.DeletedAt)
	t.pair("state reason", o.StateReason)
	for _, field := range o.Object.Fields() {
		if field.Type != koppel.Lines {
			t.pair(field.Name, rawText(o.Values[field.Name]))
		}
	}
	for _, field := range o.Object.Fields() {
		if field.Type == koppel.Lines {
			lineRows(t, field, o.Values[field.Name])
		}
	}
	if len(o.Sources) > 0 {
		t.gap()
		t.row("SOURCE", "REMOTE ID", "CHANGED", "GONE", "HOW KNOWN")
		for _, s := range o.Sources {
			t.row(s.Coupling, s.RemoteID, s.ChangedAt, s.GoneAt, s.GoneReason)
		}
	}
}

// lineRows writes the lines of an order, with the columns that any of them fills.
func lineRows(t *table, field koppel.Field, raw json.RawMessage) {
	var lines []map[string]json.RawMessage
	if json.Unmarshal(raw, &lines) != nil || len(lines) == 0 {
		return
	}
	var names []string
	for _, column := range field.Line {
		for _, line := range lines {
			if rawText(line[column.Name]) != "" {
				names = append(names, column.Name)
				break
			}
		}
	}
	titles := make([]any, len(names))
	for i, name := range names {
		titles[i] = strings.ToUpper(strings.ReplaceAll(name, "_", " "))
	}
	t.gap()
	t.row(titles...)
	for _, line := range lines {
		row := make([]any, len(names))
		for i, name := range names {
			row[i] = rawText(line[name])
		}
		t.row(row...)
	}
}

// rawText is a JSON value as people read it: nothing for null, texts without
// quotes, lists joined, references by id or by the key that waits for one.
func rawText(raw json.RawMessage) string {
	var (
		text string
		list []string
		ref  struct{ ID, Key *string }
	)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	case json.Unmarshal(raw, &list) == nil:
		return strings.Join(list, ", ")
	case json.Unmarshal(raw, &ref) == nil && ref.ID != nil:
		return *ref.ID
	case json.Unmarshal(raw, &ref) == nil && ref.Key != nil:
		return *ref.Key + " (waits for it)"
	}
	return string(raw)
}
