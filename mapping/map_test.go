package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// written lists the slots of values that are not absent, one a line.
func written(fields []koppel.Field, values koppel.Values, prefix string) string {
	var b strings.Builder
	for i, v := range values {
		if v == nil {
			continue
		}
		switch x := v.(type) {
		case []koppel.Values:
			for j, line := range x {
				b.WriteString(written(fields[i].Line, line, fmt.Sprintf("%s%s[%d].", prefix, fields[i].Name, j)))
			}
			continue
		case koppel.Null:
			v = "null"
		case json.RawMessage:
			v = string(x)
		case string:
			v = fmt.Sprintf("%q", x)
		case []string:
			v = fmt.Sprintf("%q", x)
		case time.Time:
			v = x.Format(time.RFC3339)
		case int64, bool, decimal.Decimal:
		default:
			v = fmt.Sprintf("unexpected %T", v)
		}
		fmt.Fprintf(&b, "%s%s = %v\n", prefix, fields[i].Name, v)
	}
	return b.String()
}

func writtenNotes(notes []koppel.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "%s: %s\n", n.Field, n.Text)
	}
	return b.String()
}

// mapAny maps one record by field expressions over a record of any shape.
func mapAny(t *testing.T, object, fields, record string) (Result, string, error) {
	t.Helper()
	source := "objects:\n  " + object + ":\n    from: vendors\n    remote_id: string(record.id)\n"
	for _, line := range strings.Split(strings.TrimSpace(fields), "\n") {
		source += "    " + line + "\n"
	}
	m := compileOne(t, source)
	r, err := NewEvaluator(m, Env{Version: "10.3"}).Map(m.ByStream("vendors")[0], Input{Record: []byte(record)})
	return r, written(koppel.Object(object).Fields(), r.Values, ""), err
}

func TestScalarRules(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	for _, test := range []struct {
		name, object, fields, record string
		want, notes                  string
	}{
		{"text is cleaned", "products", "sku_code: record.a", `{"id":1,"a":"  a\u0000\r\n\tb\u007f\u0085 "}`, "sku_code = \"a\\n\\tb\"\n", ""},
		{"text is cut", "products", "sku_code: record.a", `{"id":1,"a":"` + long + `"}`, "sku_code = \"" + strings.Repeat("é", 255) + "\"\n", "sku_code: cut from 300 to 255 characters\n"},
		{"text that means nothing is absent", "products", "sku_code: record.a\narticle_code: record.b\nean_code: record.c", `{"id":1,"a":"","b":"N/A","c":" nan "}`, "", ""},
		{"null clears", "products", "sku_code: record.a\nprice: decimal(record.b)", `{"id":1,"a":null,"b":""}`, "sku_code = null\nprice = null\n", ""},
		{"a member that is missing clears", "products", "sku_code: record.gone", `{"id":1}`, "sku_code = null\n", ""},
		{"stock is rounded down", "products", "stock_level: int(record.a)\nminimum_stock: record.a", `{"id":1,"a":-2.5}`, "stock_level = -3\n", "minimum_stock: -3 is outside 0 to 9999999\n"},
		{"stock out of range is absent", "products", "stock_level: int(record.a)", `{"id":1,"a":10000000}`, "", "stock_level: 10000000 is outside -9999999 to 9999999\n"},
		{"stock that is no number is absent", "products", "stock_level: int(record.a)", `{"id":1,"a":"many"}`, "", "stock_level: not a number: floor: \"many\": not a number\n"},
		{"unlimited stock is 0", "products", "unlimited_stock: bool(record.a)\nstock_level: int(record.b)", `{"id":1,"a":"yes","b":7}`, "unlimited_stock = true\nstock_level = 0\n", ""},
		{"unlimited stock without a level is 0", "products", "unlimited_stock: record.a", `{"id":1,"a":true}`, "unlimited_stock = true\nstock_level = 0\n", ""},
		{"prices keep six decimals", "products", "price: decimal(record.a) / 1000", `{"id":1,"a":"3.4000009"}`, "price = 0.0034\n", ""},
		{"a price below zero is absent", "products", "price: decimal(record.a)", `{"id":1,"a":"-1"}`, "", "price: -1 is below zero\n"},
		{"a price beyond the column is absent", "products", "price: decimal(record.a)", `{"id":1,"a":"1e12"}`, "", "price: 1000000000000 is out of range\n"},
		{"delivery time 0 is not configured", "suppliers", "delivery_time: int(record.a)\nreplenishment_period: int(record.b)", `{"id":1,"a":0,"b":400}`, "delivery_time = null\n", "replenishment_period: 400 is outside 1 to 365\n"},
		{"lot size 0 is 1", "supplier_products", "lot_size: int(record.a)\nminimum_purchase_quantity: int(record.a)", `{"id":1,"a":0}`, "minimum_purchase_quantity = null\nlot_size = 1\n", ""},
		{"bad addresses are dropped", "suppliers", "emails: record.a", `{"id":1,"a":["a@b.nl","no","X <x@y.nl>"," c@d.eu ","e@f",null]}`, "emails = [\"a@b.nl\" \"c@d.eu\"]\n", "emails: dropped the unusable address \"no\"\nemails: dropped the unusable address \"X <x@y.nl>\"\nemails: dropped the unusable address \"e@f\"\n"},
		{"dates that mean none", "products", "created_at_remote: time(record.a, \"2006-01-02\")\nupdated_at_remote: add_days(time(record.b, \"2006-01-02\"), -1)", `{"id":1,"a":"0000-00-00","b":"1900-01-02"}`, "created_at_remote = null\n", ""},
		{"times in the declared zone", "products", "created_at_remote: time(record.a, \"2006-01-02 15:04\", \"Europe/Amsterdam\")", `{"id":1,"a":"2026-07-01 00:30"}`, "created_at_remote = 2026-06-30T22:30:00Z\n", ""},
		{"large numbers survive", "products", "article_code: string(record.a)\nsku_code: string(record.b)", `{"id":1,"a":9007199254740993,"b":123456789012345678901234567890}`, "sku_code = \"123456789012345678901234567890\"\narticle_code = \"9007199254740993\"\n", ""},
		{"JSON fields keep decimals exact", "sell_orders", "placed_at: unix(0)\npayments: '[{\"method\": record.m, \"amount\": decimal(record.a), \"at\": nil, \"n\": 2, \"raw\": record.r}]'", `{"id":1,"m":"i<deal>\"","a":"0.10","r":{"x":[1.50]}}`, "placed_at = 1970-01-01T00:00:00Z\npayments = [{\"amount\":\"0.1\",\"at\":null,\"method\":\"i<deal>\\\"\",\"n\":2,\"raw\":{\"x\":[1.50]}}]\n", ""},
		{"the remote's version", "products", "sku_code: 'version_at_least(version, \"10\") ? \"new\" : \"old\"'", `{"id":1}`, "sku_code = \"new\"\n", ""},
		{"members of what the shape leaves open", "products", "sku_code: record.a.b[1].c\nean_code: find(record.m, .key == \"ean\")?.value", `{"id":1,"a":{"b":[0,{"c":"deep"}]},"m":[{"key":"x","value":"1"},{"key":"ean","value":"2"}]}`, "sku_code = \"deep\"\nean_code = \"2\"\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, got, err := mapAny(t, test.object, test.fields, test.record)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, writtenNotes(r.Notes)); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordsThatCannotBeMapped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, object, fields, record string
		kind                         koppel.Kind
		want                         FieldError
	}{
		{"a cast", "products", "price: decimal(record.a)", `{"id":"7","a":"1,50"}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "price", Expression: "decimal(record.a)", Input: `record.a = "1,50"`, Reason: `decimal: "1,50": not a number`}},
		{"a fraction that is no stock", "suppliers", "delivery_time: int(record.a)", `{"id":"7","a":1.5}`, koppel.KindMapping,
			FieldError{Object: "suppliers", Field: "delivery_time", Expression: "int(record.a)", Input: "record.a = 1.5", Reason: "int: 1.5 is not a whole number"}},
		{"a required field", "products", "name: record.a", `{"id":"7","a":"  "}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "name", Expression: "record.a", Input: `record.a = "  "`, Reason: "the field is required, and the expression gives nothing"}},
		{"no id", "products", "sku_code: record.a", `{"a":"x"}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "remote_id", Expression: "string(record.id)", Input: "record.id = null", Reason: "the record has no id"}},
		{"a status", "products", "status: record.a", `{"id":"7","a":"sold"}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "status", Expression: "record.a", Input: `record.a = "sold"`, Reason: `expected enabled or disabled, not "sold"`}},
		{"a type only known now", "products", "sku_code: record.a", `{"id":"7","a":[1]}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "sku_code", Expression: "record.a", Input: "record.a = [1]", Reason: "expected string; cast with string(…), not JSON [1]"}},
		{"an enormous number", "products", "price: decimal(record.a)", `{"id":"7","a":"1e999999999"}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "price", Expression: "decimal(record.a)", Input: `record.a = "1e999999999"`, Reason: `decimal: "1e999999999": a number of more than 100 digits or beyond 1e64`}},
		{"division by zero", "products", "price: 1 / record.a", `{"id":"7","a":0}`, koppel.KindMapping,
			FieldError{Object: "products", Field: "price", Expression: "1 / record.a", Input: "record.a = 0", Reason: "division by zero"}},
		{"truncated JSON", "products", "sku_code: record.a", `{"id":"7","a":"x`, koppel.KindSchemaDrift,
			FieldError{Object: "products", Reason: "invalid JSON at byte 16: unexpected end of a string"}},
		{"a name twice", "products", "sku_code: record.a", `{"id":"7","b":{"c":1,"\u0063":2}}`, koppel.KindSchemaDrift,
			FieldError{Object: "products", Reason: `member "c" occurs twice in one object`}},
		{"invalid UTF-8", "products", "sku_code: record.a", "{\"id\":\"7\",\"a\":\"\xff\"}", koppel.KindSchemaDrift,
			FieldError{Object: "products", Reason: "invalid UTF-8"}},
		{"half a surrogate pair", "products", "sku_code: record.a", `{"id":"7","a":"\ud800"}`, koppel.KindSchemaDrift,
			FieldError{Object: "products", Reason: "invalid JSON at byte 15: bad escape in a string"}},
		{"text after the record", "products", "sku_code: record.a", `{"id":"7"} {}`, koppel.KindSchemaDrift,
			FieldError{Object: "products", Reason: "invalid JSON at byte 11: text after the record"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := mapAny(t, test.object, test.fields, test.record)
			var got *FieldError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a FieldError", err)
			}
			if kind := koppel.KindOf(err); kind != test.kind {
				t.Errorf("kind %s, want %s", kind, test.kind)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if detail := koppel.DetailOf(err); detail != got.Error() {
				t.Errorf("detail %q", detail)
			}
		})
	}
}

func TestShapeIsChecked(t *testing.T) {
	t.Parallel()
	m, e := benchEvaluator(t)
	p := m.ByStream("products")[0]
	for _, test := range []struct{ old, new, field, reason string }{
		{`"id":10482`, `"id":"10482"`, "record.id", "expected int, found string"},
		{`"id":10482`, `"id":1.5`, "record.id", "expected a whole number"},
		{`"price":"121.00"`, `"price":121`, "record.price", "expected string, found number"},
		{`"price":"121.00",`, ``, "record.price", "expected string, but it is missing"},
		{`"name":"Tents"`, `"name":null`, "record.categories[].name", "expected string, found null"},
		{`"virtual":false`, `"virtual":0`, "record.virtual", "expected bool, found number"},
		{`[{"id":15,"name":"Tents","slug":"tents"}]`, `{}`, "record.categories", "expected list, found object"},
	} {
		_, err := e.Map(p, Input{Record: []byte(strings.Replace(benchRecord, test.old, test.new, 1))})
		var f *FieldError
		if !errors.As(err, &f) || koppel.KindOf(err) != koppel.KindSchemaDrift {
			t.Errorf("%s: error %v, want schema_drift", test.new, err)
			continue
		}
		if f.Field != test.field || f.Reason != test.reason {
			t.Errorf("%s: %s: %s, want %s: %s", test.new, f.Field, f.Reason, test.field, test.reason)
		}
	}
	for _, fine := range [][2]string{{`"id":10482`, `"id":1e3`}, {`"stock_quantity":37,`, ``}, {`"manage_stock":true`, `"manage_stock":"parent"`}, {`"dimensions":`, `"di\u006densions":`}} {
		if _, err := e.Map(p, Input{Record: []byte(strings.Replace(benchRecord, fine[0], fine[1], 1))}); err != nil {
			t.Errorf("%s: %v", fine[1], err)
		}
	}
}

func TestProductWithVariations(t *testing.T) {
	t.Parallel()
	m := compileOne(t, strings.Replace(benchMapping, "from: products", "from: [products, variations]", 1))
	e := NewEvaluator(m, Env{Settings: map[string]any{"prices_include_vat": false}})
	record := []byte(benchRecord)
	r, err := e.Map(m.ByStream("products")[0], Input{Record: record})
	if err != nil {
		t.Fatal(err)
	}
	want := `name = "Trail tent 2P green"
sku_code = "TENT-2P-GREEN"
article_code = "10482"
ean_code = "8712345000004"
price = 121
unlimited_stock = false
stock_level = 37
status = "enabled"
assembled = false
categories = ["Tents"]
minimum_stock = 5
weight = 2350
created_at_remote = 2026-02-11T08:54:55Z
updated_at_remote = 2026-02-12T09:36:22Z
`
	if diff := cmp.Diff(want, written(koppel.Products.Fields(), r.Values, "")); diff != "" {
		t.Errorf("product (-want +got):\n%s", diff)
	}
	if r.RemoteID != "10482" || r.Skip || len(r.Notes) > 0 {
		t.Errorf("id %s, skip %v, notes %v", r.RemoteID, r.Skip, r.Notes)
	}
	variations := m.ByStream("variations")[0]
	child := []byte(strings.Replace(benchRecord, `"attributes":[]`, `"attributes":[{"name":"Colour","option":"Green"},{"name":"Size","option":"XL"}]`, 1))
	for range 2 {
		if r, err = e.Map(variations, Input{Record: child, Parent: record}); err != nil {
			t.Fatal(err)
		}
		if r.Values[0] != "Trail tent 2P green Green XL" {
			t.Errorf("name %v", r.Values[0])
		}
	}
	if r, err = e.Map(variations, Input{Record: child, Parent: []byte(strings.Replace(benchRecord, "Trail tent", "Tent", 1))}); err != nil || r.Values[0] != "Tent 2P green Green XL" {
		t.Errorf("name with another parent: %v, %v", r.Values, err)
	}
	if _, err = e.Map(variations, Input{Record: child}); koppel.KindOf(err) != koppel.KindSchemaDrift {
		t.Errorf("without its parent: %v", err)
	}
	if r, err = e.Map(m.ByStream("products")[0], Input{Record: []byte(strings.Replace(benchRecord, `"simple"`, `"variable"`, 1))}); err != nil || !r.Skip {
		t.Errorf("a variable product: %+v, %v", r, err)
	}
}

func TestSettingsWithDots(t *testing.T) {
	t.Parallel()
	m := compileOne(t, "objects:\n  products:\n    from: vendors\n    remote_id: string(record.id)\n    not_being_bought: settings.push.stock_on_delivery\n    sku_code: 'join(settings.stock_warehouses, \"+\")'\n    ean_code: format(settings.history_from, \"02-01-2006\")\n")
	for _, test := range []struct {
		settings map[string]any
		want     string
	}{
		{nil, "sku_code = null\nean_code = null\nnot_being_bought = false\n"},
		{map[string]any{"push.stock_on_delivery": true, "stock_warehouses": []string{"A", "B"}, "history_from": "2024-12-31"}, "sku_code = \"A+B\"\nean_code = \"31-12-2024\"\nnot_being_bought = true\n"},
		{map[string]any{"stock_warehouses": []any{"C"}}, "sku_code = \"C\"\nean_code = null\nnot_being_bought = false\n"},
	} {
		r, err := NewEvaluator(m, Env{Settings: test.settings}).Map(m.ByStream("vendors")[0], Input{Record: []byte(`{"id":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, written(koppel.Products.Fields(), r.Values, "")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.settings, diff)
		}
	}
}
