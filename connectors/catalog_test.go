package connectors

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// Every folder with a connector is in the binary, as it lies in the tree.
func TestBuiltinIsTheTree(t *testing.T) {
	t.Parallel()
	sources, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*/connector.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no connectors here: %v", err)
	}
	want := map[string]Source{}
	for _, file := range files {
		name := filepath.Dir(file)
		if want[name], err = ReadSource(name); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, sources); diff != "" {
		t.Errorf("(-tree +binary):\n%s", diff)
	}
}

// The demo connector says of products and orders what WooCommerce's says: one
// language, two folders, no shared file.
func TestDemoReadsAsWooCommerce(t *testing.T) {
	t.Parallel()
	sources, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	part := func(text, from, to string) string {
		_, rest, ok := strings.Cut(text, from)
		if !ok {
			t.Fatalf("no %q", from)
		}
		inner, _, _ := strings.Cut(rest, to)
		inner, _, _ = strings.Cut(inner, "\npush:\n")
		return strings.TrimSpace(inner)
	}
	woo, demo := sources["woocommerce"], sources["demo"]
	for _, c := range []struct{ woo, demo, from, to string }{
		{woo.Manifest, demo.Manifest, "\nhttp:\n", "\n  suppliers:\n"},
		{woo.Manifest, demo.Manifest, "\n  stock:\n", "\n  buy_orders:\n"},
		{woo.Mapping, demo.Mapping, "\nobjects:\n", "\n  suppliers:\n"},
	} {
		if diff := cmp.Diff(part(c.woo, c.from, c.to), part(c.demo, c.from, c.to)); diff != "" {
			t.Errorf("(-woocommerce +demo):\n%s", diff)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]Group{
		"woocommerce": {
			{koppel.Products, []koppel.Object{koppel.Products}, []string{"products", "variations"}, nil},
			{koppel.SellOrders, []koppel.Object{koppel.SellOrders}, []string{"orders"}, nil},
		},
		"demo": {
			{koppel.Suppliers, []koppel.Object{koppel.Suppliers}, []string{"suppliers"}, nil},
			{koppel.Products, []koppel.Object{koppel.Products}, []string{"products", "variations"}, nil},
			{koppel.SupplierProducts, []koppel.Object{koppel.SupplierProducts}, []string{"supplier_products"}, nil},
			{koppel.SellOrders, []koppel.Object{koppel.SellOrders}, []string{"orders"}, nil},
		},
	} {
		if diff := cmp.Diff(want, builtinOf(t, name).Groups()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Objects that share streams are one group, also when a later object is what
// ties them together.
func TestGroupsAreJoined(t *testing.T) {
	t.Parallel()
	c, err := Compile(Source{
		Manifest: `
connector: shared
version: 1.0.0
name: Shared
provider_types: [sync]
http: { base: "https://erp.example" }
streams:
  items: { get: /items, key: id, shape: { id: int, vendor: string } }
  stock: { each: items, get: "/items/${parent.id}/stock", key: id, shape: { id: int, name: string } }
  orders: { get: /orders, key: id, shape: { id: int, at: string } }
  vendors: { get: /vendors, key: id, shape: { id: int, name: string } }
`,
		Mapping: `
objects:
  suppliers: { from: [vendors], remote_id: string(record.id), name: record.name }
  products: { from: [stock], remote_id: string(record.id), name: record.name, status: '"enabled"' }
  supplier_products:
    - { from: items, remote_id: string(record.id), supplier: record.vendor, product: string(record.id), status: '"enabled"' }
    - { from: vendors, remote_id: string(record.id), supplier: string(record.id), product: string(record.id), status: '"enabled"' }
  sell_orders: { from: orders, remote_id: string(record.id), placed_at: time(record.at) }
`,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Group{
		{koppel.Suppliers, []koppel.Object{koppel.Suppliers, koppel.Products, koppel.SupplierProducts}, []string{"items", "vendors", "stock"}, nil},
		{koppel.SellOrders, []koppel.Object{koppel.SellOrders}, []string{"orders"}, nil},
	}
	if diff := cmp.Diff(want, c.Groups()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if g, ok := c.Group(koppel.Products); !ok || g.Name != koppel.Suppliers {
		t.Errorf("products are read by group %q, %t", g.Name, ok)
	}
	if _, ok := c.Group(koppel.BuyOrders); ok {
		t.Error("a group reads buy orders, which nothing maps")
	}
}

func builtinOf(t *testing.T, name string) *Connector {
	t.Helper()
	source, err := ReadSource(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompileNamesTheFile(t *testing.T) {
	t.Parallel()
	good, err := ReadSource("woocommerce")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		source Source
		want   string
	}{
		{"manifest", Source{strings.Replace(good.Manifest, "volatile:", "volatil:", 1), good.Mapping}, "connector.yaml"},
		{"member", Source{good.Manifest, strings.Replace(good.Mapping, "record.customer_id ??", "record.costumer_id ??", 1)}, "record has no member costumer_id"},
		{"setting", Source{good.Manifest, strings.Replace(good.Mapping, "settings.all_orders", "settings.all_order", 1)}, "unknown setting all_order"},
	} {
		_, err := Compile(c.source)
		if koppel.KindOf(err) != koppel.KindInvalidRequest || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.want)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	a := Source{Manifest: "ab", Mapping: "c"}
	if b := (Source{Manifest: "a", Mapping: "bc"}); a.Digest() == b.Digest() {
		t.Error("text moved from one file to the other keeps the digest")
	}
	if a.Digest() != (Source{Manifest: "ab", Mapping: "c"}).Digest() || len(a.Digest()) != 64 {
		t.Errorf("digest %s", a.Digest())
	}
}

func TestReadSourceSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := ReadSource(dir); !strings.Contains(koppel.DetailOf(err), "connector.yaml") {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "connector.yaml"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSource(dir); !strings.Contains(koppel.DetailOf(err), "mapping.yaml") || koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("%v", err)
	}
}

func TestCacheCompilesOnce(t *testing.T) {
	t.Parallel()
	source, err := ReadSource("demo")
	if err != nil {
		t.Fatal(err)
	}
	var loads atomic.Int64
	entered, release := make(chan struct{}), make(chan struct{})
	cache := NewCache(func(_ context.Context, version int64) (Source, error) {
		if version == 404 {
			return Source{}, fs.ErrNotExist
		}
		if loads.Add(1) == 1 {
			close(entered)
			<-release
		}
		return source, nil
	})
	first, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := cache.Version(first, 7); !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left got %v", err)
		}
	})
	<-entered
	stop()
	wg.Wait()
	made := make([]*Connector, 5)
	for i := range made {
		wg.Go(func() {
			var err error
			if made[i], err = cache.Version(t.Context(), 7); err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	wg.Wait()
	for _, c := range made {
		if c == nil || c != made[0] {
			t.Errorf("callers got different connectors")
		}
	}
	if n := loads.Load(); n != 1 {
		t.Errorf("loaded %d times", n)
	}
	if _, err := cache.Version(t.Context(), 404); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a version that cannot be loaded: %v", err)
	}
}
