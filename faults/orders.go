package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// goods is what a coupling can order: its webshop's suppliers and some products.
type goods struct{ suppliers, products []string }

// goodsOf is how many products are looked up.
const goodsOf = 20

// goods looks up what the coupling gave its webshop: all suppliers and, by
// their remote ids, some products.
func (s *site) goods(ctx context.Context) (g goods, err error) {
	if g.suppliers, err = s.objects(ctx, koppel.Suppliers, ""); err != nil {
		return g, err
	}
	ids, err := s.shop.sold(ctx, goodsOf)
	if err != nil {
		return g, err
	}
	for _, id := range ids {
		found, err := s.objects(ctx, koppel.Products, id)
		if err != nil {
			return g, err
		}
		g.products = append(g.products, found...)
	}
	return g, nil
}

// objects lists the ids of objects that the coupling has a source of, by one
// remote id where it is given.
func (s *site) objects(ctx context.Context, object koppel.Object, remoteID string) ([]string, error) {
	var ids []string
	err := eventually(ctx, func(ctx context.Context) error {
		list, err := s.api.Objects(ctx, object, client.ObjectFilter{Webshop: s.webshop, RemoteID: remoteID, Page: client.Page{Limit: 100}})
		if err != nil {
			return err
		}
		ids = nil
		for _, o := range list.Data {
			ours := func(source client.Source) bool { return source.Coupling == s.coupling && source.GoneAt == nil }
			if slices.ContainsFunc(o.Sources, ours) {
				ids = append(ids, o.ID)
			}
		}
		if len(ids) == 0 {
			return fmt.Errorf("coupling %s has no %s %s", s.name, object, remoteID)
		}
		return nil
	})
	return ids, err
}

// place makes buy order n of three different products and places it. What was
// made before an answer was lost stays a draft, which is never sent.
func (s *site) place(ctx context.Context, g goods, n int) error {
	order := client.NewBuyOrder{Webshop: s.webshop, Supplier: g.suppliers[n%len(g.suppliers)], ExpectedDeliveryDate: "2031-05-06"}
	for i := range min(3, len(g.products)) {
		product := g.products[(n+i)%len(g.products)]
		order.Lines = append(order.Lines, client.NewBuyOrderLine{Product: product, Quantity: int64(1 + (n+i)%9), SubtotalValue: "25.00"})
	}
	var id string
	err := eventually(ctx, func(ctx context.Context) error {
		draft, err := s.api.CreateBuyOrder(ctx, order)
		id = draft.ID
		return lasting(err)
	})
	if err != nil {
		return fmt.Errorf("make order %d of coupling %s: %w", n, s.name, err)
	}
	err = eventually(ctx, func(ctx context.Context) error {
		_, err := s.api.PlaceBuyOrder(ctx, id, s.coupling)
		return lasting(err)
	})
	if err != nil {
		return fmt.Errorf("place order %d of coupling %s: %w", n, s.name, err)
	}
	return nil
}

// lasting marks what asking again cannot mend.
func lasting(err error) error {
	var problem *client.Problem
	if errors.As(err, &problem) && (problem.Kind == koppel.KindInvalidRequest || problem.Kind == koppel.KindNotFound) {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	return err
}

// order places the board's buy orders, at every coupling of the first webshop
// in turn, once they are active.
func (k *killing) order(ctx context.Context) error {
	sites := k.sites[:k.want.webshops[0]]
	stocks := make([]goods, len(sites))
	for i, s := range sites {
		if err := s.activate(ctx); err != nil {
			return err
		}
		var err error
		if stocks[i], err = s.goods(ctx); err != nil {
			return err
		}
	}
	for n := range k.want.orders {
		i := n % len(sites)
		if err := sites[i].place(ctx, stocks[i], n); err != nil {
			return err
		}
	}
	k.say.say("%d buy orders are placed", k.want.orders)
	return nil
}
