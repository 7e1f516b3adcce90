package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel/client"
)

func (p *program) buyOrderEdit() *cobra.Command {
	var (
		e     client.BuyOrderEdit
		lines []string
	)
	cmd := &cobra.Command{
		Use: "edit BUY-ORDER", Short: "Change a buy order; changes of a placed one are gathered for seconds and sent", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order edit 4c92aa --expected 2026-03-12\n  koppel buy-order edit 4c92aa --line 3b1f9e:24:180.00 --line 90ac41:6:59.40",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			if e.ExpectedDeliveryDate != "" {
				if _, err := time.Parse(time.DateOnly, e.ExpectedDeliveryDate); err != nil {
					return usagef("--expected %q is no day such as 2026-01-31", e.ExpectedDeliveryDate)
				}
			}
			for _, text := range lines {
				line, err := buyOrderLine(ctx, c, text)
				if err != nil {
					return err
				}
				e.Lines = append(e.Lines, line)
			}
			changed, err := c.EditBuyOrder(ctx, id, e)
			if err != nil {
				return err
			}
			return p.showChanged(changed)
		}),
	}
	cmd.Flags().StringVar(&e.ExpectedDeliveryDate, "expected", "", "day on which the goods should arrive")
	cmd.Flags().StringArrayVar(&lines, "line", nil, "PRODUCT:QUANTITY:VALUE; all lines as they should be; may be repeated")
	cmd.MarkFlagsOneRequired("expected", "line")
	return cmd
}

func (p *program) buyOrderCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel BUY-ORDER", Short: "Cancel a buy order, also in the remote system that has it", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order cancel 4c92aa",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			changed, err := c.CancelBuyOrder(ctx, id)
			if err != nil {
				return err
			}
			return p.showChanged(changed)
		}),
	}
}

func (p *program) showChanged(o client.Placed) error {
	if err := p.show(o, func(t *table) {
		objectRows(t, o.Object)
		if o.Push != nil {
			t.gap()
			pushedRows(t, o.Push)
		}
	}); err != nil {
		return err
	}
	if o.Push != nil {
		p.note("See how it goes: koppel push show %s", o.Push.Outbox)
	}
	return nil
}

func (p *program) buyOrderPush() *cobra.Command {
	var (
		coupling string
		dry      bool
	)
	cmd := &cobra.Command{
		Use: "push BUY-ORDER --dry-run", Short: "Show what a push would send, and how it differs from what the remote has", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order push 4c92aa --dry-run\n  koppel buy-order push 4c92aa --dry-run --coupling 8f2c1a --output json",
		RunE: action(func(ctx context.Context, args []string) error {
			if !dry {
				return usagef("a placed order is sent by itself; say --dry-run to see what would be sent, or: koppel buy-order place %s", args[0])
			}
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			if coupling, err = couplingID(ctx, c, coupling); err != nil {
				return err
			}
			shown, err := c.PreviewBuyOrder(ctx, id, coupling)
			if err != nil {
				return err
			}
			return p.show(shown, func(t *table) { previewRows(t, shown) })
		}),
	}
	cmd.Flags().StringVar(&coupling, "coupling", "", "which coupling would receive it, where several could")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "send nothing")
	return cmd
}

func previewRows(t *table, shown client.Preview) {
	t.pair("coupling", shown.Coupling)
	t.pair("remote id", shown.Push.ID)
	t.gap()
	t.row("STEP", "REQUEST", "BODY")
	for _, r := range shown.Push.Requests {
		t.row(r.Step, r.Method+" "+r.URL, string(r.Body))
	}
	if len(shown.Push.Differences) > 0 {
		t.gap()
		t.row("FIELD", "REMOTE HAS", "WOULD BE")
		for _, d := range shown.Push.Differences {
			t.row(d.Path, string(d.Remote), string(d.Ours))
		}
	}
}
