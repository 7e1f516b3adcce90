package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

// keepFlags say how a version is put in force.
type keepFlags struct {
	note           string
	noReplay, wait bool
}

func (f *keepFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.note, "note", "", "why, for those who read the history")
	cmd.Flags().BoolVar(&f.noReplay, "no-replay", false, "leave what is stored as it is; the next full read maps it again")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "watch the runs until they end; exit code 6 when one ends not green")
	cmd.MarkFlagsMutuallyExclusive("no-replay", "wait")
}

func (f keepFlags) replay() *bool {
	replay := !f.noReplay
	return &replay
}

func (p *program) mappingSave() *cobra.Command {
	var draft draftFlags
	var keep keepFlags
	var yes bool
	cmd := &cobra.Command{
		Use: "save COUPLING -f FILE", Short: "Save an override and map what is stored again", Args: cobra.ExactArgs(1),
		Long:    "Saves the override as a new version once it compiles and its test cases pass, and starts replay runs that map what is stored again, without a call to the remote system. On a terminal it first shows what would change of what is stored, and asks.",
		Example: "  koppel mapping save 8f2c1a -f override.yaml --note 'list prices, as agreed' --wait\n  koppel mapping save 8f2c1a -f override.yaml --webshop --no-replay",
		RunE: action(func(ctx context.Context, args []string) error {
			given, err := draft.read()
			if err != nil {
				return err
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			if !yes && terminal(p.in) != nil {
				if err := p.foretell(ctx, c, id, given); err != nil {
					return err
				}
			}
			saved, err := c.SaveOverride(ctx, id, client.OverrideSave{OverrideDraft: given, Note: keep.note, Replay: keep.replay()})
			if err != nil {
				return err
			}
			return p.keptOverride(ctx, c, saved, keep)
		}),
	}
	draft.add(cmd)
	keep.add(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not show a preview and ask")
	return cmd
}

// foretell shows on the screen what a draft would change, beside the answer, and asks.
func (p *program) foretell(ctx context.Context, c *client.Client, coupling string, draft client.OverrideDraft) error {
	preview, err := c.PreviewOverride(ctx, coupling, client.PreviewAsk{OverrideDraft: draft})
	if err != nil {
		return err
	}
	screen := *p
	screen.out = p.err
	if err := screen.table(func(t *table) { foreseenRows(t, preview) }); err != nil {
		return err
	}
	return p.sure(ctx, "Save it?")
}

func (p *program) mappingRollback() *cobra.Command {
	var level levelFlag
	var keep keepFlags
	var to int64
	cmd := &cobra.Command{
		Use: "rollback COUPLING", Short: "Bring an earlier version of an override back", Args: cobra.ExactArgs(1),
		Long:    "Saves an earlier version anew, so that it is in force again: the one before the newest, or that of --to. --to 0 takes the override away.",
		Example: "  koppel mapping rollback 8f2c1a --note 'prices were wrong'\n  koppel mapping rollback 8f2c1a --to 2 --wait\n  koppel mapping rollback 8f2c1a --to 0",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			if to < 0 {
				list, err := c.Overrides(ctx, id, level.level(), client.Page{Limit: 1})
				if err != nil {
					return err
				}
				if len(list.Data) == 0 {
					return usagef("the %s has no override to roll back", level.level())
				}
				to = list.Data[0].Number - 1
			}
			saved, err := c.RollbackOverride(ctx, id, client.OverrideRollback{Level: level.level(), Number: to, Note: keep.note, Replay: keep.replay()})
			if err != nil {
				return err
			}
			return p.keptOverride(ctx, c, saved, keep)
		}),
	}
	level.add(cmd)
	cmd.Flags().Int64Var(&to, "to", -1, "the version to bring back; the one before the newest when left out, 0 takes the override away")
	keep.add(cmd)
	return cmd
}

// keptOverride shows what was saved and, when asked, watches the runs.
func (p *program) keptOverride(ctx context.Context, c *client.Client, saved client.OverrideSaved, keep keepFlags) error {
	err := p.show(saved, func(t *table) {
		overrideRows(t, saved.Override)
		t.pair("mapped otherwise", words(saved.Objects))
		t.pair("follow the current connector version again", saved.Released)
		if len(saved.Runs) > 0 {
			t.gap()
			t.row("RUN", "COUPLING", "MAPS AGAIN")
			for _, r := range saved.Runs {
				t.row(r.Run, tail(r.Coupling), r.Group)
			}
		}
	})
	if err != nil {
		return err
	}
	for _, id := range saved.Waiting {
		p.note("Coupling %s is not active: its next full read maps everything again.", id)
	}
	if !keep.wait {
		for _, r := range saved.Runs {
			p.note("Watch it: koppel run watch %s", r.Run)
		}
		return nil
	}
	for _, r := range saved.Runs {
		if err := p.watch(ctx, c, r.Run); err != nil {
			return err
		}
	}
	return nil
}
