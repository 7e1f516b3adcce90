package api

import (
	"context"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// receiver is the one coupling that a buy order goes to: the wanted one, else
// the only one that takes buy orders, else the only one of those that the
// order's supplier comes from. Two possible receivers are asked for, never both.
func (s *server) receiver(ctx context.Context, scope store.Scope, order object, wanted string) (store.Coupling, error) {
	const op = "choose the coupling of the buy order"
	takers, err := s.takers(ctx, scope)
	if err != nil {
		return store.Coupling{}, err
	}
	if wanted != "" {
		c, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, wanted) })
		if err != nil {
			return store.Coupling{}, err
		}
		if !slices.ContainsFunc(takers, func(t store.Coupling) bool { return t.ID == c.ID }) {
			return store.Coupling{}, koppel.E(koppel.KindConflict, op, "coupling "+c.Name+" takes no buy orders: it is "+string(c.State)+", its connector cannot write them, or the setting buy_orders is off")
		}
		return c, nil
	}
	if len(takers) == 0 {
		return store.Coupling{}, koppel.E(koppel.KindConflict, op, "no coupling of the webshop takes buy orders; activate one whose connector writes them, with the setting buy_orders on")
	}
	if len(takers) > 1 {
		known, err := s.couplingsOfSupplier(ctx, scope, order)
		if err != nil {
			return store.Coupling{}, err
		}
		own := slices.DeleteFunc(slices.Clone(takers), func(t store.Coupling) bool { return !slices.Contains(known, t.UUID) })
		if len(own) != 1 {
			names := each(takers, func(t store.Coupling) string { return t.Name + " (" + t.UUID + ")" })
			return store.Coupling{}, koppel.E(koppel.KindConflict, op, "several couplings could receive the order; name one as coupling: "+strings.Join(names, ", "))
		}
		takers = own
	}
	return takers[0], nil
}

// takers are the couplings of the webshop that buy orders can be pushed to.
func (s *server) takers(ctx context.Context, scope store.Scope) ([]store.Coupling, error) {
	var takers []store.Coupling
	filter := store.CouplingFilter{Limit: 500}
	for more := true; more; {
		page, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Page[store.Coupling], error) { return tx.Couplings(ctx, filter) })
		if err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			switch c.State {
			case koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth:
			default:
				continue
			}
			connector, err := s.connectorOf(ctx, c)
			if err != nil {
				return nil, err
			}
			settings, err := settingsOf(c, connector)
			if err != nil {
				return nil, err
			}
			if connector.Push[koppel.BuyOrders] != nil && settings["buy_orders"] != "off" {
				takers = append(takers, c)
			}
		}
		filter.After, more = page.Next, page.Next != ""
	}
	return takers, nil
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
