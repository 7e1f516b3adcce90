package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var orders = []scenario{
	{"a buy order arrives once and its ids come back", aBuyOrderArrivesOnce},
	{"a buy order whose answer was lost is not sent twice", aLostAnswerIsNotSentTwice},
	{"sixty orders an hour begin, the next one waits and says so", theDefaultCapHolds},
	{"where the remote has no purchase orders a delivery pushes stock, once", aDeliveryRaisesTheStock},
}

// order is a buy order of two products for one supplier.
func (s *site) order(t *testing.T) client.NewBuyOrder {
	t.Helper()
	suppliers, products := s.objects(t, koppel.Suppliers), s.objects(t, koppel.Products)
	order := client.NewBuyOrder{Webshop: s.webshop.ID, ExpectedDeliveryDate: "2031-05-06"}
	for _, supplier := range suppliers {
		order.Supplier = supplier.ID
		break
	}
	for _, product := range products {
		order.Lines = append(order.Lines, client.NewBuyOrderLine{Product: product.ID, Quantity: int64(len(order.Lines) + 2), SubtotalValue: "25.00"})
		if len(order.Lines) == 2 {
			break
		}
	}
	return order
}

// place makes a buy order and places it.
func (s *site) place(t *testing.T) client.Placed {
	t.Helper()
	order := s.order(t)
	draft, err := s.land.api.CreateBuyOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.shop.PurchaseOrders()) != 0 {
		t.Error("a draft was sent")
	}
	placed, err := s.land.api.PlaceBuyOrder(t.Context(), draft.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if placed.Push == nil {
		t.Fatalf("nothing is to be sent: %+v", placed)
	}
	return placed
}

// wantOnce waits until the order has its remote id and checks the shop's ledger.
func (s *site) wantOnce(t *testing.T, placed client.Placed) {
	t.Helper()
	var order client.Object
	await(t, "the remote's ids of the buy order and its lines", func(ctx context.Context) (bool, string) {
		var err error
		if order, err = s.land.api.BuyOrder(ctx, placed.ID); err != nil {
			return false, err.Error()
		}
		lines := linesOf(order)
		sent := !slices.ContainsFunc(lines, func(line orderLine) bool { return line.RemoteID == "" })
		return len(order.Sources) == 1 && len(lines) == 2 && sent, fmt.Sprintf("%+v, lines %s, push %+v, ledger %+v", order.Sources, order.Values["lines"], placed.Push, s.shop.Ledger())
	})
	all := s.shop.PurchaseOrders()
	if len(all) != 1 || len(all[0].IDs) != 1 {
		t.Fatalf("the shop has %+v, want one order", all)
	}
	var reference string
	if err := json.Unmarshal(order.Values["reference"], &reference); err != nil || reference != all[0].Reference || reference == "" {
		t.Errorf("our reference is %q (%v), the shop's %q", reference, err, all[0].Reference)
	}
	if got := order.Sources[0].RemoteID; got != fmt.Sprint(all[0].IDs[0]) {
		t.Errorf("the remote id is %s, in the shop %d", got, all[0].IDs[0])
	}
	in := map[string]int64{}
	for _, line := range all[0].Orders[0].Lines {
		in[fmt.Sprint(line.ID)] = line.Quantity
	}
	for i, line := range linesOf(order) {
		if quantity, ok := in[line.RemoteID]; !ok || line.Quantity != quantity {
			t.Errorf("line %d is %+v, in the shop %+v", i, line, all[0].Orders[0].Lines)
		}
	}
}

// orderLine is what a test looks at in a line of a buy order.
type orderLine struct {
	RemoteID string `json:"remote_id"`
	Quantity int64  `json:"quantity"`
}

// linesOf reads the lines of a buy order; none when they cannot be read.
func linesOf(order client.Object) []orderLine {
	var lines []orderLine
	if json.Unmarshal(order.Values["lines"], &lines) != nil {
		return nil
	}
	return lines
}

func aBuyOrderArrivesOnce(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.wantOnce(t, s.place(t))
}

func aLostAnswerIsNotSentTwice(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "POST", Path: "/purchase-orders", Times: 1, Share: 1})
	s.wantOnce(t, s.place(t))
	if doubled := s.shop.Ledger().Doubled; len(doubled) != 0 {
		t.Errorf("ordered twice: %v", doubled)
	}
}

// sync.md 6: the default cap is an alarm, not silence.
func theDefaultCapHolds(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	order := s.order(t)
	const most = 60
	for range most + 1 {
		draft, err := l.api.CreateBuyOrder(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.api.PlaceBuyOrder(t.Context(), draft.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	count := func(ctx context.Context, f client.WriteFilter) int {
		f.Webshop, f.Limit = s.webshop.ID, pageSize
		n := 0
		for _, err := range client.All(ctx, f.Page, func(ctx context.Context, page client.Page) (client.List[client.Write], error) {
			f.Page = page
			return l.api.Writes(ctx, f)
		}) {
			if err != nil {
				return -1
			}
			n++
		}
		return n
	}
	await(t, "all orders but one to be sent", func(ctx context.Context) (bool, string) {
		sent, held := count(ctx, client.WriteFilter{State: "sent"}), count(ctx, client.WriteFilter{Held: true})
		return sent == most && held == 1, fmt.Sprintf("%d sent, %d held", sent, held)
	})
	if n := len(s.shop.PurchaseOrders()); n != most {
		t.Errorf("the shop has %d orders, want %d", n, most)
	}
	list, err := l.api.Writes(t.Context(), client.WriteFilter{Webshop: s.webshop.ID, Held: true})
	if err != nil || len(list.Data) != 1 || list.Data[0].Held != "cap" {
		t.Errorf("held are %+v (%v), want one, by the cap", list.Data, err)
	}
	items, err := l.api.Inbox(t.Context(), client.InboxFilter{Webshop: s.webshop.ID})
	if err != nil || !slices.ContainsFunc(items.Data, func(g client.InboxGroup) bool { return g.Cause == koppel.CauseCap }) {
		t.Errorf("the inbox does not tell of the cap (%v): %+v", err, items.Data)
	}
}
