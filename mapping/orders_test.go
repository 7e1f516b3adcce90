package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const orderMapping = `
objects:
  sell_orders:
    from: orders
    remote_id: string(record.id)
    number: record.number
    placed_at: time(record.date_created_gmt, "2006-01-02T15:04:05", "UTC")
    total_value: decimal(record.total)
    payments: '[{"method": record.payment_method, "amount": decimal(record.total), "paid_at": record.date_paid_gmt}]'
    customer: record.billing.email
    lines:
      each: record.line_items
      as: item
      where: item.quantity != 0
      remote_id: string(item.id)
      product: 'string(item.variation_id != 0 ? item.variation_id : item.product_id)'
      quantity: item.quantity
      subtotal_value: decimal(item.total)
      unit_price_gross: item.price
`

func order(total, billing string, lines ...string) []byte {
	return fmt.Appendf(nil, `{"id":262,"number":"A-262","status":"completed","currency":"EUR","date_created_gmt":"2026-11-22T08:55:05","date_paid_gmt":null,"total":%s,"payment_method":"ideal","customer_id":0,"billing":%s,"line_items":[%s]}`, total, billing, strings.Join(lines, ","))
}

func line(id, product, variation int, quantity, total string) string {
	return fmt.Sprintf(`{"id":%d,"product_id":%d,"variation_id":%d,"quantity":%s,"total":"%s","price":1.5}`, id, product, variation, quantity, total)
}

func TestOrderLines(t *testing.T) {
	t.Parallel()
	m := compileOne(t, orderMapping)
	e := NewEvaluator(m, Env{})
	head := "number = \"A-262\"\nplaced_at = 2026-11-22T08:55:05Z\n"
	for _, test := range []struct {
		name   string
		record []byte
		want   string
		notes  string
	}{
		{"lines of one product are added up", order(`"0.00"`, `{"email":"x"}`, line(1, 258, 0, "1", "67.99"), line(2, 259, 300, "2", "10.005"), line(3, 258, 0, "2", "0.01"), line(4, 300, 0, "1", "1"), line(5, 7, 0, "0", "9")),
			head + "total_value = 79.005\npayments = [{\"amount\":\"0\",\"method\":\"ideal\",\"paid_at\":null}]\ncustomer = \"x\"\n" +
				"lines[0].remote_id = \"1,3\"\nlines[0].product = \"258\"\nlines[0].quantity = 3\nlines[0].subtotal_value = 68\nlines[0].unit_price_gross = 1.5\n" +
				"lines[1].remote_id = \"2,4\"\nlines[1].product = \"300\"\nlines[1].quantity = 3\nlines[1].subtotal_value = 11.005\nlines[1].unit_price_gross = 1.5\n", ""},
		{"a total of its own stays", order(`"5"`, `null`, line(1, 2, 0, "1.0", "4")),
			head + "total_value = 5\npayments = [{\"amount\":\"5\",\"method\":\"ideal\",\"paid_at\":null}]\ncustomer = null\n" +
				"lines[0].remote_id = \"1\"\nlines[0].product = \"2\"\nlines[0].quantity = 1\nlines[0].subtotal_value = 4\nlines[0].unit_price_gross = 1.5\n", ""},
		{"without lines", order(`null`, `{}`),
			head + "total_value = 0\npayments = [{\"amount\":null,\"method\":\"ideal\",\"paid_at\":null}]\ncustomer = null\n", ""},
	} {
		r, err := e.Map(m.ByStream("orders")[0], Input{Record: test.record})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, written(koppel.SellOrders.Fields(), r.Values, "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.notes, writtenNotes(r.Notes)); diff != "" {
			t.Errorf("%s: notes (-want +got):\n%s", test.name, diff)
		}
	}
	_, err := e.Map(m.ByStream("orders")[0], Input{Record: order(`"1"`, `null`, line(1, 2, 0, "1.5", "4"))})
	var f *FieldError
	if !errors.As(err, &f) || f.Field != "lines.quantity" || f.Reason != "expected a whole number, not 1.5" || !strings.HasPrefix(f.Input, `item = {"id":1,"product_id":2`) {
		t.Errorf("a fractional quantity: %v", err)
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = line(1000+i, 5, 0, "1", "1")
	}
	r, err := e.Map(m.ByStream("orders")[0], Input{Record: order(`null`, `null`, many...)})
	if err != nil {
		t.Fatal(err)
	}
	index, _, _ := koppel.SellOrders.Field("lines")
	only := r.Values[index].([]koppel.Values)
	if len(only) != 1 || only[0][2] != int64(200) || len(only[0][0].(string)) > 255 {
		t.Errorf("200 lines of one product: %v", only)
	}
	if diff := cmp.Diff("lines.remote_id: more line ids than fit; left out 1051 and what follows\n", writtenNotes(r.Notes)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestBuyOrderLinesAreNamed(t *testing.T) {
	t.Parallel()
	m := compileOne(t, `
objects:
  buy_orders:
    from: vendors
    remote_id: string(record.id)
    supplier: string(record.supplier)
    reference: record.ref
    lines:
      each: record.rows
      product: string(line.p)
      quantity: stock_units(line.q, line.pack)
      subtotal_value: line.q * line.price
      expected_delivery_date: date(line.due)
      remote_id: 'line.id != nil ? string(line.id) : nil'
`)
	r, err := NewEvaluator(m, Env{}).Map(m.ByStream("vendors")[0], Input{Record: []byte(`{"id":9,"supplier":4,"ref":"KOP12","rows":[{"id":1,"p":"a","q":2,"pack":6,"price":1.25},{"p":"b","q":1,"price":3},{"p":"c","q":1,"price":1,"due":"2026-12-01"},{"p":"c","q":1,"price":1}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := `supplier = "4"
total_value = 7.5
reference = "KOP12"
lines[0].remote_id = "1"
lines[0].product = "a"
lines[0].quantity = 12
lines[0].subtotal_value = 2.5
lines[0].expected_delivery_date = null
lines[1].remote_id = "9_b"
lines[1].product = "b"
lines[1].quantity = 1
lines[1].subtotal_value = 3
lines[1].expected_delivery_date = null
lines[2].remote_id = "9_c_3"
lines[2].product = "c"
lines[2].quantity = 1
lines[2].subtotal_value = 1
lines[2].expected_delivery_date = 2026-12-01T00:00:00Z
lines[3].remote_id = "9_c_4"
lines[3].product = "c"
lines[3].quantity = 1
lines[3].subtotal_value = 1
lines[3].expected_delivery_date = null
`
	if diff := cmp.Diff(want, written(koppel.BuyOrders.Fields(), r.Values, "")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
