package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) cursorCommand() *cobra.Command {
	return noun("cursor", "See and set from where the next incremental read goes on", p.cursorShow(), p.cursorSet())
}

func (p *program) cursorShow() *cobra.Command {
	return &cobra.Command{
		Use: "show COUPLING", Short: "Show each stream's cursor, its last scan and what the next incremental read asks for", Args: cobra.ExactArgs(1),
		Example: "  koppel cursor show 8f2c1a",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			cursors, err := c.Cursors(ctx, id)
			if err != nil {
				return err
			}
			return p.show(cursors, func(t *table) {
				t.row("STREAM", "GROUP", "BY", "CURSOR", "LAST SCAN", "RUN", "NEXT READ")
				for _, k := range cursors.Data {
					var at, run any
					if k.LastScan != nil {
						at, run = k.LastScan.StartedAt, string(k.LastScan.Mode)+" "+tail(k.LastScan.Run)+" "+string(k.LastScan.State)
					}
					t.row(k.Stream, k.Group, k.By, cursorText(k), at, run, k.Next.Detail)
				}
			})
		}),
	}
}

func cursorText(k client.Cursor) string {
	if k.At != nil {
		return k.At.UTC().Format(time.RFC3339)
	}
	return first(k.Key, "none")
}

func (p *program) cursorSet() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use: "set COUPLING STREAM TIME|KEY|none", Short: "Set from where the next incremental read of a stream goes on", Args: cobra.ExactArgs(3),
		Long: `Sets from where the next incremental read of a stream goes on, and tells what it reads
before and after. TIME is a day, a time or how long ago, for a stream that is read by
time; KEY a whole number, for one that is read by key; none reads everything.

Back reads again what changed since; forward leaves out what lies between, until a full
read. It is refused while a run of the stream's group is open, and audited. --dry-run
only tells.`,
		Example: "  koppel cursor set 8f2c1a products 2026-01-31T08:00:00Z --dry-run\n  koppel cursor set 8f2c1a products 36h\n  koppel cursor set 8f2c1a products none",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			set, err := cursorWish(args[2], time.Now())
			if err != nil {
				return err
			}
			set.DryRun = dry
			change, err := c.SetCursor(ctx, id, args[1], set)
			if err != nil {
				return err
			}
			if err := p.show(change, func(t *table) {
				t.row("", "CURSOR", "NEXT READ")
				t.row("before", cursorText(change.Before), change.Before.Next.Detail)
				t.row("after", cursorText(change.After), change.After.Next.Detail)
			}); err != nil {
				return err
			}
			p.noteDry(!change.Changed)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be read")
	return cmd
}

// cursorWish reads a time, a key or none.
func cursorWish(text string, now time.Time) (client.CursorSet, error) {
	if text == "none" {
		return client.CursorSet{None: true}, nil
	}
	if text != "" && strings.Trim(text, "0123456789") == "" {
		return client.CursorSet{Key: text}, nil
	}
	at, err := moment("TIME", text, now)
	if err == nil && at == nil {
		err = usagef("say from where: a time, a key or none")
	}
	return client.CursorSet{At: at}, err
}
