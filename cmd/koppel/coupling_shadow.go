package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) couplingShadow() *cobra.Command {
	var webhooks bool
	cmd := &cobra.Command{
		Use: "shadow COUPLING on|off", Short: "Let a coupling read and write nothing while another platform still does", Args: cobra.ExactArgs(2),
		Long: "A coupling in shadow reads and maps as ever and writes nothing to its remote: no stock, shipments or deliveries are\n" +
			"asked for, buy orders are refused, what was asked for before is held. Webhooks are left to the other platform\n" +
			"unless --webhooks is given. Import what that platform wrote (koppel takeover import), look at the differences\n" +
			"(koppel takeover report), then end the shadow with koppel coupling cutover.",
		Example: "  koppel coupling shadow 8f2c1a on\n  koppel coupling shadow 8f2c1a on --webhooks\n  koppel coupling shadow 8f2c1a off",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"on", "off"}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: action(func(ctx context.Context, args []string) error {
			if args[1] != "on" && args[1] != "off" {
				return usagef("say on or off, not %q", args[1])
			}
			if webhooks && args[1] == "off" {
				return usagef("--webhooks goes with on")
			}
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			coupling, err := c.SetShadow(ctx, id, args[1] == "on", webhooks)
			if err != nil {
				return err
			}
			return p.showCoupling(coupling)
		}),
	}
	cmd.Flags().BoolVar(&webhooks, "webhooks", false, "subscribe to webhooks all the same")
	return cmd
}

func (p *program) couplingCutOver() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "cutover COUPLING", Short: "End a shadow: the coupling writes to its remote and subscribes to webhooks", Args: cobra.ExactArgs(1),
		Long: "Shows what another platform has beside ours, and asks. From then on writes go out: those that are held, and stock\n" +
			"that differs. Switch the other platform's writes off first, or both write.",
		Example: "  koppel coupling cutover 8f2c1a\n  koppel coupling cutover 8f2c1a --yes",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndCoupling(ctx, args[0])
			if err != nil {
				return err
			}
			report, err := c.Takeover(ctx, id)
			if err != nil {
				return err
			}
			if report.Shadow == nil {
				return koppel.E(koppel.KindConflict, "cut over", "the coupling is not in shadow")
			}
			if p.output != outputJSON {
				if err := p.table(func(t *table) { takeoverCounts(t, report) }); err != nil {
					return err
				}
			}
			if !yes {
				if err := p.sure(ctx, cutOverQuestion(report)); err != nil {
					return err
				}
			}
			coupling, err := c.CutOver(ctx, id)
			if err != nil {
				return err
			}
			return p.showCoupling(coupling)
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// cutOverQuestion says what is at stake.
func cutOverQuestion(r client.TakeoverReport) string {
	differ := 0
	for _, o := range r.Objects {
		if o.Differs() {
			differ++
		}
	}
	said := "nothing of another platform was imported to compare with"
	switch {
	case differ > 0:
		said = fmt.Sprintf("%d of %d kinds of objects differ", differ, len(r.Objects))
	case len(r.Objects) > 0:
		said = "nothing differs"
	}
	return fmt.Sprintf("Let the coupling write to its remote (%s, %d writes are held)?", said, r.Held)
}

func takeoverCounts(t *table, r client.TakeoverReport) {
	if len(r.Objects) == 0 {
		t.line("Nothing of another platform was imported: koppel takeover import COUPLING FILE")
	} else {
		t.row("OBJECT", "THEIRS", "OURS", "BOTH", "ONLY THEIRS", "ONLY OURS", "LINKED OTHERWISE", "OTHER VALUES")
		for _, o := range r.Objects {
			t.row(o.Object, o.Theirs, o.Ours, o.Both, o.OnlyTheirs, o.OnlyOurs, o.LinkedOtherwise, fieldCounts(o.Fields))
		}
	}
	if r.Shadow == nil {
		t.line("The coupling is not in shadow: it writes to its remote.")
	}
	if r.Held > 0 {
		t.line(fmt.Sprintf("%d writes were asked for and are not done.", r.Held))
	}
}
