package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

var orderShape = objectOf(map[string]*koppel.Shape{
	"id": shapeOf(koppel.ShapeInt), "number": nullable(koppel.ShapeString), "status": shapeOf(koppel.ShapeString), "currency": nullable(koppel.ShapeString),
	"date_created_gmt": shapeOf(koppel.ShapeString), "date_paid_gmt": nullable(koppel.ShapeString), "total": nullable(koppel.ShapeString),
	"payment_method": nullable(koppel.ShapeString), "customer_id": nullable(koppel.ShapeInt),
	"billing":   &koppel.Shape{Type: koppel.ShapeObject, Nullable: true, Members: map[string]*koppel.Shape{"email": nullable(koppel.ShapeString)}},
	"meta_data": nullable(koppel.ShapeAny),
	"line_items": listOf(objectOf(map[string]*koppel.Shape{
		"id": shapeOf(koppel.ShapeInt), "product_id": shapeOf(koppel.ShapeInt), "variation_id": shapeOf(koppel.ShapeInt),
		"quantity": shapeOf(koppel.ShapeNumber), "total": shapeOf(koppel.ShapeString), "price": nullable(koppel.ShapeNumber),
	})),
})

var testSchema = Schema{
	Streams: map[string]Stream{
		"products":   {Shape: benchShape},
		"variations": {Shape: benchShape, Parent: "products"},
		"orders":     {Shape: orderShape},
		"vendors":    {},
	},
	Settings: []koppel.Setting{
		{Name: "prices_include_vat", Type: koppel.SettingBool, Default: true},
		{Name: "vat_rate", Type: koppel.SettingInt, Default: 21},
		{Name: "push.stock_on_delivery", Type: koppel.SettingBool, Default: false},
		{Name: "stock_warehouses", Type: koppel.SettingStrings},
		{Name: "history_from", Type: koppel.SettingDate},
	},
}

// Every file of testdata/errors is a wrong mapping; what is said of it stands
// in the file of the same name ending in .txt.
func TestCompileErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/errors/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Compile("mapping.yaml", source, testSchema)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want Problems", err)
			}
			if kind := koppel.KindOf(err); kind != koppel.KindInvalidRequest {
				t.Errorf("kind %s", kind)
			}
			got := problems.Error() + "\n"
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func compileOne(t *testing.T, source string) *Mapping {
	t.Helper()
	m, err := Compile("mapping.yaml", []byte(source), testSchema)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMappingDescribesItself(t *testing.T) {
	t.Parallel()
	m := compileOne(t, `
objects:
  sell_orders:
    from: orders
    remote_id: string(record.id)
    placed_at: time(record.date_created_gmt, "2006-01-02T15:04:05")
    lines:
      each: record.line_items
      product: string(line.product_id)
      quantity: line.quantity
      subtotal_value: decimal(line.total)
  products:
    - from: products
      remote_id: string(record.id)
      name: record.name
    - from: variations
      where: parent.status == "publish"
      remote_id: string(record.id)
      name: 'parent.name + " " + record.name'
`)
	if diff := cmp.Diff([]koppel.Object{koppel.Products, koppel.SellOrders}, m.Objects()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"products", "variations"}, m.From(koppel.Products)); diff != "" {
		t.Errorf("from (-want +got):\n%s", diff)
	}
	if p := m.ByStream("products")[0]; p.NeedsParent() || p.Object() != koppel.Products || p.Stream() != "products" {
		t.Errorf("program of products: %s from %s, needs parent %v", p.Object(), p.Stream(), p.NeedsParent())
	}
	if !m.ByStream("variations")[0].NeedsParent() {
		t.Error("variations need no parent")
	}
	if m.ByStream("vendors") != nil {
		t.Error("vendors are mapped")
	}
	want := []FieldSource{
		{Field: "remote_id", Expression: "string(record.id)", File: "mapping.yaml", Line: 5, Column: 16, Reads: []string{"record.id"}},
		{Field: "placed_at", Expression: `time(record.date_created_gmt, "2006-01-02T15:04:05")`, File: "mapping.yaml", Line: 6, Column: 16, Reads: []string{"record.date_created_gmt"}},
		{Field: "lines.each", Expression: "record.line_items", File: "mapping.yaml", Line: 8, Column: 13, Reads: []string{"record.line_items"}},
		{Field: "lines.product", Expression: "string(line.product_id)", File: "mapping.yaml", Line: 9, Column: 16, Reads: []string{"record.line_items[].product_id"}},
		{Field: "lines.quantity", Expression: "line.quantity", File: "mapping.yaml", Line: 10, Column: 17, Reads: []string{"record.line_items[].quantity"}},
		{Field: "lines.subtotal_value", Expression: "decimal(line.total)", File: "mapping.yaml", Line: 11, Column: 23, Reads: []string{"record.line_items[].total"}},
	}
	if diff := cmp.Diff(want, m.ByStream("orders")[0].Fields()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestDigestFollowsTheSource(t *testing.T) {
	t.Parallel()
	source := "objects:\n  products:\n    from: products\n    remote_id: string(record.id)\n"
	a, b, c := compileOne(t, source), compileOne(t, source), compileOne(t, source+"    name: record.name\n")
	if a.Digest() != b.Digest() {
		t.Error("the same source has two digests")
	}
	if a.Digest() == c.Digest() {
		t.Error("two sources have one digest")
	}
}
