package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type newDelivery struct {
	ByID
	Body struct {
		Product    string    `json:"product" format:"uuid" doc:"A product on the order"`
		Quantity   int64     `json:"quantity" minimum:"-9999999" maximum:"9999999" doc:"Stock units; negative goes back to the supplier"`
		OccurredAt time.Time `json:"occurred_at,omitempty" doc:"Now when absent"`
	}
}

func (s *server) bookDelivery(ctx context.Context, who caller, in *newDelivery) (object, error) {
	return s.book(ctx, who, koppel.BuyOrders, in.ID, func(tx *store.Tx) (store.ObjectRow, error) {
		b := in.Body
		return tx.BookDelivery(ctx, in.ID, store.NewDelivery{Product: b.Product, Quantity: b.Quantity, OccurredAt: b.OccurredAt, By: who.name()})
	})
}

type newShipment struct {
	ByID
	Body struct {
		Carrier      string    `json:"carrier,omitempty" maxLength:"255" doc:"As the system that the order came from knows it"`
		TrackingCode string    `json:"tracking_code,omitempty" maxLength:"255"`
		TrackingURL  string    `json:"tracking_url,omitempty" maxLength:"2000" format:"uri"`
		ShippedAt    time.Time `json:"shipped_at,omitempty" doc:"Now when absent"`
	}
}

func (s *server) bookShipment(ctx context.Context, who caller, in *newShipment) (object, error) {
	return s.book(ctx, who, koppel.SellOrders, in.ID, func(tx *store.Tx) (store.ObjectRow, error) {
		b := in.Body
		return tx.BookShipment(ctx, in.ID, store.NewShipment{Carrier: b.Carrier, TrackingCode: b.TrackingCode, TrackingURL: b.TrackingURL, ShippedAt: b.ShippedAt, By: who.name()})
	})
}

// book books something on an order and has it pushed.
func (s *server) book(ctx context.Context, who caller, of koppel.Object, id string, do func(*store.Tx) (store.ObjectRow, error)) (object, error) {
	order, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) { return getObject(ctx, tx, of, id) })
	if err != nil {
		return object{}, err
	}
	scope, err := s.narrow(ctx, who, order.Webshop)
	if err != nil {
		return object{}, err
	}
	made, err := store.With(ctx, s.Store, scope, do)
	if err != nil {
		return object{}, err
	}
	s.sweep(ctx)
	return showObject(made, order.Webshop), nil
}
