package connectors

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/mapping"
)

// remote is a demo shop behind a real server and a built-in connector that reads it.
type remote struct {
	*testing.T
	shop      *demoshop.Shop
	server    *httptest.Server
	connector *Connector
	settings  map[string]any
	client    *rest.Client
	version   string
	evaluator *mapping.Evaluator
	raw       map[[2]string][]byte
	objects   map[koppel.Object]map[string]koppel.Values
}

type transportKind string

const (
	plainHTTP transportKind = "OAuth 1.0a over http"
	overTLS   transportKind = "Basic over TLS"
)

// newRemote serves a shop and opens the connector to it, with the version that
// it detects. wrap may stand between the server and the shop.
func newRemote(t *testing.T, name string, kind transportKind, cfg demoshop.Config, given map[string]any, wrap func(*demoshop.Shop, http.Handler) http.Handler) *remote {
	t.Helper()
	shop, err := demoshop.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	handler := shop.Handler()
	if wrap != nil {
		handler = wrap(shop, handler)
	}
	r := &remote{T: t, shop: shop, raw: map[[2]string][]byte{}, objects: map[koppel.Object]map[string]koppel.Values{}}
	transport := rest.TransportConfig{Allow: []string{"127.0.0.0/8"}}
	if kind == overTLS {
		r.server = httptest.NewTLSServer(handler)
		transport.Roots = x509.NewCertPool()
		transport.Roots.AddCert(r.server.Certificate())
	} else {
		r.server = httptest.NewServer(handler)
	}
	t.Cleanup(func() {
		r.server.Close()
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	sources, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if r.connector, err = Compile(sources[name]); err != nil {
		t.Fatal(err)
	}
	if problems := r.connector.CheckSettings(given); len(problems) > 0 {
		t.Fatal(problems)
	}
	r.settings = r.connector.Defaults(given)
	out, err := rest.NewTransport(transport)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	r.open(out)
	if r.version, err = r.client.Detect(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.open(out)
	if err := r.client.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.evaluator = mapping.NewEvaluator(r.connector.Mapping, mapping.Env{Settings: r.settings, Version: r.version})
	return r
}

func (r *remote) open(transport *rest.Transport) {
	r.Helper()
	client, err := rest.NewClient(rest.ClientConfig{
		Manifest: r.connector.Manifest, Settings: r.settings, Version: r.version, Transport: transport, CredentialKey: r.Name(),
		Credentials: map[string]koppel.Secret{
			"store_url": koppel.NewSecret(r.server.URL), "consumer_key": koppel.NewSecret("ck_demo"), "consumer_secret": koppel.NewSecret("cs_demo"),
		},
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	r.client = client
}

// read reads and maps a stream: once, or once per parent that has children.
func (r *remote) read(name string, opts rest.ReadOptions) {
	r.Helper()
	stream, err := r.client.Stream(name)
	if err != nil {
		r.Fatal(err)
	}
	if stream.Each == "" {
		r.readOne(name, opts)
		return
	}
	for key, raw := range r.raw {
		if key[0] != stream.Each {
			continue
		}
		parent := rest.ParentRecord{ID: key[1], Raw: raw}
		wanted, err := r.client.Wants(name, parent)
		if err != nil {
			r.Fatal(err)
		}
		if wanted {
			opts.Parent = &parent
			r.readOne(name, opts)
		}
	}
}

func (r *remote) readOne(name string, opts rest.ReadOptions) {
	r.Helper()
	reader, err := r.client.Read(name, opts)
	if err != nil {
		r.Fatal(err)
	}
	defer reader.Close()
	for {
		page, err := reader.Next(r.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.Fatalf("read %s: %v", name, err)
		}
		for i := range page.Records {
			r.take(name, &page.Records[i])
		}
		page.Release()
	}
	if end := reader.End(); !end.Complete {
		r.Errorf("the read of %s is not complete: %+v", name, end)
	}
}

func (r *remote) take(stream string, record *rest.Record) {
	r.Helper()
	if record.Err != nil {
		r.Errorf("%s %s: %v", stream, record.ID, record.Err)
		return
	}
	if _, again := r.raw[[2]string{stream, record.ID}]; again {
		r.Errorf("%s %s was read twice", stream, record.ID)
	}
	r.raw[[2]string{stream, record.ID}] = bytes.Clone(record.Raw)
	parent := r.raw[[2]string{r.connector.Manifest.Stream(stream).ParentStream(), record.ParentID}]
	for _, program := range r.connector.Mapping.ByStream(stream) {
		result, err := r.evaluator.Map(program, mapping.Input{Record: record.Raw, Parent: parent})
		if err != nil {
			r.Errorf("%s %s: %v", stream, record.ID, err)
			continue
		}
		if result.Skip {
			continue
		}
		if r.objects[program.Object()] == nil {
			r.objects[program.Object()] = map[string]koppel.Values{}
		}
		r.objects[program.Object()][result.RemoteID] = result.Values
	}
}

// value is one field of an object, as a text; "" when it is absent or null.
func (r *remote) value(object koppel.Object, values koppel.Values, name string) string {
	r.Helper()
	i, field, ok := object.Field(name)
	if !ok {
		r.Fatalf("%s have no %s", object, name)
	}
	shown, err := mapping.ShowValue(field, values[i])
	if err != nil {
		r.Fatal(err)
	}
	var text string
	if json.Unmarshal(shown, &text) != nil {
		return string(shown)
	}
	return text
}

// truth is what the shop says of itself, by id.
func truth[T any](r *remote, kind string, id func(T) string) map[string]T {
	r.Helper()
	request := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/_demo/truth/"+kind, nil)
	request.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	r.shop.Handler().ServeHTTP(w, request)
	if w.Code != http.StatusOK {
		r.Fatalf("truth %s: %d %s", kind, w.Code, w.Body)
	}
	all := map[string]T{}
	for line := range strings.Lines(w.Body.String()) {
		var row T
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			r.Fatalf("%v in %s", err, line)
		}
		all[id(row)] = row
	}
	return all
}

type productTruth struct {
	ID           json.Number `json:"id"`
	ParentID     json.Number `json:"parent_id"`
	Type         string      `json:"type"`
	SKU          string      `json:"sku"`
	Inherited    bool        `json:"inherited_sku"`
	Name         string      `json:"name"`
	ParentName   string      `json:"parent_name"`
	Price        string      `json:"price"`
	Managed      any         `json:"manage_stock"`
	Stock        json.Number `json:"stock"`
	EAN          string      `json:"ean"`
	Status       string      `json:"status"`
	ParentStatus string      `json:"parent_status"`
	Virtual      bool        `json:"virtual"`
	Downloadable bool        `json:"downloadable"`
	Modified     string      `json:"modified"`
}

func productID(p productTruth) string { return p.ID.String() }

// want is the product as the fact sheet's mapping makes it.
func (p productTruth) want() map[string]string {
	want := map[string]string{
		"name": p.Name, "sku_code": p.SKU, "article_code": p.ID.String(), "ean_code": p.EAN, "status": "enabled",
		"unlimited_stock": fmt.Sprint(p.Virtual || p.Downloadable || p.Managed == false), "stock_level": p.Stock.String(), "updated_at_remote": p.Modified,
	}
	if p.Type == "variation" {
		want["name"], want["article_code"] = p.ParentName+" "+p.Name, p.ParentID.String()
	}
	if p.Inherited {
		want["sku_code"] = ""
	}
	if p.Status != "publish" || p.Type == "variation" && p.ParentStatus != "publish" {
		want["status"] = "disabled"
	}
	if want["unlimited_stock"] == "true" {
		want["stock_level"] = "0"
	}
	if p.Price != "" {
		want["price"] = decimal.RequireFromString(p.Price).String()
	}
	return want
}

func (r *remote) checkProducts() {
	r.Helper()
	compared := 0
	for id, p := range truth(r, "products", productID) {
		values, ok := r.objects[koppel.Products][id]
		if p.Type == "variable" {
			if ok {
				r.Errorf("the variable product %s became a product", id)
			}
			continue
		}
		compared++
		if !ok {
			r.Errorf("%s %s was not read", p.Type, id)
			continue
		}
		got := map[string]string{}
		for name := range p.want() {
			got[name] = r.value(koppel.Products, values, name)
		}
		if diff := cmp.Diff(p.want(), got); diff != "" {
			r.Errorf("%s %s (-want +got):\n%s", p.Type, id, diff)
		}
	}
	if counts := r.shop.Counts(); compared != counts.Products || len(r.objects[koppel.Products]) != counts.Products {
		r.Errorf("%d products compared, %d read, the shop counts %d", compared, len(r.objects[koppel.Products]), counts.Products)
	}
}

type orderTruth struct {
	ID        json.Number `json:"id"`
	Number    string      `json:"number"`
	Status    string      `json:"status"`
	Currency  string      `json:"currency"`
	Placed    string      `json:"placed"`
	Completed string      `json:"completed"`
	Total     string      `json:"total"`
	Net       string      `json:"lines_total"`
	Lines     []struct {
		ID       json.Number `json:"id"`
		Product  json.Number `json:"product_id"`
		Quantity int64       `json:"quantity"`
		Total    string      `json:"total"`
	} `json:"lines"`
}

func (r *remote) checkOrders(taken func(status string) bool) {
	r.Helper()
	compared := 0
	for id, o := range truth(r, "orders", func(o orderTruth) string { return o.ID.String() }) {
		values, ok := r.objects[koppel.SellOrders][id]
		if ok != taken(o.Status) {
			r.Errorf("order %s is %s; taken: %t", id, o.Status, ok)
		}
		if !ok {
			continue
		}
		compared++
		want := map[string]string{
			"number": o.Number, "status_remote": o.Status, "currency": o.Currency, "placed_at": o.Placed, "completed_at": o.Completed,
			"total_gross": decimal.RequireFromString(o.Total).String(), "total_value": decimal.RequireFromString(o.Net).String(),
		}
		got := map[string]string{}
		for name := range want {
			got[name] = r.value(koppel.SellOrders, values, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Errorf("order %s (-want +got):\n%s", id, diff)
		}
		r.checkLines(o, values)
	}
	if compared == 0 || compared != len(r.objects[koppel.SellOrders]) {
		r.Errorf("%d orders compared, %d taken", compared, len(r.objects[koppel.SellOrders]))
	}
}

// checkLines compares quantities and values by product: lines of one product are added up.
func (r *remote) checkLines(o orderTruth, values koppel.Values) {
	r.Helper()
	type sum struct {
		Quantity int64
		Value    string
	}
	want, got := map[string]sum{}, map[string]sum{}
	add := func(sums map[string]sum, product string, quantity int64, value string) {
		before := sums[product]
		total := decimal.RequireFromString(value)
		if before.Value != "" {
			total = total.Add(decimal.RequireFromString(before.Value))
		}
		sums[product] = sum{before.Quantity + quantity, total.String()}
	}
	for _, l := range o.Lines {
		product := l.Product.String()
		if product == "0" {
			product = ""
		}
		add(want, product, l.Quantity, l.Total)
	}
	i, field, _ := koppel.SellOrders.Field("lines")
	place := map[string]int{}
	for k, f := range field.Line {
		place[f.Name] = k
	}
	for _, line := range values[i].([]koppel.Values) {
		product, _ := line[place["product"]].(string)
		add(got, product, line[place["quantity"]].(int64), line[place["subtotal_value"]].(decimal.Decimal).String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("lines of order %s (-want +got):\n%s", o.ID, diff)
	}
}

func decimalOf(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
