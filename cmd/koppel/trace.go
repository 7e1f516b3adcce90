package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) traceCommand() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use: "trace WEBSHOP (SKU | EAN | REMOTE-ID | ORDER-NUMBER)", Short: "Tell everything that happened to a product, an order or a record", Args: cobra.ExactArgs(2),
		Long: `Finds what a SKU, an EAN, a remote id, an order number, a buy order's reference, a
tracking code or an object's id names in a webshop, across its couplings, and tells
what is known of it: how it stands and who gives it, records, runs, writes with
their attempts, failed requests (redacted), parked records and what waits for it.

An order that could not be processed is found too: by its number in the parked record.
What nothing has is told with when each coupling looked last, and how to ask for it.`,
		Example: "  koppel trace 8f2c1a BIKE-1\n  koppel trace 8f2c1a 4711\n  koppel trace 8f2c1a KOP-12 --output json",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			webshop, err := webshopID(ctx, c, args[0])
			if err != nil {
				return err
			}
			trace, err := c.Trace(ctx, webshop, args[1], raw)
			if err != nil {
				return err
			}
			if p.output == outputJSON {
				return p.json(trace)
			}
			return p.tellTrace(trace)
		}),
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "show the records' bodies as they came")
	return cmd
}

func (p *program) tellTrace(trace client.Trace) error {
	for _, sentence := range trace.Answer {
		p.line(sentence)
	}
	err := p.table(func(t *table) {
		if len(trace.Story) > 0 {
			t.gap()
			t.row("WHEN", "WHAT", "RUN")
		}
		for _, e := range trace.Story {
			t.row(e.At, e.Text, tail(e.Run))
		}
	})
	if err != nil {
		return err
	}
	for _, r := range trace.Records {
		if len(r.Body) > 0 {
			p.line("")
			p.line("Record " + r.RemoteID + " of " + r.Stream + " at " + r.Name + ":")
			p.line(string(r.Body))
		}
	}
	for i, command := range trace.Next {
		if i == 0 {
			p.line("")
			p.line("Next:")
		}
		p.line("  " + command)
	}
	return nil
}
