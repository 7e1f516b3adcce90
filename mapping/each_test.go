package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const receiptMapping = `
objects:
  item_deliveries:
    from: orders
    each: record.line_items
    as: row
    remote_id: string(row.id)
    buy_order: 'record.customer_id == 0 ? nil : string(record.customer_id)'
    line: string(row.variation_id)
    product: string(row.product_id)
    quantity: decimal(row.quantity)
    occurred_at: time(record.date_created_gmt, "2006-01-02T15:04:05", "UTC")
`

// deliveries maps one receipt and prints ids with quantities.
func deliveries(t *testing.T, customer string, lines ...string) (string, []Result, error) {
	t.Helper()
	m := compileOne(t, receiptMapping)
	e := NewEvaluator(m, Env{})
	raw := strings.Replace(string(order(`"1"`, `null`, lines...)), `"customer_id":0`, `"customer_id":`+customer, 1)
	results, err := e.MapList(m.ByStream("orders")[0], Input{Record: []byte(raw)})
	var out []string
	at, _, _ := koppel.ItemDeliveries.Field("quantity")
	for _, r := range results {
		text := r.RemoteID
		if r.Skip {
			text += " left out " + r.Ignored
		} else {
			text += " " + literal(int(r.Values[at].(int64)))
		}
		out = append(out, text)
	}
	return strings.Join(out, "; "), results, err
}

func TestARecordGivesAListOfObjects(t *testing.T) {
	t.Parallel()
	got, _, err := deliveries(t, "7", line(1, 258, 0, "1", "1"), line(2, 259, 300, "-2", "1"))
	if err != nil || got != "1 1; 2 -2" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestDeliveriesOfOneIDAreAddedUp(t *testing.T) {
	t.Parallel()
	got, results, err := deliveries(t, "7", line(1, 258, 0, "3", "1"), line(1, 258, 0, "4", "1"), line(2, 258, 0, "5", "1"), line(2, 258, 0, "-5", "1"))
	if err != nil || got != "1 7; 2 left out " {
		t.Errorf("%s, %v", got, err)
	}
	if diff := cmp.Diff([]koppel.Note{{Field: "quantity", Text: "3 and 4 of one id are added up"}}, results[0].Notes); diff != "" {
		t.Error(diff)
	}
}

func TestReceiptsWithoutAnOrderAndDeliveriesOfNothingAreLeftOut(t *testing.T) {
	t.Parallel()
	if got, _, err := deliveries(t, "0", line(1, 258, 0, "3", "1")); err != nil || got != "1 left out receipts without an order" {
		t.Errorf("%s, %v", got, err)
	}
	if got, _, err := deliveries(t, "7", line(1, 258, 0, "0", "1")); err != nil || got != "1 left out deliveries of nothing" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAnElementThatFailsLeavesTheOthers(t *testing.T) {
	t.Parallel()
	got, _, err := deliveries(t, "7", line(1, 258, 0, "1.5", "1"), line(2, 258, 0, "2", "1"), line(3, 258, 0, "2.5", "1"))
	var f *FieldError
	if !errors.As(err, &f) || f.Field != "quantity" || f.More != 1 || !strings.Contains(f.Input, `row = {"id":1,`) || got != "2 2" {
		t.Errorf("%s, %+v", got, f)
	}
}

const partsMapping = `
objects:
  product_compositions:
    from: orders
    each: record.line_items
    where: item.quantity > 0
    remote_id: string(record.number) + "_" + string(item.product_id)
    composed_product: record.number
    part_product: string(item.product_id)
    part_quantity: decimal(item.quantity) / 2
`

func TestAPartsQuantityIsRoundedUpWithANote(t *testing.T) {
	t.Parallel()
	m := compileOne(t, partsMapping)
	results, err := NewEvaluator(m, Env{}).MapList(m.ByStream("orders")[0], Input{Record: order(`"1"`, `null`, line(1, 258, 0, "3", "1"), line(2, 259, 0, "4", "1"))})
	if err != nil || len(results) != 2 {
		t.Fatalf("%v, %v", results, err)
	}
	at, _, _ := koppel.ProductCompositions.Field("part_quantity")
	if results[0].Values[at] != int64(2) || results[1].Values[at] != int64(2) || len(results[1].Notes) != 0 {
		t.Errorf("%v", results)
	}
	if diff := cmp.Diff([]koppel.Note{{Field: "part_quantity", Text: "1.5 is rounded up to 2"}}, results[0].Notes); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutLinesAnOrderKeepsItsHeaderAndTheRemotesTotal(t *testing.T) {
	t.Parallel()
	m := compileOne(t, orderMapping)
	e := NewEvaluator(m, Env{Settings: map[string]any{koppel.LinesSetting(koppel.SellOrders): false}})
	result, err := e.Map(m.ByStream("orders")[0], Input{Record: order(`"12.5"`, `null`, line(1, 258, 0, "1", "67.99"))})
	if err != nil {
		t.Fatal(err)
	}
	lines, _, _ := koppel.SellOrders.Field("lines")
	total, _, _ := koppel.SellOrders.Field("total_value")
	if list, ok := result.Values[lines].([]koppel.Values); !ok || len(list) != 0 || literal(result.Values[total]) != "12.5" {
		t.Errorf("lines %v, total %v", result.Values[lines], result.Values[total])
	}
}

const unitMapping = `
objects:
  item_deliveries:
    from: orders
    each: record.line_items
    remote_id: string(item.id)
    buy_order: record.number
    quantity: stock_units(decimal(item.quantity), unit_factor(record.currency, settings.units))
`

func TestAUnitThatIsNotListedParksTheRecord(t *testing.T) {
	t.Parallel()
	m, err := Compile("mapping.yaml", []byte(unitMapping), Schema{Streams: testSchema.Streams, Settings: []koppel.Setting{{Name: "units", Type: koppel.SettingStrings, Default: []string{}}}})
	if err != nil {
		t.Fatal(err)
	}
	at, _, _ := koppel.ItemDeliveries.Field("quantity")
	for _, test := range []struct {
		factors []any
		want    string
	}{{nil, "2"}, {[]any{"EUR=12"}, "24"}, {[]any{"USD=12"}, `unit "EUR" is not in unit_factors`}} {
		e := NewEvaluator(m, Env{Settings: map[string]any{"units": test.factors}})
		results, err := e.MapList(m.ByStream("orders")[0], Input{Record: order(`"1"`, `null`, line(1, 258, 0, "2", "1"))})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = literal(int(results[0].Values[at].(int64)))
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%v: %s, want %s", test.factors, got, test.want)
		}
	}
}
