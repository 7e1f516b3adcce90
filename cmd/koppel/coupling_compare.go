package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingCompare() *cobra.Command {
	var (
		sample     int
		last, wait bool
	)
	cmd := &cobra.Command{
		Use: "compare COUPLING [OBJECT]", Short: "Compare the remote system with what is stored, changing nothing", Args: cobra.RangeArgs(1, 2),
		Long: "Counts what the remote has and what is stored, by stream, and reads a sample afresh: half of it drawn from what is\n" +
			"stored, half from what the remote lists. Each is mapped and laid beside the stored object. Nothing is changed on\n" +
			"either side. It runs as a run for each stream group, within the remote's budget; --last shows what was found last.",
		Example: "  koppel coupling compare 8f2c1a\n  koppel coupling compare 8f2c1a products --sample 100\n  koppel coupling compare 8f2c1a --last",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return words(koppel.Objects()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: action(func(ctx context.Context, args []string) error {
			var object koppel.Object
			var err error
			if len(args) == 2 {
				if object, err = isOneOf("object", args[1], koppel.Objects()); err != nil {
					return err
				}
			}
			if sample < 1 || sample > koppel.SampleMost {
				return usagef("--sample is 1 to %d", koppel.SampleMost)
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			if last {
				found, err := c.LastComparisons(ctx, id)
				if err != nil {
					return err
				}
				return p.showComparisons(found)
			}
			return p.compare(ctx, c, id, object, sample, wait)
		}),
	}
	cmd.Flags().IntVar(&sample, "sample", koppel.SampleUsual, fmt.Sprintf("how many records of each stream to look at, up to %d", koppel.SampleMost))
	cmd.Flags().BoolVar(&last, "last", false, "show what was found last, without comparing anew")
	cmd.Flags().BoolVar(&wait, "wait", true, "wait for the end and show what was found; exit code 6 when a run ends not green")
	return cmd
}

func (p *program) compare(ctx context.Context, c *client.Client, id string, object koppel.Object, sample int, wait bool) error {
	runs, err := c.Compare(ctx, id, object, sample)
	if err != nil {
		return err
	}
	if !wait {
		err := p.show(map[string]any{"runs": runs}, func(t *table) {
			for _, run := range runs {
				t.row("run", run)
			}
		})
		p.note("See what they found: koppel coupling compare %s --last", id)
		return err
	}
	found, failed := []client.Comparison{}, error(nil)
	for _, run := range runs {
		last, err := p.followQuietly(ctx, c, run)
		var ended *notGreen
		switch {
		case errors.As(err, &ended):
			p.tell(err)
			failed = err
			continue
		case err != nil:
			return err
		}
		if err := verdict(last); err != nil {
			p.tell(err)
			failed = err
		}
		list, err := c.RunComparison(ctx, run)
		if err != nil {
			return err
		}
		found = append(found, list...)
	}
	return cmp.Or(p.showComparisons(found), failed)
}

// followQuietly waits for the end of a run; scripts get no line for each of its states.
func (p *program) followQuietly(ctx context.Context, c *client.Client, run string) (client.Run, error) {
	if p.output != outputJSON {
		return p.follow(ctx, c, run)
	}
	var last client.Run
	for state, err := range c.Live(ctx, run) {
		if err != nil {
			return last, err
		}
		last = state
	}
	if !last.State.Ended() {
		return c.Run(ctx, run)
	}
	return last, nil
}

func (p *program) showComparisons(found []client.Comparison) error {
	return p.show(found, func(t *table) { comparisonRows(t, found) })
}

func comparisonRows(t *table, found []client.Comparison) {
	if len(found) == 0 {
		t.line("Nothing was compared yet.")
		return
	}
	t.row("STREAM", "REMOTE HAS", "STORED", "OBJECTS", "PARKED", "LOOKED AT", "FOUND")
	for _, c := range found {
		t.row(c.Stream, remoteHas(c.Comparison), c.Records, comparedObjects(c.Objects), c.Parked,
			fmt.Sprintf("%d (%d of ours, %d of theirs)", c.Looked, c.Ours, c.Theirs), outcomes(c.Outcomes))
	}
	t.gap()
	for _, c := range found {
		if c.Told < 0 && c.Untold != "" {
			t.line(fmt.Sprintf("How many %s the remote has is not known: %s.", c.Stream, c.Untold))
		}
		if c.Dirty > 0 {
			t.line(fmt.Sprintf("%d records of %s wait to be mapped.", c.Dirty, c.Stream))
		}
		for _, note := range c.Notes {
			t.line(note)
		}
	}
	head := false
	for _, c := range found {
		for _, r := range c.Differing {
			if !head {
				t.gap()
				t.row("STREAM", "RECORD", "OBJECT", "WHAT", "FIELD", "REMOTE", "OURS", "WHY")
				head = true
			}
			if len(r.Fields) == 0 {
				t.row(c.Stream, r.RecordID, comparedWhich(r), r.Outcome, "", "", "", r.Reason)
			}
			for _, f := range r.Fields {
				t.row(c.Stream, r.RecordID, comparedWhich(r), r.Outcome, f.Field, shownValue(f.Remote), shownValue(f.Ours), comparedWhy(f, r.Reason))
			}
		}
	}
	if !head {
		t.line("Everything that was looked at is the same.")
	}
}

func remoteHas(c koppel.Comparison) string {
	if c.Told < 0 {
		return "not known"
	}
	return fmt.Sprint(c.Told)
}

func comparedObjects(list []koppel.ComparedObject) string {
	parts := make([]string, len(list))
	for i, o := range list {
		parts[i] = fmt.Sprintf("%d %s", o.Objects, o.Object)
	}
	return strings.Join(parts, ", ")
}

// outcomes are what was found, in the order of how much it matters.
func outcomes(by map[koppel.ComparedOutcome]int64) string {
	var parts []string
	for _, o := range []koppel.ComparedOutcome{
		koppel.ComparedSame, koppel.ComparedDiffers, koppel.ComparedMissingHere, koppel.ComparedMissingThere,
		koppel.ComparedParked, koppel.ComparedWaiting, koppel.ComparedLeftOut,
	} {
		if by[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", by[o], strings.ReplaceAll(string(o), "_", " ")))
		}
	}
	return strings.Join(parts, ", ")
}

func comparedWhich(r koppel.ComparedRecord) string {
	if r.ObjectID == "" {
		return string(r.Object)
	}
	return string(r.Object) + " " + tail(r.ObjectID)
}

// comparedWhy says where the object's value comes from.
func comparedWhy(f koppel.ComparedField, reason string) string {
	why := []string{}
	if f.Changed {
		why = append(why, "changed there after it was read last")
	}
	if f.Giver != "" {
		why = append(why, "ours comes from "+f.Giver+": "+strings.ReplaceAll(string(f.Rule), "_", " "))
	}
	if reason != "" {
		why = append(why, reason)
	}
	return strings.Join(why, "; ")
}
