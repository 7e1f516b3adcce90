package api

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

type newBuyOrder struct {
	Body struct {
		Webshop              string            `json:"webshop" format:"uuid"`
		Supplier             string            `json:"supplier" format:"uuid"`
		ExpectedDeliveryDate string            `json:"expected_delivery_date,omitempty" format:"date" doc:"Placing fills it from the supplier's delivery time when absent"`
		Lines                []newBuyOrderLine `json:"lines" minItems:"1" maxItems:"5000" nullable:"false"`
	}
}

type newBuyOrderLine struct {
	Product       string `json:"product" format:"uuid"`
	Quantity      int64  `json:"quantity" minimum:"1" maximum:"9999999" doc:"Stock units"`
	SubtotalValue string `json:"subtotal_value" pattern:"^[0-9]{1,15}([.][0-9]{1,4})?$" patternDescription:"decimal with at most 4 decimals" doc:"Of the whole line, ex VAT"`
}

func (s *server) createBuyOrder(ctx context.Context, who caller, in *newBuyOrder) (object, error) {
	const op = "create buy order"
	b := &in.Body
	scope, err := s.narrow(ctx, who, b.Webshop)
	if err != nil {
		return object{}, err
	}
	draft := store.BuyOrderDraft{Supplier: b.Supplier, By: who.name()}
	if draft.ExpectedDeliveryDate, err = dayOf(op, b.ExpectedDeliveryDate); err != nil {
		return object{}, err
	}
	if draft.Lines, err = linesOf(op, b.Lines); err != nil {
		return object{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (object, error) {
		made, err := tx.CreateBuyOrder(ctx, draft)
		if err != nil {
			return object{}, draftError(op, err)
		}
		return showObject(made, b.Webshop), nil
	})
}

// dayOf reads a day; nil when none is given.
func dayOf(op, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, koppel.E(koppel.KindInvalidRequest, op, "expected_delivery_date must be a day such as 2026-01-31")
	}
	return &day, nil
}

func linesOf(op string, given []newBuyOrderLine) ([]store.BuyOrderLine, error) {
	lines := make([]store.BuyOrderLine, len(given))
	for i, line := range given {
		value, err := decimal.NewFromString(line.SubtotalValue)
		if err != nil {
			return nil, koppel.E(koppel.KindInvalidRequest, op, fmt.Sprintf("lines[%d].subtotal_value is no decimal", i))
		}
		lines[i] = store.BuyOrderLine{Product: line.Product, Quantity: line.Quantity, SubtotalValue: value}
	}
	return lines, nil
}

// draftPart is one thing that the store finds wrong with a draft.
var draftPart = regexp.MustCompile(`^(supplier|lines(?:\[\d+\]\.[a-z_]+)?): (.+)$`)

// draftError gives each thing that the store finds wrong its place in the body.
func draftError(op string, err error) error {
	if koppel.KindOf(err) != koppel.KindInvalidRequest {
		return err
	}
	bad := &fieldErrors{}
	for _, part := range strings.Split(koppel.DetailOf(err), "; ") {
		if found := draftPart.FindStringSubmatch(part); found != nil {
			bad.add("body."+found[1], found[2])
		}
	}
	return cmp.Or(bad.err(op), err)
}

type placeRequest struct {
	ByID
	Body *struct {
		Coupling string `json:"coupling,omitempty" format:"uuid" doc:"Needed only where several couplings could receive it"`
	} `required:"false"`
}

// placed is a placed buy order with its push; none where the order stays here:
// no coupling takes orders, and deliveries raise the stock of one.
type placed struct {
	ID        string        `json:"id"`
	Webshop   string        `json:"webshop"`
	Object    koppel.Object `json:"object"`
	Values    values        `json:"values"`
	ChangedAt time.Time     `json:"changed_at"`
	Sources   []source      `json:"sources"`
	PlacedAt  *time.Time    `json:"placed_at"`
	Push      *push         `json:"push,omitempty"`
}

// push is where a write to a remote stands.
type push struct {
	Outbox string            `json:"outbox" format:"uuid" doc:"The idempotency key of the write"`
	State  store.OutboxState `json:"state" enum:"pending,sending,sent,unknown,parked,dropped"`
	Run    string            `json:"run,omitempty" format:"uuid" doc:"The run that sends it; absent until there is one"`
}

func (s *server) placeBuyOrder(ctx context.Context, who caller, in *placeRequest) (placed, error) {
	order, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) {
		return getObject(ctx, tx, koppel.BuyOrders, in.ID)
	})
	if err != nil {
		return placed{}, err
	}
	scope, err := s.narrow(ctx, who, order.Webshop)
	if err != nil {
		return placed{}, err
	}
	wanted := ""
	if in.Body != nil {
		wanted = in.Body.Coupling
	}
	receiver, err := s.receiver(ctx, scope, order, wanted)
	if err != nil {
		return placed{}, err
	}
	if receiver.ID == 0 {
		return store.With(ctx, s.Store, scope, func(tx *store.Tx) (placed, error) {
			made, err := tx.PlaceBuyOrderHere(ctx, in.ID, who.name())
			return showPlaced(made, order.Webshop, nil), err
		})
	}
	var out placed
	var opened *store.Run
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		opened = nil
		made, row, err := tx.PlaceBuyOrder(ctx, in.ID, receiver.UUID, who.name())
		if err != nil {
			return err
		}
		if row.State == store.OutboxParked {
			// Placing again what was parked is a person's word that it may go now.
			if row, err = tx.RetryOutbox(ctx, row.UUID); err != nil {
				return err
			}
			if err := audit(ctx, tx, who, "buy_order.retry", in.ID, store.OutboxParked, row.State); err != nil {
				return err
			}
		}
		if opened, err = openPush(ctx, tx, who, receiver, row); err != nil {
			return err
		}
		out = showPlaced(made, order.Webshop, &row)
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

// openPush opens the run that sends a write, unless it is done, another run
// has it in hand, or the coupling holds its writes for now.
func openPush(ctx context.Context, tx *store.Tx, who caller, c store.Coupling, row store.Outbox) (*store.Run, error) {
	if row.State == store.OutboxSent || row.State == store.OutboxDropped || c.State != koppel.CouplingActive {
		return nil, nil
	}
	if row.Object.Gathered() {
		return tx.OpenPushes(ctx, store.PushQueue{WebshopID: row.WebshopID, CouplingUUID: c.UUID, Object: row.Object}, koppel.TriggerManual, who.name())
	}
	if row.RunUUID != nil {
		run, err := tx.Run(ctx, *row.RunUUID)
		if err != nil || !run.State.Ended() {
			return nil, err
		}
	}
	opened, err := tx.OpenRun(ctx, store.NewRun{
		Coupling: c.UUID, Direction: koppel.Push, StreamGroup: string(row.Object), Mode: koppel.ModePush, Trigger: koppel.TriggerManual,
		AskedBy: who.name(), WorkflowID: koppel.PushWorkflowID(row.UUID), Keys: store.RunKeys{OutboxID: row.ID},
	})
	if err != nil {
		return nil, err
	}
	return &opened.Run, tx.AttachOutbox(ctx, row.ID, opened.Run.ID)
}

func showPlaced(o store.ObjectRow, webshop string, row *store.Outbox) placed {
	shown := showObject(o, webshop)
	out := placed{
		ID: shown.ID, Webshop: shown.Webshop, Object: shown.Object, Values: shown.Values, ChangedAt: shown.ChangedAt, Sources: shown.Sources,
	}
	if row != nil {
		out.Push = &push{Outbox: row.UUID, State: row.State, Run: text(row.RunUUID)}
	}
	if i, _, ok := koppel.BuyOrders.Field("placed_at"); ok {
		if at, ok := o.Values[i].(time.Time); ok {
			out.PlacedAt = &at
		}
	}
	return out
}
