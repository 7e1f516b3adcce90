package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// overriddenMapping is a connector's mapping with two streams of products and an order with lines.
const overriddenMapping = `objects:
  products:
    - from: items
      remote_id: string(record.id)
      name: record.name
      price: decimal(record.price)
      status: '"enabled"'
    - from: bundles
      remote_id: string(record.id)
      name: record.name
      status: '"enabled"'
  sell_orders:
    from: orders
    remote_id: string(record.id)
    placed_at: time(record.placed, "2006-01-02")
    lines:
      each: record.rows
      product: string(line.item)
      quantity: line.quantity
      subtotal_value: decimal(line.total)
`

func overrideSchema() Schema {
	text, number := &koppel.Shape{Type: koppel.ShapeString}, &koppel.Shape{Type: koppel.ShapeInt}
	object := func(members map[string]*koppel.Shape) *koppel.Shape {
		return &koppel.Shape{Type: koppel.ShapeObject, Members: members}
	}
	item := object(map[string]*koppel.Shape{"id": number, "name": text, "price": text, "list_price": text, "gone": {Type: koppel.ShapeBool, Nullable: true}})
	row := object(map[string]*koppel.Shape{"item": number, "quantity": number, "total": text, "sku": text})
	return Schema{
		Streams: map[string]Stream{
			"items": {Shape: item}, "bundles": {Shape: object(map[string]*koppel.Shape{"id": number, "name": text})},
			"orders": {Shape: object(map[string]*koppel.Shape{"id": number, "placed": text, "rows": {Type: koppel.ShapeList, Elem: row}})},
		},
		Settings: []koppel.Setting{{Name: "margin", Type: koppel.SettingInt, Default: 2}},
	}
}

func over(t *testing.T, overrides ...string) (*Mapping, error) {
	t.Helper()
	var layers []Layer
	for i, source := range overrides {
		layers = append(layers, Layer{File: []string{"webshop.yaml", "coupling.yaml"}[i], Source: []byte(source)})
	}
	return CompileOver(Layer{File: "mapping.yaml", Source: []byte(overriddenMapping)}, layers, overrideSchema())
}

// expressionsOf are an object's expressions from a stream, with the layer that gives each.
func expressionsOf(m *Mapping, stream string) map[string]FieldSource {
	fields := map[string]FieldSource{}
	for _, p := range m.ByStream(stream) {
		for _, f := range p.Fields() {
			fields[f.Field] = f
		}
	}
	return fields
}

func TestTheStrongerOverrideWinsFieldByField(t *testing.T) {
	t.Parallel()
	m, err := over(t,
		"objects:\n  products:\n    from: items\n    price: decimal(record.list_price)\n    article_code: record.name\n",
		"objects:\n  products:\n    - from: [items]\n      price: decimal(record.price) * settings.margin\n      where: record.gone != true\n  sell_orders:\n    lines:\n      product: line.sku\n")
	if err != nil {
		t.Fatal(err)
	}
	items := expressionsOf(m, "items")
	got := map[string]int{}
	for name, f := range items {
		got[name] = f.Layer
	}
	if diff := cmp.Diff(map[string]int{"remote_id": 0, "where": 2, "name": 0, "price": 2, "article_code": 1, "status": 0}, got); diff != "" {
		t.Errorf("layers: %s", diff)
	}
	if f := items["price"]; f.Expression != "decimal(record.price) * settings.margin" || f.File != "coupling.yaml" || f.Line != 4 || f.Column != 14 {
		t.Errorf("price is made by %+v", f)
	}
	if f := expressionsOf(m, "bundles")["article_code"]; f.Expression != "" {
		t.Errorf("an override from items reaches bundles: %+v", f)
	}
	if f := expressionsOf(m, "orders")["lines.product"]; f.Layer != 2 || f.Expression != "line.sku" {
		t.Errorf("the product of a line is made by %+v", f)
	}
	e := NewEvaluator(m, Env{})
	r, err := e.Map(m.ByStream("items")[0], Input{Record: []byte(`{"id":7,"name":"Bike","price":"2.50","list_price":"9","gone":null}`)})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := Shown{koppel.Products.Fields(), r.Values}.MarshalJSON()
	if err != nil || string(shown) != `{"name":"Bike","article_code":"Bike","price":"5","status":"enabled"}` {
		t.Errorf("the record gives %s, %v", shown, err)
	}
}

func TestAnOverrideIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"an unknown member", "objects:\n  products:\n    from: items\n    price: decimal(record.prise)\n", `coupling.yaml:4:27: objects.products.price: record has no member prise; did you mean price?`},
		{"a wrong type", "objects:\n  products:\n    from: items\n    name: record.id\n", "coupling.yaml:4:11: objects.products.name: name is given int; expected string"},
		{"a member of one stream only", "objects:\n  products:\n    price: decimal(record.price)\n", "(stream bundles)"},
		{"an unknown field", "objects:\n  products:\n    prise: nil\n", "products have no field prise; did you mean price?"},
		{"an unknown stream", "objects:\n  products:\n    from: itemz\n    name: '\"x\"'\n", "the connector maps no products from itemz; did you mean items?"},
		{"an object that is not mapped", "objects:\n  suppliers:\n    name: '\"x\"'\n", "the connector maps no suppliers; expected one of: products, sell_orders"},
		{"what the object is made of", "objects:\n  products:\n    remote_id: string(record.id)\n", "remote_id is the connector's to say"},
		{"what lines are made of", "objects:\n  sell_orders:\n    lines:\n      each: record.rows\n", "each is the connector's to say"},
		{"a line's unknown field", "objects:\n  sell_orders:\n    lines:\n      produkt: line.sku\n", "a line has no field produkt; did you mean product?"},
		{"lines of an object without", "objects:\n  products:\n    lines:\n      quantity: 1\n", "products have no field lines"},
		{"a field twice", "objects:\n  products:\n    - { name: '\"x\"' }\n    - { from: items, name: '\"y\"' }\n", "name of products is given twice for stream items"},
		{"nothing", "objects:\n  products: { from: items }\n", "the override says nothing of products"},
		{"no objects", "tests: []\n", "the override changes no objects"},
		{"an unknown key", "object:\n  products: {}\n", "unknown key object; did you mean objects?"},
		{"a record that is no JSON", "objects:\n  products: { name: '\"x\"' }\ntests:\n  - { object: products, from: items, record: '{', expect: { name: x } }\n", "coupling.yaml:4:46: tests[0].record: the text is no JSON"},
		{"a test of no stream", "objects:\n  products: { name: '\"x\"' }\ntests:\n  - { object: products, record: { id: 1 }, expect: { name: x } }\n", "products are mapped from several streams"},
		{"a test that expects nothing", "objects:\n  products: { name: '\"x\"' }\ntests:\n  - { object: products, from: items, record: { id: 1 } }\n", "the test case expects nothing"},
		{"a test of an unknown field", "objects:\n  products: { name: '\"x\"' }\ntests:\n  - { object: products, from: items, record: { id: 1 }, expect: { nam: x } }\n", "products have no field nam; did you mean name?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := CompileOver(Layer{File: "mapping.yaml", Source: []byte(overriddenMapping)}, []Layer{{File: "coupling.yaml", Source: []byte(c.source)}}, overrideSchema())
			var problems Problems
			if !errors.As(err, &problems) || !strings.Contains(problems.Error(), c.want) || koppel.KindOf(err) != koppel.KindInvalidRequest {
				t.Errorf("got %v\nwant it to say %q", err, c.want)
			}
		})
	}
}

func TestOnlyWhatAnOverrideChangesHasAnotherDigest(t *testing.T) {
	t.Parallel()
	plain, err := over(t)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := Compile("mapping.yaml", []byte(overriddenMapping), overrideSchema())
	if err != nil {
		t.Fatal(err)
	}
	if plain.Digest() != compiled.Digest() {
		t.Error("without overrides the digest is another one")
	}
	now := NewEvaluator(plain, Env{}).now
	const price = "objects:\n  products:\n    from: items\n    price: decimal(record.list_price)\n"
	one, err := over(t, price)
	if err != nil {
		t.Fatal(err)
	}
	if one.DigestOn("items", now) == plain.DigestOn("items", now) || one.Digest() == plain.Digest() {
		t.Error("records of items would not be mapped again")
	}
	for _, stream := range []string{"bundles", "orders"} {
		if one.DigestOn(stream, now) != plain.DigestOn(stream, now) {
			t.Errorf("records of %s would be mapped again for nothing", stream)
		}
	}
	tested, err := over(t, "# the list price\n"+price+"tests:\n  - { object: products, from: bundles, record: { id: 1, name: a }, expect: { name: a } }\n")
	if err != nil {
		t.Fatal(err)
	}
	if tested.DigestOn("items", now) != one.DigestOn("items", now) {
		t.Error("a comment and a test case make records be mapped again")
	}
	if got := one.Differs(plain); !cmp.Equal(got, []koppel.Object{koppel.Products}) {
		t.Errorf("%v differ", got)
	}
	if got := tested.Differs(one); len(got) != 0 {
		t.Errorf("%v differ by a test case", got)
	}
}

func TestCasesOfAnOverrideMustPass(t *testing.T) {
	t.Parallel()
	const head = "objects:\n  products:\n    from: items\n    price: decimal(record.price) * settings.margin\n    where: record.gone != true\ntests:\n"
	const record = `record: { id: 7, name: Bike, price: "2.50", list_price: "9" }`
	for _, c := range []struct{ name, test, want string }{
		{"what comes out", "  - { object: products, from: items, " + record + ", expect: { price: 5, name: Bike, remote_id: \"7\", sku_code: null } }\n", ""},
		{"with another setting", "  - { object: products, from: items, settings: { margin: 3 }, " + record + ", expect: { price: \"7.50\" } }\n", ""},
		{"left out", "  - { object: products, from: items, record: '{\"id\":7,\"name\":\"x\",\"price\":\"1\",\"gone\":true}', left_out: true }\n", ""},
		{"lines", "  - object: sell_orders\n    record: |\n      {\"id\":1,\"placed\":\"2026-01-02\",\"rows\":[{\"item\":4,\"quantity\":2,\"total\":\"3.0\",\"sku\":\"A\"}]}\n    expect: { placed_at: 2026-01-02, lines: [{ product: \"4\", quantity: 2, subtotal_value: 3 }] }\n", ""},
		{"another price", "  - { about: the margin, object: products, from: items, " + record + ", expect: { price: 6 } }\n", "test “the margin”: price is \"5\"; expected 6, in: decimal(record.price) * settings.margin"},
		{"not left out", "  - { object: products, from: items, " + record + ", left_out: true }\n", "the record gives products 7; expected that it is left out"},
		{"a record that lacks a member", "  - { object: products, from: items, record: { id: 7 }, expect: { price: 6 } }\n", "the record cannot be mapped"},
		{"another line", "  - object: sell_orders\n    record: { id: 1, placed: 2026-01-02, rows: [{ item: 4, quantity: 2, total: \"3.0\", sku: A }] }\n    expect: { lines: [{ quantity: 3 }] }\n", "lines is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := CompileOver(Layer{File: "mapping.yaml", Source: []byte(overriddenMapping)}, []Layer{{File: "coupling.yaml", Source: []byte(head + c.test)}}, overrideSchema())
			if err != nil {
				t.Fatal(err)
			}
			n, err := m.Test(1)
			if n != 1 {
				t.Errorf("%d cases ran", n)
			}
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "coupling.yaml:")):
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}
