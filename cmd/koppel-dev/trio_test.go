package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/bol"
	"github.com/koppel-io/koppel/fakes/exact"
	"github.com/koppel-io/koppel/fakes/picqer"
)

// What the catalogues have in common: the ERP and the warehouse know the first shared products by SKU, the marketplace
// the first sold of them by EAN. Each has some that nobody else knows.
const (
	erpItems, wmsProducts, offers = 20, 12, 9
	shared, sold                  = 10, 8
	division                      = 123456
)

// trio is a webshop with an ERP, a warehouse and a marketplace.
type trio struct {
	land   *land
	erp    *site
	exact  *exact.Site
	gate   *gate
	wms    *account
	market *market
	goods  []goods
}

// goods is a product as the warehouse tells the truth about it.
type goods struct {
	ID       int64  `json:"idproduct"`
	SKU      string `json:"productcode"`
	EAN      string `json:"barcode"`
	Supplier int64  `json:"idsupplier"`
	Stock    []struct {
		Amount int64 `json:"stock"`
	} `json:"stock"`
}

// gate lets something happen in the middle of a run: just before the remote sees a request.
type gate struct {
	http.Handler
	mu   sync.Mutex
	path string
	then func()
}

// once lets then happen before the next request of a path.
func (g *gate) once(path string, then func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.path, g.then = path, then
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	var then func()
	if g.then != nil && strings.Contains(r.URL.Path, g.path) {
		then, g.then = g.then, nil
	}
	g.mu.Unlock()
	if then != nil {
		then()
	}
	g.Handler.ServeHTTP(w, r)
}

// newTrio opens the three, lets their catalogues overlap, and couples one webshop to all of them: the ERP first.
func newTrio(t *testing.T, l *land) *trio {
	t.Helper()
	webshop, err := l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"})
	if err != nil {
		t.Fatal(err)
	}
	s := &trio{land: l}
	s.openWarehouse(t, webshop)
	s.openERP(t, webshop)
	s.erp.connect(t)
	s.erp.awaitState(t, koppel.CouplingActive)
	s.wms.activate(t)

	var eans []string
	for _, g := range s.goods[:sold] {
		eans = append(eans, g.EAN)
	}
	s.market = newMarket(t, l, webshop, bol.Config{Offers: offers, EANs: eans, Orders: -1, FBBEvery: -1, NoLimits: true}, koppel.RoleSecondary)
	settings := map[string]any{"push.stock": true, "push.shipments": true, "buy_orders": "off", "orders_per_minute": 600, "order_details_per_minute": 6000, "shipments_per_minute": 600}
	if _, err := l.api.SetSettings(t.Context(), s.market.coupling.ID, settings); err != nil {
		t.Fatal(err)
	}
	s.market.activate(t)
	return s
}

func (s *trio) openWarehouse(t *testing.T, webshop client.Webshop) {
	t.Helper()
	remote, err := picqer.New(picqer.Config{Products: wmsProducts, Suppliers: 2, Orders: -1, ComposedEvery: -1, RateLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(remote.Handler())
	t.Cleanup(func() { remote.Close(); server.Close() })
	s.wms = &account{remote, &site{land: s.land, url: server.URL, webshop: webshop}}
	s.wms.coupling, err = s.land.api.CreateCoupling(t.Context(), client.NewCoupling{
		Webshop: webshop.ID, Connector: "picqer", Name: "Warehouse of " + t.Name(),
		Settings:    map[string]any{"main_warehouse": "1", "sync.sell_orders": false, "buy_orders.suppliers": []string{"Supplier 1"}},
		Credentials: client.Credentials{"url": server.URL, "api_key": "picqer_demo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.goods = s.stored(t)
}

// stored are the products of the warehouse as it tells the truth about them.
func (s *trio) stored(t *testing.T) (all []goods) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.wms.url+"/_demo/truth/products", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	for lines := json.NewDecoder(response.Body); lines.More(); {
		var one goods
		if err := lines.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if len(all) != wmsProducts {
		t.Fatalf("the warehouse tells of %d products, want %d", len(all), wmsProducts)
	}
	return all
}

// openERP opens an administration that knows the warehouse's suppliers and its first products.
func (s *trio) openERP(t *testing.T, webshop client.Webshop) {
	t.Helper()
	name := "exact-trio"
	// A token may be renewed as soon as it is there, since the test lets one end early.
	publishExact(t, s.land, name, "min_age: 570s", "min_age: 1s")
	var err error
	s.exact, err = exact.New(exact.Config{
		Items: erpItems, Suppliers: 4, Customers: 3, SalesOrders: 10, PurchaseOrders: 4, BulkPage: 10, MinuteCalls: -1, ErrorCalls: -1, RefreshAfter: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	truth := s.exact.Truth(division)
	for i, g := range s.goods[:shared] {
		s.set(t, "Items", truth.Products[i].ID, map[string]any{"Code": g.SKU, "Barcode": g.EAN})
	}
	for i := range 2 {
		s.set(t, "Accounts", truth.Suppliers[i].ID, map[string]any{"Name": fmt.Sprintf("Supplier %d", i+1)})
	}
	s.gate = &gate{Handler: s.exact.Handler()}
	s.erp = &site{land: s.land, url: serveExact(t, s.exact, s.gate), webshop: webshop}
	if s.erp.coupling, err = s.land.api.CreateCoupling(t.Context(), client.NewCoupling{Webshop: webshop.ID, Connector: name, Name: "ERP of " + t.Name()}); err != nil {
		t.Fatal(err)
	}
}

// set changes a row of the administration as its user would.
func (s *trio) set(t *testing.T, entity, key string, properties map[string]any) {
	t.Helper()
	if err := s.exact.Set(division, entity, key, properties); err != nil {
		t.Fatal(err)
	}
}

// every are all objects of a kind in the webshop that count.
func (s *trio) every(t *testing.T, kind koppel.Object) []client.Object {
	t.Helper()
	list, err := s.land.api.Objects(t.Context(), kind, client.ObjectFilter{Webshop: s.erp.webshop.ID, Page: client.Page{Limit: pageSize}})
	if err != nil {
		t.Fatal(err)
	}
	if list.Next != "" {
		t.Fatalf("there are more than %d %s", pageSize, kind)
	}
	var alive []client.Object
	for _, o := range list.Data {
		if o.DeletedAt == nil {
			alive = append(alive, o)
		}
	}
	return alive
}

// product finds a product by its SKU.
func (s *trio) product(t *testing.T, sku string) client.Object {
	t.Helper()
	list, err := s.land.api.Objects(t.Context(), koppel.Products, client.ObjectFilter{Webshop: s.erp.webshop.ID, SKU: sku})
	if err != nil || len(list.Data) != 1 {
		t.Fatalf("%d products have the SKU %s, want one: %v", len(list.Data), sku, err)
	}
	return list.Data[0]
}

// names of the couplings that carry an object.
func (s *trio) carriers(o client.Object) string {
	var names []string
	for _, c := range []struct{ name, id string }{{"erp", s.erp.coupling.ID}, {"wms", s.wms.coupling.ID}, {"market", s.market.coupling.ID}} {
		for _, source := range o.Sources {
			if source.Coupling == c.id && source.GoneAt == nil {
				names = append(names, c.name)
			}
		}
	}
	return strings.Join(names, " ")
}
