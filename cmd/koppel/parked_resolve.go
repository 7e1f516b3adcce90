package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) parkedResolve() *cobra.Command {
	var (
		narrow parkedFlags
		dry    bool
		reason string
	)
	cmd := &cobra.Command{
		Use: "resolve [PARKED…]", Short: "Take parked records off the list without mapping them: some by id, or those of a coupling",
		Long: `Takes parked records off the list without mapping them. What fails again is parked anew.
Parked writes and the review queue stay: koppel push resolve and koppel review decide
see to those. koppel parked unresolve takes it back.`,
		Example: "  koppel parked resolve --coupling 8f2c1a --kind mapping --field price --reason 'test articles' --dry-run\n  koppel parked resolve 19d4e0 --reason 'gone in the shop'",
		RunE: action(func(ctx context.Context, args []string) error {
			c, pick, err := p.pickParked(ctx, args, narrow, dry)
			if err != nil {
				return err
			}
			if reason == "" {
				return usagef("say why: --reason TEXT")
			}
			if pick.Coupling != "" {
				picked, err := c.ResolveAllParked(ctx, pick, reason)
				return p.showPicked(picked, dry, err)
			}
			return p.settleEach(ctx, c, args, false, func(id string) error {
				_, err := c.ResolveParked(ctx, id, reason)
				return err
			})
		}),
	}
	narrow.add(cmd)
	addDry(cmd, &dry)
	cmd.Flags().StringVar(&reason, "reason", "", "why; shown with the resolved ones")
	return cmd
}

func (p *program) parkedUnresolve() *cobra.Command {
	var (
		narrow parkedFlags
		dry    bool
	)
	cmd := &cobra.Command{
		Use: "unresolve [PARKED…]", Short: "Put records that a person took off the list back on it",
		Long: `Puts records that koppel parked resolve took off the list back on it. What was mapped
after all, or is parked anew, stays as it is.`,
		Example: "  koppel parked unresolve --coupling 8f2c1a --kind mapping --field price --dry-run\n  koppel parked unresolve 19d4e0",
		RunE: action(func(ctx context.Context, args []string) error {
			c, pick, err := p.pickParked(ctx, args, narrow, dry)
			if err != nil {
				return err
			}
			if pick.Coupling != "" {
				picked, err := c.UnresolveAllParked(ctx, pick)
				return p.showPicked(picked, dry, err)
			}
			return p.settleEach(ctx, c, args, true, func(id string) error {
				_, err := c.UnresolveParked(ctx, id)
				return err
			})
		}),
	}
	narrow.add(cmd)
	addDry(cmd, &dry)
	return cmd
}

func addDry(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "only say how many; with --coupling")
}

// pickParked reads which records a verb is about: ids, or those of a coupling.
func (p *program) pickParked(ctx context.Context, args []string, narrow parkedFlags, dry bool) (*client.Client, client.ParkedPick, error) {
	var pick client.ParkedPick
	if (len(args) == 0) == (narrow.coupling == "") {
		return nil, pick, usagef("say which: ids of parked records, or --coupling COUPLING")
	}
	if dry && len(args) > 0 {
		return nil, pick, usagef("--dry-run counts those of --coupling COUPLING; ids count themselves")
	}
	c, err := p.api()
	if err != nil {
		return nil, pick, err
	}
	filter, err := narrow.read(ctx, c)
	return c, client.ParkedPick{Coupling: filter.Coupling, Kind: filter.Kind, Object: filter.Object, Field: filter.Field, DryRun: dry}, err
}

// settleEach does so to records by id, open or resolved ones, and says how many.
func (p *program) settleEach(ctx context.Context, c *client.Client, given []string, resolved bool, do func(string) error) error {
	var done client.Picked
	for _, text := range given {
		id, err := parkedID(ctx, c, text, resolved)
		if err != nil {
			return err
		}
		if err := do(id); err != nil {
			return err
		}
		done.Records++
	}
	return p.showPicked(done, false, nil)
}

func (p *program) showPicked(picked client.Picked, dry bool, err error) error {
	if err != nil {
		return err
	}
	p.noteDry(dry)
	return p.show(picked, func(t *table) { t.pair("records", picked.Records) })
}

// noteDry says that a dry run changed nothing.
func (p *program) noteDry(dry bool) {
	if dry {
		p.note("Nothing was changed.")
	}
}
