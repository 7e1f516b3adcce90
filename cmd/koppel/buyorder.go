package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) buyOrderCommand() *cobra.Command {
	return noun("buy-order", "Make buy orders, place and change them and see them arrive", p.buyOrderCreate(), p.buyOrderEdit(), p.buyOrderPlace(), p.buyOrderPush(), p.buyOrderReceive(),
		p.buyOrderCancel(), p.buyOrderShow())
}

// buyOrder finds the buy order that an argument names.
func (p *program) buyOrder(ctx context.Context, arg string) (c *client.Client, id string, err error) {
	if c, err = p.api(); err != nil {
		return nil, "", err
	}
	id, err = objectID(ctx, c, koppel.BuyOrders, arg)
	return c, id, err
}

func (p *program) buyOrderCreate() *cobra.Command {
	var (
		n     client.NewBuyOrder
		lines []string
	)
	cmd := &cobra.Command{
		Use: "create --webshop WEBSHOP --supplier SUPPLIER --line PRODUCT:QUANTITY:VALUE", Short: "Make a draft, which is not sent until it is placed", Args: cobra.NoArgs,
		Long:    "Make a draft of a buy order. A line is the id of a product, a quantity in stock units and the value of the whole\nline ex VAT, joined by colons.",
		Example: "  koppel buy-order create --webshop 8f2c1a --supplier 77e0d2 --line 3b1f9e:24:180.00 --line 90ac41:6:59.40 --expected 2026-02-10",
		RunE: p.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			var err error
			if n.Webshop, err = webshopID(ctx, c, n.Webshop); err != nil {
				return err
			}
			if n.Supplier, err = objectID(ctx, c, koppel.Suppliers, n.Supplier); err != nil {
				return err
			}
			if n.ExpectedDeliveryDate != "" {
				if _, err := time.Parse(time.DateOnly, n.ExpectedDeliveryDate); err != nil {
					return usagef("--expected %q is no day such as 2026-01-31", n.ExpectedDeliveryDate)
				}
			}
			for _, text := range lines {
				line, err := buyOrderLine(ctx, c, text)
				if err != nil {
					return err
				}
				n.Lines = append(n.Lines, line)
			}
			o, err := c.CreateBuyOrder(ctx, n)
			if err != nil {
				return err
			}
			if err := p.showObject(o); err != nil {
				return err
			}
			p.note("It is a draft. Send it: koppel buy-order place %s", o.ID)
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&n.Webshop, "webshop", "", "the webshop that buys")
	flags.StringVar(&n.Supplier, "supplier", "", "id of the supplier: koppel object list suppliers")
	flags.StringVar(&n.ExpectedDeliveryDate, "expected", "", "day on which the goods should arrive")
	flags.StringArrayVar(&lines, "line", nil, "PRODUCT:QUANTITY:VALUE; may be repeated")
	for _, name := range []string{"webshop", "supplier", "line"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func buyOrderLine(ctx context.Context, c *client.Client, text string) (client.NewBuyOrderLine, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return client.NewBuyOrderLine{}, usagef("--line %q does not read PRODUCT:QUANTITY:VALUE", text)
	}
	quantity, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || quantity < 1 {
		return client.NewBuyOrderLine{}, usagef("--line %q: %q is no whole number above zero", text, parts[1])
	}
	value, err := decimal.NewFromString(parts[2])
	if err != nil || value.IsNegative() {
		return client.NewBuyOrderLine{}, usagef("--line %q: %q is no amount such as 180.00", text, parts[2])
	}
	product, err := objectID(ctx, c, koppel.Products, parts[0])
	return client.NewBuyOrderLine{Product: product, Quantity: quantity, SubtotalValue: parts[2]}, err
}

func (p *program) buyOrderPlace() *cobra.Command {
	var (
		coupling string
		wait     bool
	)
	cmd := &cobra.Command{
		Use: "place BUY-ORDER", Short: "Place a draft, which sends it to the remote system", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order place 4c92aa\n  koppel buy-order place 4c92aa --coupling 8f2c1a --wait",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			if coupling, err = couplingID(ctx, c, coupling); err != nil {
				return err
			}
			placed, err := c.PlaceBuyOrder(ctx, id, coupling)
			if err != nil {
				return err
			}
			if wait && placed.Push != nil && placed.Push.Run != "" {
				return p.watch(ctx, c, placed.Push.Run)
			}
			return p.showPlaced(id, placed)
		}),
	}
	cmd.Flags().StringVar(&coupling, "coupling", "", "which coupling receives it, where several could")
	cmd.Flags().BoolVar(&wait, "wait", false, "watch the push until it ends; exit code 6 when it ends not green")
	return cmd
}

func (p *program) showPlaced(id string, placed client.Placed) error {
	err := p.show(placed, func(t *table) {
		t.pair("id", id)
		t.pair("placed", placed.PlacedAt)
		if placed.Push != nil {
			pushedRows(t, placed.Push)
		}
	})
	switch {
	case placed.Push == nil:
		p.note("It stays here: no coupling takes buy orders. Book what comes in, which raises the stock in the shop: koppel buy-order receive %s --line PRODUCT:QUANTITY", id)
	case placed.Push.Run != "":
		p.note("Watch it: koppel run watch %s", placed.Push.Run)
	}
	return err
}

func pushedRows(t *table, push *client.Push) {
	t.pair("push", push.State)
	t.pair("outbox", push.Outbox)
	t.pair("run", push.Run)
}

func (p *program) buyOrderShow() *cobra.Command {
	return &cobra.Command{
		Use: "show BUY-ORDER", Short: "Show a buy order with its lines and where it was sent", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order show 4c92aa",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			o, err := c.BuyOrder(ctx, id)
			if err != nil {
				return err
			}
			return p.showObject(o)
		}),
	}
}
