package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) buyOrderReceive() *cobra.Command {
	var lines []string
	cmd := &cobra.Command{
		Use: "receive BUY-ORDER", Short: "Book what came in on a buy order; it is sent to the system that has the order", Args: cobra.ExactArgs(1),
		Example: "  koppel buy-order receive 4c92aa --line 3b1f9e:24\n  koppel buy-order receive 4c92aa --line 3b1f9e:-2",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.buyOrder(ctx, args[0])
			if err != nil {
				return err
			}
			var booked []client.NewDelivery
			for _, text := range lines {
				d, err := receivedLine(ctx, c, text)
				if err != nil {
					return err
				}
				booked = append(booked, d)
			}
			for _, d := range booked {
				o, err := c.BookDelivery(ctx, id, d)
				if err != nil {
					return err
				}
				if err := p.showObject(o); err != nil {
					return err
				}
			}
			p.note("See where it goes: koppel push list")
			return nil
		}),
	}
	cmd.Flags().StringArrayVar(&lines, "line", nil, "PRODUCT:QUANTITY in stock units, negative went back; may be repeated")
	_ = cmd.MarkFlagRequired("line")
	return cmd
}

func receivedLine(ctx context.Context, c *client.Client, text string) (client.NewDelivery, error) {
	name, amount, ok := strings.Cut(text, ":")
	quantity, err := strconv.ParseInt(amount, 10, 64)
	if !ok || err != nil || quantity == 0 {
		return client.NewDelivery{}, usagef("--line %q does not read PRODUCT:QUANTITY, the quantity a whole number", text)
	}
	product, err := objectID(ctx, c, koppel.Products, name)
	return client.NewDelivery{Product: product, Quantity: quantity}, err
}

func (p *program) shipmentCommand() *cobra.Command {
	return noun("shipment", "Book what is sent to customers", p.shipmentBook())
}

func (p *program) shipmentBook() *cobra.Command {
	var n client.NewShipment
	cmd := &cobra.Command{
		Use: "book SELL-ORDER", Short: "Book that a sell order was sent; carrier and code go to the system that it came from", Args: cobra.ExactArgs(1),
		Example: "  koppel shipment book 71d0fe --carrier POSTNL --code 3SABC1234567",
		RunE: p.calling(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := objectID(ctx, c, koppel.SellOrders, args[0])
			if err != nil {
				return err
			}
			o, err := c.BookShipment(ctx, id, n)
			if err != nil {
				return err
			}
			if err := p.showObject(o); err != nil {
				return err
			}
			p.note("See where it goes: koppel push list")
			return nil
		}),
	}
	cmd.Flags().StringVar(&n.Carrier, "carrier", "", "carrier, as the system that the order came from knows it")
	cmd.Flags().StringVar(&n.TrackingCode, "code", "", "the carrier's tracking code")
	cmd.Flags().StringVar(&n.TrackingURL, "url", "", "where the customer follows it")
	return cmd
}
