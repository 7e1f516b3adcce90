package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) mappingHistory() *cobra.Command {
	var (
		flags listFlags
		level levelFlag
	)
	cmd := &cobra.Command{
		Use: "history COUPLING", Short: "List the versions of an override, newest first", Args: cobra.ExactArgs(1),
		Example: "  koppel mapping history 8f2c1a\n  koppel mapping history 8f2c1a --webshop --all",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			fetch := func(ctx context.Context, page client.Page) (client.List[client.Override], error) {
				return c.Overrides(ctx, id, level.level(), page)
			}
			return list(ctx, p, flags, fetch, head("VERSION", "SAVED", "BY", "WHAT", "NOTE", "DIGEST"), func(o client.Override) []any {
				return []any{o.Number, o.At, o.Actor, whatVersion(o), o.Note, short(o.Digest)}
			})
		}),
	}
	level.add(cmd)
	flags.add(cmd)
	return cmd
}

// whatVersion says how a version came about.
func whatVersion(o client.Override) string {
	switch {
	case o.Empty:
		return "taken away"
	case o.Restores != nil:
		return "brings back " + text(*o.Restores)
	}
	return "written"
}

func (p *program) mappingDiff() *cobra.Command {
	var (
		level    levelFlag
		from, to int64
	)
	cmd := &cobra.Command{
		Use: "diff COUPLING", Short: "Show what changed between two versions of an override", Args: cobra.ExactArgs(1),
		Long:    "Compares the newest version with the one before it, or those of --from and --to. --from 0 compares with no override at all.",
		Example: "  koppel mapping diff 8f2c1a\n  koppel mapping diff 8f2c1a --from 2 --to 5",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			diff, err := c.DiffOverrides(ctx, id, level.level(), from, to)
			if err != nil {
				return err
			}
			return p.show(diff, func(t *table) {
				t.row("version " + text(diff.From) + " → version " + text(diff.To))
				if diff.Diff == "" {
					t.row("They say the same.")
				}
				for _, line := range strings.Split(strings.TrimSuffix(diff.Diff, "\n"), "\n") {
					t.line(line)
				}
			})
		}),
	}
	level.add(cmd)
	cmd.Flags().Int64Var(&from, "from", -1, "the earlier version; the one before --to when left out, 0 is none at all")
	cmd.Flags().Int64Var(&to, "to", 0, "the later version; the newest when left out")
	return cmd
}
