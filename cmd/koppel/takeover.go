package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) takeoverCommand() *cobra.Command {
	return noun("takeover", "Compare a coupling in shadow with the platform it takes over from",
		p.takeoverImport(), p.takeoverReport(), p.takeoverClear())
}

func (p *program) takeoverImport() *cobra.Command {
	var object string
	cmd := &cobra.Command{
		Use: "import COUPLING FILE", Short: "Import another platform's remote-id mapping", Args: cobra.ExactArgs(2),
		Long: `Import what another platform wrote: which remote id leads to which object there. FILE is CSV with a first line of names,
or JSON lines; - is standard input. What was imported before stays; a remote id that is there is replaced.

  object      products, sell_orders, …; may be left out with --object
  remote_id   the remote system's id
  id          the other platform's id of the object
  sku, ean    what it has there
  …           in CSV any further column, in JSON "fields": values by our fields, such as name or price`,
		Example: "  koppel takeover import 8f2c1a mapping.csv\n  koppel takeover import 8f2c1a products.jsonl --object products",
		RunE: action(func(ctx context.Context, args []string) error {
			usual := koppel.Object("")
			var err error
			if object != "" {
				if usual, err = isOneOf("object", object, koppel.Objects()); err != nil {
					return err
				}
			}
			from := p.in
			if args[1] != "-" {
				file, err := os.Open(args[1])
				if err != nil {
					return usagef("%v", err)
				}
				defer file.Close()
				from = file
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			n, err := importTakeover(ctx, c, id, from, usual)
			if err != nil {
				if n > 0 {
					p.note("%d rows before it were imported.", n)
				}
				return err
			}
			if err := p.show(map[string]int{"imported": n}, func(t *table) { t.row("imported", n) }); err != nil {
				return err
			}
			p.note("See what differs: koppel takeover report %s", id)
			return nil
		}),
	}
	cmd.Flags().StringVar(&object, "object", "", "the object of rows that name none")
	_ = cmd.RegisterFlagCompletionFunc("object", fixed(words(koppel.Objects())...))
	return cmd
}

// importTakeover sends rows as they are read and says how many.
func importTakeover(ctx context.Context, c *client.Client, id string, from io.Reader, usual koppel.Object) (sent int, err error) {
	rows := make([]koppel.TakeoverRow, 0, client.TakeoverMost)
	send := func() error {
		if len(rows) == 0 {
			return nil
		}
		if err := c.ImportTakeover(ctx, id, rows); err != nil {
			return err
		}
		sent, rows = sent+len(rows), rows[:0]
		return nil
	}
	for row, err := range takeoverRows(from, usual) {
		if err != nil {
			return sent, err
		}
		if rows = append(rows, row); len(rows) == client.TakeoverMost {
			if err := send(); err != nil {
				return sent, err
			}
		}
	}
	return sent, send()
}

func (p *program) takeoverReport() *cobra.Command {
	return &cobra.Command{
		Use: "report COUPLING", Short: "Show what another platform has beside ours", Args: cobra.ExactArgs(1),
		Long: "Remote ids that only they or only we have, remote ids of both that lead to different objects (another SKU or EAN, or\n" +
			"one object there and several here, also over other couplings of the webshop), and other values where some were given.",
		Example: "  koppel takeover report 8f2c1a\n  koppel takeover report 8f2c1a --output json",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			report, err := c.Takeover(ctx, id)
			if err != nil {
				return err
			}
			return p.show(report, func(t *table) {
				takeoverCounts(t, report)
				if len(report.Differing) == 0 {
					return
				}
				t.gap()
				t.row("OBJECT", "WHAT", "REMOTE ID", "THEIR ID", "OURS", "FIELD", "THEIR VALUE", "OUR VALUE", "WHY")
				for _, d := range report.Differing {
					t.row(d.Object, strings.ReplaceAll(string(d.What), "_", " "), d.RemoteID, d.TheirID, tail(d.ObjectID), d.Field, theirValue(d.Theirs), theirValue(d.Ours), d.Reason)
				}
			})
		}),
	}
}

// theirValue is a value that may not be there.
func theirValue(raw []byte) string {
	if raw == nil {
		return ""
	}
	return shownValue(raw)
}

func (p *program) takeoverClear() *cobra.Command {
	return &cobra.Command{
		Use: "clear COUPLING", Short: "Forget what was imported of another platform", Args: cobra.ExactArgs(1),
		Example: "  koppel takeover clear 8f2c1a",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			if err := c.ClearTakeover(ctx, id); err != nil {
				return err
			}
			p.note("Forgotten.")
			return nil
		}),
	}
}

func fieldCounts(fields map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, fields[name]))
	}
	return strings.Join(parts, ", ")
}
