package connectors

import (
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/exact"
	"github.com/koppel-io/koppel/mapping"
)

// administration is a fake administration that is read by the built-in
// connector, and what came of it.
type administration struct {
	*testing.T
	site    *exact.Site
	run     *goldenRun
	objects map[koppel.Object]map[string]koppel.Values
	// client is another client of it, with our app.
	client func(app map[string]koppel.Secret) *rest.Client
}

// newAdministration reads every stream of a fake site and maps what was read.
func newAdministration(t *testing.T, cfg exact.Config, given map[string]any) *administration {
	t.Helper()
	cfg.MinuteCalls = -1
	site, err := exact.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	sources, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(sources["exact-online"])
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.CheckSettings(given); len(problems) > 0 {
		t.Fatal(problems)
	}
	transport, err := rest.NewTransport(rest.TransportConfig{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	settings := c.Defaults(given)
	_, access := site.Login()
	a := &administration{T: t, site: site, run: &goldenRun{connector: c, known: map[[2]string]goldenRecord{}, mapped: map[koppel.Object]int{}}}
	// Nobody shares the budget here, and pacing by the minute is its own test.
	manifest := *c.Manifest
	manifest.HTTP.Budget.Buckets = nil
	a.client = func(app map[string]koppel.Secret) *rest.Client {
		client, err := rest.NewClient(rest.ClientConfig{
			Manifest: &manifest, Credentials: map[string]koppel.Secret{"host": koppel.NewSecret(server.URL)}, App: app,
			Captured: map[string]any{"division": int64(123456)}, Tokens: rest.FixedToken(koppel.NewSecret(access)), Settings: settings, Transport: transport, CredentialKey: t.Name(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return client
	}
	a.run.client = a.client(map[string]koppel.Secret{"client_id": koppel.NewSecret("fake-app"), "client_secret": koppel.NewSecret("fake-secret")})
	if err := a.run.client.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.run.evaluator = mapping.NewEvaluator(c.Mapping, mapping.Env{Settings: settings})
	for _, stream := range c.Manifest.Streams {
		a.read(stream.Name)
	}
	a.mapAll()
	return a
}

func (a *administration) read(name string) {
	a.Helper()
	reader, err := a.run.client.Read(name, rest.ReadOptions{})
	if err != nil {
		a.Fatal(err)
	}
	defer reader.Close()
	for {
		page, err := reader.Next(a.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			a.Fatalf("read %s: %v", name, err)
		}
		for i := range page.Records {
			r := &page.Records[i]
			if r.Err != nil {
				a.Errorf("%s %s: %v", name, r.ID, r.Err)
				continue
			}
			a.run.known[[2]string{name, r.ID}] = goldenRecord{name, r.ID, r.ParentID, []byte(string(r.Raw))}
		}
		page.Release()
	}
	if end := reader.End(); !end.Complete {
		a.Errorf("the read of %s is not complete: %+v", name, end)
	}
}

// mapAll makes the objects of everything that was read.
func (a *administration) mapAll() {
	a.Helper()
	a.objects = map[koppel.Object]map[string]koppel.Values{}
	for key := range a.run.known {
		for _, program := range a.run.connector.Mapping.ByStream(key[0]) {
			for _, o := range a.run.objects(program, key[1]) {
				switch {
				case o.Parked != "":
					a.Errorf("%s %s: %s", key[0], key[1], o.Parked)
				case o.LeftOut:
				default:
					if a.objects[o.Object] == nil {
						a.objects[o.Object] = map[string]koppel.Values{}
					}
					a.objects[o.Object][o.RemoteID] = o.Values.Values
				}
			}
		}
	}
}

// shown are the named fields of an object as text.
func (a *administration) shown(object koppel.Object, id string, names ...string) string {
	values, ok := a.objects[object][id]
	if !ok {
		return "not there"
	}
	var out []string
	for _, name := range names {
		for i, f := range object.Fields() {
			if f.Name == name {
				out = append(out, name+"="+asText(values[i]))
			}
		}
	}
	return strings.Join(out, " ")
}

func asText(v any) string {
	switch v := v.(type) {
	case nil, koppel.Null:
		return "-"
	case decimal.Decimal:
		return v.Round(4).String()
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func price(v *float64) string {
	if v == nil {
		return "-"
	}
	return decimal.NewFromFloat(*v).Round(4).String()
}

func (a *administration) check(object koppel.Object, want map[string]string, names ...string) {
	a.Helper()
	got := map[string]string{}
	for id := range a.objects[object] {
		got[id] = a.shown(object, id, names...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.Errorf("%s (-truth +read):\n%.3000s", object, diff)
	}
	if len(want) == 0 {
		a.Errorf("the site has no %s to compare", object)
	}
}

// Everything that the connector makes of a whole administration equals what
// the site says of itself.
func TestReadsTheWholeAdministration(t *testing.T) {
	t.Parallel()
	a := newAdministration(t, exact.Config{Items: 130, SalesOrders: 60, PurchaseOrders: 40, Page: 7, BulkPage: 40}, nil)
	a.checkTruth()
}

func (a *administration) checkTruth() {
	a.Helper()
	truth := a.site.Truth(123456)
	want := map[string]string{}
	for _, p := range truth.Products {
		status := map[bool]string{true: "disabled", false: "enabled"}[p.Disabled]
		stock := p.Stock
		if p.Unlimited {
			stock = 0
		}
		want[p.ID] = fmt.Sprintf("name=%s sku_code=%s ean_code=%s article_code=%s price=%s stock_level=%d unlimited_stock=%v status=%s assembled=%v",
			p.Name, p.SKU, orDash(p.EAN), p.Article, price(p.Price), stock, p.Unlimited, status, p.Assembled)
	}
	a.check(koppel.Products, want, "name", "sku_code", "ean_code", "article_code", "price", "stock_level", "unlimited_stock", "status", "assembled")
	want = map[string]string{}
	for _, s := range truth.Suppliers {
		want[s.ID] = fmt.Sprintf("name=%s ignored=%v", s.Name, s.Ignored)
	}
	a.check(koppel.Suppliers, want, "name", "ignored")
	want = map[string]string{}
	for _, s := range truth.SupplierProducts {
		minimum := "-"
		if s.Minimum > 0 {
			minimum = fmt.Sprint(s.Minimum)
		}
		status := map[bool]string{true: "disabled", false: "enabled"}[s.Disabled]
		want[s.ID] = fmt.Sprintf("supplier=%s product=%s name=%s sku_code=%s price=%s minimum_purchase_quantity=%s lot_size=%d preferred=%v status=%s",
			s.Supplier, s.Item, s.Name, s.SKU, price(&s.Price), minimum, s.Lot, s.Main, status)
	}
	a.check(koppel.SupplierProducts, want, "supplier", "product", "name", "sku_code", "price", "minimum_purchase_quantity", "lot_size", "preferred", "status")
	want = map[string]string{}
	for _, c := range truth.Compositions {
		want[c.ID] = fmt.Sprintf("composed_product=%s part_product=%s part_quantity=%d", c.Item, c.Part, c.Quantity)
	}
	a.check(koppel.ProductCompositions, want, "composed_product", "part_product", "part_quantity")
	want = map[string]string{}
	for _, o := range truth.SellOrders {
		want[o.ID] = fmt.Sprintf("number=%d total_value=%s", o.Number, price(&o.Total))
	}
	a.check(koppel.SellOrders, want, "number", "total_value")
	want = map[string]string{}
	for _, o := range truth.BuyOrders {
		want[o.ID] = fmt.Sprintf("supplier=%s reference=%s total_value=%s", o.Supplier, o.Reference, price(&o.Total))
	}
	a.check(koppel.BuyOrders, want, "supplier", "reference", "total_value")
	want = map[string]string{}
	for _, d := range truth.Deliveries {
		want[d.ID] = fmt.Sprintf("line=%s quantity=%d", d.Line, d.Quantity)
	}
	a.check(koppel.ItemDeliveries, want, "line", "quantity")
}
