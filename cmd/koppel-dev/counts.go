package main

import (
	"context"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// objectCounts is how many objects there are that the coupling's remote has now.
type objectCounts struct{ products, sellOrders int }

// countObjects counts through the API, object by object.
func countObjects(ctx context.Context, c *client.Client, coupling client.Coupling) (objectCounts, error) {
	products, err := countPresent(ctx, c, koppel.Products, coupling)
	if err != nil {
		return objectCounts{}, err
	}
	orders, err := countPresent(ctx, c, koppel.SellOrders, coupling)
	return objectCounts{products: products, sellOrders: orders}, err
}

// pageSize is how many objects are asked for at a time.
const pageSize = 200

func countPresent(ctx context.Context, c *client.Client, object koppel.Object, coupling client.Coupling) (int, error) {
	n := 0
	list := func(ctx context.Context, page client.Page) (client.List[client.Object], error) {
		return c.Objects(ctx, object, client.ObjectFilter{Page: page, Webshop: coupling.Webshop})
	}
	for o, err := range client.All(ctx, client.Page{Limit: pageSize}, list) {
		if err != nil {
			return n, err
		}
		for _, source := range o.Sources {
			if source.Coupling == coupling.ID && source.GoneAt == nil {
				n++
				break
			}
		}
	}
	return n, nil
}

// compare says where Koppel's counts differ from what the shop says of itself.
func (o objectCounts) compare(shop demoshop.Counts) error {
	if o.products == shop.Products && o.sellOrders == shop.Orders {
		return nil
	}
	return fmt.Errorf("the counts differ: Koppel has %d products and %d sell orders, the demo shop %d and %d",
		o.products, o.sellOrders, shop.Products, shop.Orders)
}
