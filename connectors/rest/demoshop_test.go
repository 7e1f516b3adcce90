package rest

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// demoManifest is the demo connector as far as these tests read it, in
// expressions that the tests' evaluator knows.
const demoManifest = head + `
credentials: { store_url: { type: url }, key: { type: string, secret: true }, secret: { type: string, secret: true } }
settings: { per_page: { type: int, default: 100 } }
http:
  base: ${credentials.store_url}/wp-json/wc/v3
  auth: { oauth1: { key: "${credentials.key}", secret: "${credentials.secret}" } }
  budget: { concurrency: 2 }
  check: { get: /products, query: { per_page: 1 } }
  detect: { version: { get: /system_status, query: { _fields: environment.version }, value: body.environment.version } }
streams:
  products:
    get: /products
    query: { orderby: id, order: asc, status: any }
    key: id
    page: { offset: offset, size: { per_page: "${settings.per_page}" }, end: { total: true }, shift_guard: true }
    total: { header: X-WP-Total }
    since:
      query: { modified_after: "${since}", dates_are_gmt: true }
      changed: date_modified_gmt
      layout: 2006-01-02T15:04:05
      exclusive: true
      overlap: 2m
    one: { get: "/products/${id}", gone: { status: 404, when: body.code == "woocommerce_rest_product_invalid_id" } }
    volatile: [_links, related_ids]
  variations:
    each: products
    when: parent.type == "variable"
    get: /products/${parent.id}/variations
    query: { orderby: id, order: asc }
    key: id
    page: { like: products }
    total: { like: products }
    since: { like: products }
    choose:
      - { version: ">=10.3", get: /variations, each: ~, parent: { stream: products, key: parent_id } }
      - { version: "<5.6", children: all, since: ~ }
push:
  buy_orders:
    find:
      get: /purchase-orders
      query: { reference: "${object.reference}" }
      where: record.reference == object.reference
      id: record.id
      lines: { each: record.lines, match: item.sku == line.sku, id: item.id }
    create:
      post: /purchase-orders
      body:
        reference: ${object.reference}
        supplier_id: ${object.supplier}
        lines: { each: object.lines, as: line, item: { product_id: "${line.product}", sku: "${line.sku}", quantity: "${line.quantity}", price: "${line.price}" } }
      id: body.id
      lines: { each: body.lines, match: item.sku == line.sku, id: item.id }
`

func demo(t *testing.T, config demoshop.Config, change ...func(*ClientConfig)) (*demoshop.Shop, *Client) {
	t.Helper()
	shop, err := demoshop.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := Parse("connector.yaml", []byte(demoManifest), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, m, append([]func(*ClientConfig){func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{
			"store_url": koppel.NewSecret(server.URL), "key": koppel.NewSecret("ck_demo"), "secret": koppel.NewSecret("cs_demo"),
		}
	}}, change...)...)
	return shop, c
}

func TestDemoShopTakesTheSignature(t *testing.T) {
	t.Parallel()
	_, c := demo(t, demoshop.Config{Products: 10})
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if version, err := c.Detect(t.Context()); err != nil || version != "11.0.1" {
		t.Errorf("version %q, %v", version, err)
	}
	_, wrong := demo(t, demoshop.Config{Products: 10}, func(config *ClientConfig) {
		config.Credentials["secret"] = koppel.NewSecret("cs_other")
	})
	if err := wrong.Check(t.Context()); koppel.KindOf(err) != koppel.KindAuth || strings.Contains(err.Error(), "cs_other") {
		t.Errorf("a wrong secret: %v", err)
	}
}

// TestDemoShopLosesNothingWhileItChanges reads the shop while rows are deleted
// and made between any two pages, and holds the result against those that were
// there from the start to the end.
func TestDemoShopLosesNothingWhileItChanges(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []int{0, 3} {
		shop, c := demo(t, demoshop.Config{
			Products: 1200, IDGaps: 7, BigIDs: 20, Seed: 5,
			Misbehaviour: demoshop.Misbehaviour{Mutation: demoshop.Mutation{Deletes: 0.3, Creates: 0.3}},
		})
		before := idsOf(t, c)
		r, err := c.Read("products", ReadOptions{Prefetch: prefetch})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for {
			page, err := r.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, record := range page.Records {
				if seen[record.ID] {
					t.Errorf("%s was given twice", record.ID)
				}
				seen[record.ID] = true
			}
			page.Release()
			shop.Mutate(30)
		}
		end := r.End()
		if end.Rereads == 0 || end.Rule == "" {
			t.Errorf("end %+v: the shop did not move rows", end)
		}
		for id := range idsOf(t, c) {
			if before[id] && !seen[id] {
				t.Errorf("prefetch %d: %s was there all the time and never given", prefetch, id)
			}
		}
	}
}

func idsOf(t *testing.T, c *Client) map[string]bool {
	t.Helper()
	ids, end, err := readAll(t, c, "products", ReadOptions{})
	if err != nil || !end.Complete {
		t.Fatal(end, err)
	}
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func TestDemoShopFaultsBecomeKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fault demoshop.Fault
		kind  koppel.Kind
	}{
		{demoshop.Fault{Kind: demoshop.RateLimit, RetryAfter: 30}, koppel.KindRateLimited},
		{demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 503, RetryAfter: 30}, koppel.KindRemoteUnavailable},
		{demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 500}, koppel.KindRemoteUnavailable},
		{demoshop.Fault{Kind: demoshop.Unauthorized}, koppel.KindAuth},
		{demoshop.Fault{Kind: demoshop.Challenge}, koppel.KindBlocked},
		{demoshop.Fault{Kind: demoshop.Truncate, Cut: "json"}, koppel.KindNetwork},
		{demoshop.Fault{Kind: demoshop.Truncate, Cut: "length"}, koppel.KindNetwork},
		{demoshop.Fault{Kind: demoshop.Truncate, Cut: "chunk"}, koppel.KindNetwork},
		{demoshop.Fault{Kind: demoshop.Notice}, koppel.KindSchemaDrift},
	} {
		tc.fault.Share = 1
		shop, c := demo(t, demoshop.Config{Products: 250})
		r, err := c.Read("products", ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := shop.Misbehave(demoshop.Misbehaviour{Faults: []demoshop.Fault{tc.fault}}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); koppel.KindOf(err) != tc.kind {
			t.Errorf("%s: %v, want %s", tc.fault.Kind, err, tc.kind)
		}
		if err := shop.Misbehave(demoshop.Misbehaviour{}); err != nil {
			t.Fatal(err)
		}
		c.budget.blocked = c.now()
		rest, end, err := readAll(t, c, "products", ReadOptions{Resume: page.Resume})
		if err != nil || !end.Complete || len(page.Records)+len(rest) != 250 {
			t.Errorf("%s: resumed to %d + %d records, %+v, %v", tc.fault.Kind, len(page.Records), len(rest), end, err)
		}
	}
}

func TestDemoShopReadsWhatChanged(t *testing.T) {
	t.Parallel()
	_, c := demo(t, demoshop.Config{Products: 2000})
	var oldest, newest Record
	r, err := c.Read("products", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for {
		page, err := r.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page.Records {
			if record.ChangedAt.IsZero() {
				t.Fatalf("%s has no time", record.ID)
			}
			if oldest.ID == "" || record.ChangedAt.Before(oldest.ChangedAt) {
				oldest = record
			}
			if record.ChangedAt.After(newest.ChangedAt) {
				newest = record
			}
			count++
		}
	}
	middle := oldest.ChangedAt.Add(newest.ChangedAt.Sub(oldest.ChangedAt) / 2)
	some, end, err := readAll(t, c, "products", ReadOptions{Since: middle})
	if err != nil || !end.Complete || len(some) == 0 || len(some) >= count {
		t.Errorf("%d of %d since %s: %+v %v", len(some), count, middle, end, err)
	}
	last, _, err := readAll(t, c, "products", ReadOptions{Since: newest.ChangedAt})
	if err != nil || !strings.Contains(strings.Join(last, ","), newest.ID) {
		t.Errorf("the record changed exactly at the bound is missing: %v %v", last, err)
	}
}

func TestDemoShopVariationsByVersion(t *testing.T) {
	t.Parallel()
	for version, each := range map[string]string{"": "products", "5.5.1": "products", "9.1": "products", "10.3.0": "", "11.0.1": ""} {
		_, c := demo(t, demoshop.Config{Products: 50, VariableEvery: 5, Variations: 4}, func(config *ClientConfig) { config.Version = version })
		s, err := c.Stream("variations")
		if err != nil || s.Each != each || s.ParentStream() != "products" {
			t.Fatalf("%s: each %q, %v", version, s.Each, err)
		}
		if (s.Since == nil) != (version == "5.5.1") {
			t.Errorf("%s: since %v", version, s.Since)
		}
		var children []string
		if each == "" {
			children, _, err = readAll(t, c, "variations", ReadOptions{})
		} else {
			children, err = readChildren(t, c)
		}
		if err != nil || len(children) != 40 {
			t.Errorf("%s: %d variations, %v", version, len(children), err)
		}
	}
}

func readChildren(t *testing.T, c *Client) (children []string, err error) {
	r, err := c.Read("products", ReadOptions{})
	if err != nil {
		return nil, err
	}
	for {
		page, err := r.Next(t.Context())
		if err != nil {
			return children, nil
		}
		for _, record := range page.Records {
			parent := ParentRecord{ID: record.ID, Raw: record.Raw}
			if wanted, err := c.Wants("variations", parent); err != nil || !wanted {
				continue
			}
			ids, _, err := readAll(t, c, "variations", ReadOptions{Parent: &parent})
			if err != nil {
				return children, err
			}
			children = append(children, ids...)
		}
	}
}

func TestDemoShopPush(t *testing.T) {
	t.Parallel()
	shop, c := demo(t, demoshop.Config{Products: 20})
	ids, _, err := readAll(t, c, "products", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	order := func(reference string) map[string]any {
		line := func(i int) map[string]any {
			id, _ := strconv.ParseInt(ids[i], 10, 64)
			return map[string]any{"product": id, "sku": "S-" + ids[i], "quantity": int64(3 + i), "price": "1.50"}
		}
		return map[string]any{"object": map[string]any{"reference": reference, "supplier": int64(901), "lines": []any{line(0), line(1)}}}
	}
	vars := order("BO-1")
	vars["object"].(map[string]any)["supplier"] = firstSupplier(t, c)
	if _, found, err := c.FindPushed(t.Context(), koppel.BuyOrders, vars); err != nil || found {
		t.Fatal("found before it was pushed", err)
	}
	pushed, err := c.Push(t.Context(), Pushing{Object: koppel.BuyOrders, Operation: PushCreate, Vars: vars})
	if err != nil || pushed.ID == "" || len(pushed.Lines) != 2 || pushed.Lines[0] == "" || pushed.Lines[0] == pushed.Lines[1] {
		t.Fatalf("%+v %v", pushed, err)
	}
	found, ok, err := c.FindPushed(t.Context(), koppel.BuyOrders, vars)
	if err != nil || !ok || found.ID != pushed.ID || found.Lines[1] != pushed.Lines[1] {
		t.Errorf("found %+v %v %v, pushed %+v", found, ok, err, pushed)
	}
	bad := order("BO-2")
	bad["object"].(map[string]any)["supplier"] = int64(5)
	var unknown *UnknownOutcome
	if _, err := c.Push(t.Context(), Pushing{Object: koppel.BuyOrders, Operation: PushCreate, Vars: bad}); errors.As(err, &unknown) || koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("a wrong supplier: %v", err)
	}
	vars["object"].(map[string]any)["reference"] = "BO-3"
	for _, fault := range []demoshop.Fault{{Kind: demoshop.ErrorAfter, Times: 1}, {Kind: demoshop.HangAfter, Times: 1}, {Kind: demoshop.Truncate, Times: 1}} {
		if err := shop.Misbehave(demoshop.Misbehaviour{Faults: []demoshop.Fault{fault}}); err != nil {
			t.Fatal(err)
		}
		reference := "BO-" + string(fault.Kind)
		vars["object"].(map[string]any)["reference"] = reference
		hasty, cancel := context.WithCancel(t.Context())
		c.timeout = quick().RequestRetries
		_, err := c.Push(hasty, Pushing{Object: koppel.BuyOrders, Operation: PushCreate, Vars: vars})
		cancel()
		if !errors.As(err, &unknown) {
			t.Errorf("%s: %v is not an unknown outcome", fault.Kind, err)
		}
		if found, ok, err := c.FindPushed(t.Context(), koppel.BuyOrders, vars); err != nil || !ok || found.ID == "" {
			t.Errorf("%s: not found afterwards: %v %v", fault.Kind, ok, err)
		}
	}
	if l := shop.Ledger(); len(l.Doubled) > 0 {
		t.Errorf("pushed twice: %v", l.Doubled)
	}
}

func firstSupplier(t *testing.T, c *Client) int64 {
	t.Helper()
	u, err := c.resolve("/suppliers")
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.exchange(t.Context(), call{op: "suppliers", method: "GET", url: u})
	if err != nil {
		t.Fatal(err)
	}
	defer a.release()
	body, err := decodeJSON(a.body.data)
	if err != nil {
		t.Fatal(err)
	}
	return body.([]any)[0].(map[string]any)["id"].(int64)
}
