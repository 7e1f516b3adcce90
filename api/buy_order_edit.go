package api

import (
	"context"
	"encoding/json"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type buyOrderEdit struct {
	ByID
	Body struct {
		Supplier             string            `json:"supplier,omitempty" format:"uuid" doc:"Of a draft only: a placed order keeps its supplier"`
		ExpectedDeliveryDate string            `json:"expected_delivery_date,omitempty" format:"date"`
		Lines                []newBuyOrderLine `json:"lines,omitempty" minItems:"1" maxItems:"5000" nullable:"false" doc:"Replace all lines; one of the same product stays the remote's line"`
	}
}

// changed is a buy order after an edit or a cancel, with the push that brings
// it to the remote.
type changed struct {
	object
	Push *push `json:"push,omitempty" doc:"Absent where nothing is to be sent"`
}

func (s *server) editBuyOrder(ctx context.Context, who caller, in *buyOrderEdit) (changed, error) {
	const op = "edit buy order"
	b := &in.Body
	edit := store.BuyOrderEdit{Gather: s.Gather, By: who.name()}
	var err error
	if b.Supplier != "" {
		edit.Supplier = &b.Supplier
	}
	if edit.ExpectedDeliveryDate, err = dayOf(op, b.ExpectedDeliveryDate); err != nil {
		return changed{}, err
	}
	if len(b.Lines) > 0 {
		if edit.Lines, err = linesOf(op, b.Lines); err != nil {
			return changed{}, err
		}
	}
	return s.changeBuyOrder(ctx, who, in.ID, "update", func(tx *store.Tx) (store.ObjectRow, *store.Outbox, error) {
		made, row, err := tx.EditBuyOrder(ctx, in.ID, edit)
		return made, row, draftError(op, err)
	})
}

func (s *server) cancelBuyOrder(ctx context.Context, who caller, in *ByID) (changed, error) {
	return s.changeBuyOrder(ctx, who, in.ID, "cancel", func(tx *store.Tx) (store.ObjectRow, *store.Outbox, error) {
		return tx.CancelBuyOrder(ctx, in.ID, who.name())
	})
}

// changeBuyOrder changes an order and starts the run that brings the change to
// its coupling. What the connector cannot do to an order that it has is refused.
func (s *server) changeBuyOrder(ctx context.Context, who caller, id, operation string, change func(*store.Tx) (store.ObjectRow, *store.Outbox, error)) (changed, error) {
	order, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) {
		return getObject(ctx, tx, koppel.BuyOrders, id)
	})
	if err != nil {
		return changed{}, err
	}
	scope, err := s.narrow(ctx, who, order.Webshop)
	if err != nil {
		return changed{}, err
	}
	var out changed
	var opened *store.Run
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		opened = nil
		made, row, err := change(tx)
		if err != nil {
			return err
		}
		out = changed{object: showObject(made, order.Webshop)}
		if row == nil {
			return nil
		}
		c, err := tx.CouplingByID(ctx, row.CouplingID)
		if err != nil {
			return err
		}
		if row.Operation == operation {
			if err := s.canPush(ctx, c, operation); err != nil {
				return err
			}
		}
		if row.State != store.OutboxDropped && row.State != store.OutboxParked {
			if opened, err = openPush(ctx, tx, who, c, *row); err != nil {
				return err
			}
		}
		out.Push = showPush(*row)
		if opened != nil {
			out.Push.Run = opened.UUID
		}
		return nil
	})
	if err == nil && opened != nil {
		s.start(ctx, *opened)
	}
	return out, err
}

// canPush refuses what the coupling's connector has no words for.
func (s *server) canPush(ctx context.Context, c store.Coupling, operation string) error {
	connector, err := s.connectorOf(ctx, c)
	if err != nil || connector.Push[koppel.BuyOrders].Can(operation) {
		return err
	}
	return koppel.E(koppel.KindConflict, operation+" placed buy order",
		"connector "+c.Connector+" cannot "+operation+" a purchase order that was sent; change it in "+connector.Name+" itself")
}

func showPush(row store.Outbox) *push {
	return &push{Outbox: row.UUID, State: row.State, Run: text(row.RunUUID)}
}

// previewed is what a push would send now.
type previewed struct {
	Coupling string          `json:"coupling" format:"uuid" doc:"Where it would go"`
	Push     json.RawMessage `json:"push" doc:"The requests that would be sent, redacted, and how they differ from what the remote has"`
}

type previewRequest struct {
	ByID
	Coupling string `query:"coupling" format:"uuid" doc:"Needed only where several couplings could receive it"`
}

func (s *server) previewBuyOrder(ctx context.Context, who caller, in *previewRequest) (previewed, error) {
	order, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) {
		return getObject(ctx, tx, koppel.BuyOrders, in.ID)
	})
	if err != nil {
		return previewed{}, err
	}
	scope, err := s.narrow(ctx, who, order.Webshop)
	if err != nil {
		return previewed{}, err
	}
	receiver, err := s.receiver(ctx, scope, order, in.Coupling)
	if err != nil {
		return previewed{}, err
	}
	if receiver.ID == 0 {
		return previewed{}, koppel.E(koppel.KindConflict, "show what would be sent", "nothing is: no coupling takes buy orders, so the order stays here")
	}
	connector, err := s.connectorOf(ctx, receiver)
	if err != nil {
		return previewed{}, err
	}
	account, err := s.account(ctx, receiver, connector)
	if err != nil {
		return previewed{}, err
	}
	pushed, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.PushedOrder, error) {
		row, err := tx.Object(ctx, koppel.BuyOrders, in.ID)
		if err != nil {
			return store.PushedOrder{}, err
		}
		return tx.BuyOrderToPush(ctx, row.ID, receiver.ID)
	})
	if err != nil {
		return previewed{}, err
	}
	operation := "create"
	switch {
	case pushed.RemoteID != "" && pushed.Deleted:
		operation = "cancel"
	case pushed.RemoteID != "":
		operation = "update"
	}
	shown, err := s.Preview(ctx, account, koppel.BuyOrders, operation, pushed)
	return previewed{Coupling: receiver.UUID, Push: shown}, err
}
