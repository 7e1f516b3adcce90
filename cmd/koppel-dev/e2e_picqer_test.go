package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/picqer"
)

var warehouses = []scenario{
	{"a warehouse is read, and its orders are sent, changed, received and cancelled", aWarehouseBothWays},
	{"an order that was made and not made final goes on at the second step", aHalfMadeOrderGoesOn},
	{"a delivery is pushed once though the answer was lost", aDeliveryIsPushedOnce},
	{"a stop holds what is due until it ends", aStopHoldsPushes},
}

// account is a Picqer account coupled to a webshop of its own.
type account struct {
	*picqer.Account
	*site
}

func newAccount(t *testing.T, l *land) *account {
	t.Helper()
	remote, err := picqer.New(picqer.Config{Products: 30, Suppliers: 2, Orders: 12, RateLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(remote.Handler())
	t.Cleanup(func() {
		remote.Close()
		server.Close()
	})
	a := &account{Account: remote, site: &site{land: l, url: server.URL}}
	if a.webshop, err = l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"}); err != nil {
		t.Fatal(err)
	}
	a.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: a.webshop.ID, Connector: "picqer", Name: t.Name(), Settings: map[string]any{"main_warehouse": "1", "push.line_price": true},
		Credentials: client.Credentials{"url": server.URL, "api_key": "picqer_demo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.activate(t)
	return a
}

// buy drafts an order of two products.
func (a *account) buy(t *testing.T) client.Object {
	t.Helper()
	order := client.NewBuyOrder{Webshop: a.webshop.ID, ExpectedDeliveryDate: "2031-05-06"}
	for _, supplier := range a.objects(t, koppel.Suppliers) {
		order.Supplier = supplier.ID
		break
	}
	for _, product := range a.objects(t, koppel.Products) {
		order.Lines = append(order.Lines, client.NewBuyOrderLine{Product: product.ID, Quantity: int64(len(order.Lines) + 11), SubtotalValue: "25.00"})
		if len(order.Lines) == 2 {
			break
		}
	}
	draft, err := a.land.api.CreateBuyOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

func (a *account) read(t *testing.T, object koppel.Object) {
	t.Helper()
	if run := a.sync(t, client.Sync{Object: object, Mode: koppel.ModeFull}); run.State != koppel.RunSucceeded {
		t.Errorf("reading %s ended as %s: %+v", object, run.State, run)
	}
}

// remoteOrder finds an order in what the account says the truth is.
func (a *account) remoteOrder(t *testing.T, id string) (found remoteOrder) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/_demo/truth/purchaseorders", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	for lines := json.NewDecoder(response.Body); lines.More(); {
		var order remoteOrder
		if err := lines.Decode(&order); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(order.ID) == id {
			found = order
		}
	}
	if found.ID == 0 {
		t.Fatalf("Picqer has no purchase order %s", id)
	}
	return found
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (a *account) place(t *testing.T, id string) string {
	t.Helper()
	placed, err := a.land.api.PlaceBuyOrder(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return placed.Push.Outbox
}

// awaitWrite waits until a write is in a state.
func (a *account) awaitWrite(t *testing.T, id, state string) (w client.Write) {
	t.Helper()
	await(t, "the write to be "+state, func(ctx context.Context) (bool, string) {
		var err error
		if w, err = a.land.api.Write(ctx, id); err != nil {
			return false, err.Error()
		}
		return w.State == state, fmt.Sprintf("%+v", w)
	})
	return w
}

func aWarehouseBothWays(t *testing.T, l *land) {
	a := newAccount(t, l)
	for object, least := range map[koppel.Object]int{koppel.Suppliers: 2, koppel.Products: 30, koppel.SupplierProducts: 20, koppel.ProductCompositions: 2} {
		if got := len(a.objects(t, object)); got < least {
			t.Errorf("%d %s, want %d", got, object, least)
		}
	}
	draft := a.buy(t)
	preview, err := l.api.PreviewBuyOrder(t.Context(), draft.ID, "")
	if err != nil || len(preview.Push.Requests) != 2 || a.Ledger().PurchaseOrders != 0 {
		t.Fatalf("preview %+v, %v, ledger %+v", preview, err, a.Ledger())
	}
	sent := a.awaitWrite(t, a.place(t, draft.ID), "sent")
	if ledger := a.Ledger(); ledger.PurchaseOrders != 1 || len(ledger.Concepts) != 0 {
		t.Fatalf("ledger %+v", ledger)
	}

	edited, err := l.api.EditBuyOrder(t.Context(), draft.ID, client.BuyOrderEdit{ExpectedDeliveryDate: "2031-06-01"})
	if err != nil || edited.Push == nil {
		t.Fatalf("edited %+v, %v", edited, err)
	}
	again, err := l.api.EditBuyOrder(t.Context(), draft.ID, client.BuyOrderEdit{ExpectedDeliveryDate: "2031-06-02"})
	if err != nil || again.Push == nil {
		t.Fatalf("edited again %+v, %v", again, err)
	}
	await(t, "the last edit to arrive", func(context.Context) (bool, string) {
		got := a.remoteOrder(t, sent.RemoteID)
		return got.DeliveryDate == "2031-06-02" && got.Status == "purchased", fmt.Sprintf("%+v", got)
	})

	cancelled, err := l.api.CancelBuyOrder(t.Context(), draft.ID)
	if err != nil || cancelled.Push == nil {
		t.Fatalf("cancelled %+v, %v", cancelled, err)
	}
	await(t, "the cancel to arrive", func(context.Context) (bool, string) {
		got := a.remoteOrder(t, sent.RemoteID)
		return got.Status == "cancelled", fmt.Sprintf("%+v", got)
	})

	second := a.buy(t)
	bought := a.awaitWrite(t, a.place(t, second.ID), "sent")
	var what []picqer.Received
	for _, line := range a.remoteOrder(t, bought.RemoteID).Lines {
		what = append(what, picqer.Received{Line: line.ID, Amount: line.Amount})
	}
	if _, err := a.Receive(number(t, bought.RemoteID), what, true); err != nil {
		t.Fatal(err)
	}
	a.read(t, koppel.BuyOrders)
	a.read(t, koppel.ItemDeliveries)
	if got := len(a.objects(t, koppel.ItemDeliveries)); got != len(what) {
		t.Errorf("%d deliveries, want %d", got, len(what))
	}
	got, err := l.api.BuyOrder(t.Context(), second.ID)
	if err != nil || len(got.Sources) != 1 || string(got.Values["completed_at"]) == "null" {
		t.Errorf("the received order is %+v, %v", got, err)
	}
	for _, order := range a.objects(t, koppel.BuyOrders) {
		if order.ID != second.ID && order.DeletedAt == nil {
			t.Errorf("a buy order beside the one that was adopted is alive: %+v", order)
		}
	}
}

func aHalfMadeOrderGoesOn(t *testing.T, l *land) {
	a := newAccount(t, l)
	if err := a.Misbehave(picqer.Misbehaviour{Faults: []picqer.Fault{
		{Kind: picqer.ErrorAfter, Times: 1, Method: "POST", Path: "/purchaseorders"},
		{Kind: picqer.ErrorBefore, Times: 1, Method: "POST", Suffix: "/mark-as-purchased"},
	}}); err != nil {
		t.Fatal(err)
	}
	a.awaitWrite(t, a.place(t, a.buy(t).ID), "sent")
	if ledger := a.Ledger(); ledger.PurchaseOrders != 1 || len(ledger.Concepts) != 0 || len(ledger.Doubled) != 0 {
		t.Errorf("ledger %+v", ledger)
	}
}

func aStopHoldsPushes(t *testing.T, l *land) {
	a := newAccount(t, l)
	stop, err := l.api.StopPushes(t.Context(), client.NewPushStop{Coupling: a.coupling.ID, Reason: "stock is counted"})
	if err != nil {
		t.Fatal(err)
	}
	outbox := a.place(t, a.buy(t).ID)
	await(t, "the stop to hold the write", func(ctx context.Context) (bool, string) {
		w, err := l.api.Write(ctx, outbox)
		return err == nil && w.Held == "stop", fmt.Sprintf("%+v %v", w, err)
	})
	if a.Ledger().PurchaseOrders != 0 {
		t.Error("it was sent in spite of the stop")
	}
	if _, err := l.api.EndPushStop(t.Context(), stop.ID); err != nil {
		t.Fatal(err)
	}
	a.awaitWrite(t, outbox, "sent")
}

// remoteOrder is an order as the account tells the truth about it.
type remoteOrder struct {
	ID           int64  `json:"idpurchaseorder"`
	Status       string `json:"status"`
	DeliveryDate string `json:"delivery_date"`
	Lines        []struct {
		ID     int64 `json:"idpurchaseorder_product"`
		Amount int64 `json:"amount"`
	} `json:"products"`
}

// sync.md 6: a delivery that is booked here reaches the receiver of its order
// once, though the answer was lost, and comes back as what it is.
func aDeliveryIsPushedOnce(t *testing.T, l *land) {
	a := newAccount(t, l)
	draft := a.buy(t)
	bought := a.awaitWrite(t, a.place(t, draft.ID), "sent")
	order, err := l.api.BuyOrder(t.Context(), draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	var lines []struct {
		Product struct {
			ID string `json:"id"`
		} `json:"product"`
		Quantity int64 `json:"quantity"`
	}
	if err := json.Unmarshal(order.Values["lines"], &lines); err != nil || len(lines) != 2 {
		t.Fatalf("lines %s, %v", order.Values["lines"], err)
	}
	if err := a.Misbehave(picqer.Misbehaviour{Faults: []picqer.Fault{
		{Kind: picqer.ErrorAfter, Times: 1, Method: "POST", Suffix: "/receipts"},
	}}); err != nil {
		t.Fatal(err)
	}
	booked, err := l.api.BookDelivery(t.Context(), draft.ID, client.NewDelivery{Product: lines[0].Product.ID, Quantity: lines[0].Quantity})
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the delivery to be in Picqer", func(ctx context.Context) (bool, string) {
		list, err := l.api.Writes(ctx, client.WriteFilter{Coupling: a.coupling.ID})
		if err != nil || len(list.Data) == 0 {
			return false, fmt.Sprint(err)
		}
		w := list.Data[0]
		return w.Object == koppel.ItemDeliveries && w.State == "sent", fmt.Sprintf("%+v", w)
	})
	posted := int64(0)
	for _, c := range a.Ledger().Counts {
		if c.Method == "POST" && c.Effect == "receipt.created" {
			posted += c.Count
		}
	}
	if posted != 1 {
		t.Errorf("%d receipts were made, want one: %+v", posted, a.Ledger().Counts)
	}
	a.read(t, koppel.BuyOrders)
	a.read(t, koppel.ItemDeliveries)
	all := a.objects(t, koppel.ItemDeliveries)
	if len(all) != 1 {
		t.Errorf("%d deliveries, want the one that was booked: %+v", len(all), all)
	}
	for _, o := range all {
		if o.ID != booked.ID {
			t.Errorf("delivery %s came back as %s", booked.ID, o.ID)
		}
	}
	if got := a.remoteOrder(t, bought.RemoteID); got.Status == "received" {
		t.Errorf("the order is received as a whole: %+v", got)
	}
}
