package api

import (
	"context"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// receiver is the one coupling that a buy order goes to: the wanted one, else
// the one whose settings name the order's supplier, else the only one that
// takes buy orders, else the only one of those that the order's supplier comes
// from. Two possible receivers are asked for, never both. It is none, without
// an error, where no coupling takes orders and deliveries raise the stock of one.
func (s *server) receiver(ctx context.Context, scope store.Scope, order object, wanted string) (store.Coupling, error) {
	const op = "choose the coupling of the buy order"
	takers, raised, err := s.takers(ctx, scope, wanted)
	if err == nil && wanted == "" && len(takers) == 0 && raised {
		return store.Coupling{}, nil
	}
	if err != nil {
		return store.Coupling{}, err
	}
	if wanted != "" {
		c, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, wanted) })
		if err != nil {
			return store.Coupling{}, err
		}
		if !slices.ContainsFunc(takers, func(t taker) bool { return t.ID == c.ID }) {
			return store.Coupling{}, koppel.E(koppel.KindConflict, op, "coupling "+c.Name+" takes no buy orders: it is "+string(c.State)+", its connector cannot write them, or the setting buy_orders is off")
		}
		return c, nil
	}
	if len(takers) == 0 {
		return store.Coupling{}, koppel.E(koppel.KindConflict, op, "no coupling of the webshop takes buy orders; activate one whose connector writes them, with the setting buy_orders on, and that is not in shadow")
	}
	supplier, err := s.supplierOf(ctx, scope, order)
	if err != nil {
		return store.Coupling{}, err
	}
	if named := slices.DeleteFunc(slices.Clone(takers), func(t taker) bool { return !t.connector.Receives(t.settings, supplier...) }); len(named) > 0 {
		takers = named
	}
	if len(takers) > 1 {
		known, err := s.couplingsOfSupplier(ctx, scope, order)
		if err != nil {
			return store.Coupling{}, err
		}
		own := slices.DeleteFunc(slices.Clone(takers), func(t taker) bool { return !slices.Contains(known, t.UUID) })
		if len(own) > 0 {
			takers = own
		}
	}
	if len(takers) > 1 {
		names := each(takers, func(t taker) string { return t.Name + " (" + t.UUID + ")" })
		return store.Coupling{}, koppel.E(koppel.KindConflict, op, "several couplings could receive the order: "+strings.Join(names, ", ")+
			"; name one as coupling (--coupling), or list the supplier in the setting buy_orders.suppliers of one")
	}
	return takers[0].Coupling, nil
}

// taker is a coupling that buy orders can be pushed to.
type taker struct {
	store.Coupling
	connector *connectors.Connector
	settings  map[string]any
}

// takers are the couplings of the webshop that buy orders can be pushed to; one
// in shadow only where it is wanted by name, which is refused with the reason.
// raised tells whether what comes in on an order raises the stock of a coupling.
func (s *server) takers(ctx context.Context, scope store.Scope, wanted string) (takers []taker, raised bool, err error) {
	filter := store.CouplingFilter{Limit: 500}
	for more := true; more; {
		page, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Page[store.Coupling], error) { return tx.Couplings(ctx, filter) })
		if err != nil {
			return nil, false, err
		}
		for _, c := range page.Items {
			switch c.State {
			case koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth:
			default:
				continue
			}
			if c.ShadowSince != nil && c.UUID != wanted {
				continue // another platform still orders there
			}
			connector, err := s.connectorOf(ctx, c)
			if err != nil {
				return nil, false, err
			}
			settings, err := settingsOf(c, connector)
			if err != nil {
				return nil, false, err
			}
			raised = raised || slices.Contains(c.Pushes, koppel.StockOnDelivery)
			if connector.Push[koppel.BuyOrders].Can("create") && connector.Direction(settings) != "off" {
				takers = append(takers, taker{c, connector, settings})
			}
		}
		filter.After, more = page.Next, page.Next != ""
	}
	return takers, raised, nil
}

// supplierOf names the order's supplier: id, name and its ids in remotes.
func (s *server) supplierOf(ctx context.Context, scope store.Scope, order object) ([]string, error) {
	i, _, _ := koppel.BuyOrders.Field("supplier")
	supplier, ok := order.Values.slots[i].(store.Reference)
	if !ok || supplier.UUID == nil {
		return nil, nil
	}
	o, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.ObjectRow, error) {
		return tx.Object(ctx, koppel.Suppliers, *supplier.UUID)
	})
	if err != nil {
		return nil, err
	}
	names := append([]string{o.UUID}, each(o.Sources, func(s store.SourceRow) string { return s.RemoteID })...)
	if n, _, ok := koppel.Suppliers.Field("name"); ok {
		if name, ok := o.Values[n].(string); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// couplingsOfSupplier are the couplings that give the order's supplier.
func (s *server) couplingsOfSupplier(ctx context.Context, scope store.Scope, order object) ([]string, error) {
	i, _, _ := koppel.BuyOrders.Field("supplier")
	supplier, ok := order.Values.slots[i].(store.Reference)
	if !ok || supplier.UUID == nil {
		return nil, nil
	}
	o, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.ObjectRow, error) {
		return tx.Object(ctx, koppel.Suppliers, *supplier.UUID)
	})
	return each(o.Sources, func(s store.SourceRow) string { return s.CouplingUUID }), err
}
