package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/fakes/picqer"
)

var stocks = []scenario{
	{"a warehouse's stock reaches the shop once and does not come back as a change", stockReachesTheShop},
	{"a stock whose answer was lost is not written over what came after", lostStockIsLookedAt},
}

// stockedShop is a shop that takes its stock from a warehouse that the same webshop is coupled to.
type stockedShop struct {
	*site
	wms *account
	// product of the webshop, known to both: ours, the shop's and the warehouse's id.
	id, inShop string
	inWMS      int64
}

func newStockedShop(t *testing.T, l *land) *stockedShop {
	t.Helper()
	s := &stockedShop{site: newSite(t, l, demoshop.Config{Products: 12, Orders: -1})}
	settings := demoSettings()
	settings["push.stock"] = true
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, settings); err != nil {
		t.Fatal(err)
	}
	s.activate(t)
	remote, err := picqer.New(picqer.Config{Products: 5, Suppliers: 1, Orders: -1, ComposedEvery: -1, RateLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(remote.Handler())
	t.Cleanup(func() { remote.Close(); server.Close() })
	s.wms = &account{remote, &site{land: l, url: server.URL, webshop: s.webshop}}
	s.wms.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: s.webshop.ID, Connector: "picqer", Name: t.Name() + " warehouse", Settings: map[string]any{"main_warehouse": "1"},
		Credentials: client.Credentials{"url": server.URL, "api_key": "picqer_demo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.wms.activate(t)
	for _, p := range s.truths(t) {
		if p.Type == "simple" && p.Manage == true && p.Stock != nil {
			s.inShop = fmt.Sprint(p.ID)
			break
		}
	}
	for key, o := range s.wms.objects(t, koppel.Products) {
		if same(o, "unlimited_stock", false) {
			s.inWMS = number(t, key)
			break
		}
	}
	if s.inShop == "" || s.inWMS == 0 {
		t.Fatal("neither has a product with stock")
	}
	s.id = s.objects(t, koppel.Products)[s.inShop].ID
	s.count(t, 41)
	if _, err := l.api.LinkSource(t.Context(), koppel.Products, s.id, client.Bound{Coupling: s.wms.coupling.ID, RemoteID: fmt.Sprint(s.inWMS)}); err != nil {
		t.Fatal(err)
	}
	return s
}

// count has the warehouse count the product, and reads it.
func (s *stockedShop) count(t *testing.T, amount int64) {
	t.Helper()
	if err := s.wms.SetStock(s.inWMS, 1, amount); err != nil {
		t.Fatal(err)
	}
	s.wms.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
}

// awaitStock waits until the shop has the stock that the webshop's product has, and gives it.
func (s *stockedShop) awaitStock(t *testing.T) (stock int64) {
	t.Helper()
	await(t, "the warehouse's stock in the shop", func(ctx context.Context) (bool, string) {
		o, err := s.land.api.Object(ctx, koppel.Products, s.id)
		if err != nil {
			return false, err.Error()
		}
		for _, p := range s.truths(t) {
			if fmt.Sprint(p.ID) == s.inShop && p.Stock != nil {
				stock = *p.Stock
			}
		}
		return same(o, "stock_level", stock), fmt.Sprintf("%s here, %d in the shop, pushes %+v", o.Values["stock_level"], stock, s.pushes(t))
	})
	return stock
}

// pushes are the shop's writes, newest first.
func (s *site) pushes(t *testing.T) []client.Write {
	t.Helper()
	list, err := s.land.api.Writes(t.Context(), client.WriteFilter{Coupling: s.coupling.ID})
	if err != nil {
		t.Fatal(err)
	}
	return list.Data
}

// settled waits until nothing is on its way to the shop any more.
func (s *site) settled(t *testing.T) []client.Write {
	t.Helper()
	var all []client.Write
	await(t, "all writes to be sent", func(context.Context) (bool, string) {
		all = s.pushes(t)
		for _, w := range all {
			if w.State != "sent" && w.State != "dropped" {
				return false, fmt.Sprintf("%+v", w)
			}
		}
		return true, ""
	})
	return all
}

const productPut = "/products/{id}"

// sync.md 6 and vision 1: a value is written once where it is wanted, and what
// we wrote is no change when it is read back.
func stockReachesTheShop(t *testing.T, l *land) {
	s := newStockedShop(t, l)
	first := s.awaitStock(t)
	s.settled(t)
	s.count(t, 17)
	if second := s.awaitStock(t); second == first {
		t.Errorf("the stock stays %d", second)
	}
	writes := s.settled(t)
	if puts := s.asked("PUT", productPut); puts != 2 {
		t.Errorf("%d writes to the shop, want 2: %+v", puts, s.shop.Ledger().Counts)
	}
	before, err := l.api.Object(t.Context(), koppel.Products, s.id)
	if err != nil {
		t.Fatal(err)
	}
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	s.wms.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	after, err := l.api.Object(t.Context(), koppel.Products, s.id)
	if err != nil {
		t.Fatal(err)
	}
	if string(before.Values["stock_level"]) != string(after.Values["stock_level"]) {
		t.Errorf("the stock was %s and is %s", before.Values["stock_level"], after.Values["stock_level"])
	}
	if now := s.settled(t); len(now) != len(writes) {
		t.Errorf("%d writes, %d before the stock was read back: %+v", len(now), len(writes), now)
	}
	if back := s.wms.pushes(t); len(back) != 0 {
		t.Errorf("the warehouse got its own stock: %+v", back)
	}
}

func lostStockIsLookedAt(t *testing.T, l *land) {
	s := newStockedShop(t, l)
	s.awaitStock(t)
	s.settled(t)
	puts := s.asked("PUT", productPut)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "PUT", Path: "/products", Times: 1})
	s.count(t, 23)
	s.awaitStock(t)
	s.settled(t)
	if now := s.asked("PUT", productPut) - puts; now != 1 {
		t.Errorf("%d writes, want the one whose answer was lost", now)
	}
}
