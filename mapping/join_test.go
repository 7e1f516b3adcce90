package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

var joinSchema = Schema{Streams: map[string]Stream{
	"items": {Shape: objectOf(map[string]*koppel.Shape{"id": shapeOf(koppel.ShapeString), "name": shapeOf(koppel.ShapeString)})},
	"stock": {Parent: "items", Shape: objectOf(map[string]*koppel.Shape{
		"warehouse": shapeOf(koppel.ShapeString), "have": shapeOf(koppel.ShapeNumber), "planned": nullable(koppel.ShapeNumber),
	})},
	"prices": {Parent: "items"},
	"other":  {},
}}

const joinMapping = `
objects:
  products:
    from: items
    join:
      stock: { stream: stock }
      prices: { stream: prices, need: true }
    remote_id: record.id
    name: record.name
    stock_level: int(sum(joined.stock, .have - (.planned ?? 0)))
    price: decimal(find(joined.prices, .list == "A")?.amount)
    status: '"enabled"'
`

func TestMapJoined(t *testing.T) {
	t.Parallel()
	m, err := Compile("mapping.yaml", []byte(joinMapping), joinSchema)
	if err != nil {
		t.Fatal(err)
	}
	p := m.ByStream("items")[0]
	if diff := cmp.Diff([]string{"items", "stock", "prices"}, m.Reads(koppel.Products)); diff != "" || !p.NeedsStored() || p.NeedsParent() {
		t.Errorf("needs stored %v, reads (-want +got):\n%s", p.NeedsStored(), diff)
	}
	record := []byte(`{"id":"1","name":"Tent"}`)
	rows := func(list ...string) (r Rows) {
		for _, row := range list {
			r.List = append(r.List, []byte(row))
		}
		return r
	}
	priced := rows(`{"list":"B","amount":"7"}`, `{"list":"A","amount":"9.50"}`)
	e := NewEvaluator(m, Env{})
	for _, test := range []struct {
		name, want string
		joined     []Rows
	}{
		{"both", "name = \"Tent\"\nprice = 9.5\nstock_level = 11\nstatus = \"enabled\"\n",
			[]Rows{rows(`{"warehouse":"1","have":12.5,"planned":3}`, `{"warehouse":"2","have":2}`), priced}},
		{"left join without rows", "name = \"Tent\"\nprice = 9.5\nstock_level = 0\nstatus = \"enabled\"\n", []Rows{{}, priced}},
		{"inner join without rows", "left out 1", []Rows{rows(`{"warehouse":"1","have":1}`), {}}},
		{"nothing given", "left out 1", nil},
		{"a row of another shape", "joined.stock[].have: expected number, found string; input: \"x\"", []Rows{rows(`{"warehouse":"1","have":"x"}`), priced}},
		{"too many", "joined.stock: joined.stock has more than 2000 rows or 2097152 bytes, more than one object is made of", []Rows{{More: true}, priced}},
	} {
		r, err := e.Map(p, Input{Record: record, Joined: test.joined})
		got := written(koppel.Products.Fields(), r.Values, "")
		if r.Skip {
			got = "left out " + r.RemoteID
		}
		if err != nil {
			got = koppel.DetailOf(err)
		}
		if got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	if _, err := e.Map(p, Input{Record: record, Joined: []Rows{{More: true}, priced}}); koppel.KindOf(err) != koppel.KindTooLarge {
		t.Errorf("too many rows are %s", koppel.KindOf(err))
	}
}

func TestJoinMistakes(t *testing.T) {
	t.Parallel()
	for edit, want := range map[[2]string]string{
		{"stream: stock }", "stream: stok }"}:                    "mapping.yaml:6:7: objects.products.join.stock: unknown stream stok; did you mean stock?; expected one of: prices, stock",
		{"stream: stock }", "stream: other }"}:                   "mapping.yaml:6:7: objects.products.join.stock: other are not joined to items: no record of other names its parent there; expected a stream with parent: { stream: items, key: … } or each: items",
		{"stream: stock }", "stream: stock, needed: true }"}:     "mapping.yaml:6:31: objects.products.join.stock.needed: a join has no key needed; did you mean need?",
		{"need: true", "need: maybe"}:                            "mapping.yaml:7:39: objects.products.join.prices.need: maybe is neither true nor false; expected true or false",
		{"sum(joined.stock", "sum(joined.stocks"}:                "mapping.yaml:10:33: objects.products.stock_level: nothing is joined as stocks; did you mean stock?; expected one of: prices, stock (stream items), in: int(sum(joined.stocks, .have - (.planned ?? 0)))",
		{".have -", ".has -"}:                                    "mapping.yaml:10:41: objects.products.stock_level: joined.stock[] has no member has; expected one of: have, planned, warehouse (stream items), in: int(sum(joined.stock, .has - (.planned ?? 0)))",
		{"sum(joined.stock, .have", "sum(joined, .have"}:         "mapping.yaml:10:26: objects.products.stock_level: joined cannot be used as a whole; expected one of: prices, stock (stream items), in: int(sum(joined, .have - (.planned ?? 0)))",
		{"int(sum(joined.stock, .have - (.planned ?? 0)))", "1"}: "mapping.yaml:6:7: objects.products.join.stock: nothing reads the join stock; expected joined.stock in an expression, or need: true",
	} {
		_, err := Compile("mapping.yaml", []byte(strings.Replace(joinMapping, edit[0], edit[1], 1)), joinSchema)
		got := koppel.DetailOf(err)
		got, _, _ = strings.Cut(got, " (and ")
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", edit[1], got, want)
		}
	}
}
