package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// purchase is a buy order of supplier S with a line per product, each with its own remote id.
func purchase(t *testing.T, id string, ticket int64, quantities map[string]int64, more map[string]any) store.Record {
	t.Helper()
	fields := map[string]any{"supplier": "S", "placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var lines []koppel.Values
	for _, key := range []string{"P", "Q"} {
		if n, ok := quantities[key]; ok {
			lines = append(lines, line(t, koppel.BuyOrders, map[string]any{"remote_id": id + key, "product": key, "quantity": n, "subtotal_value": decimal.New(n, 0)}))
		}
	}
	fields["lines"] = lines
	for name, value := range more {
		fields[name] = value
	}
	return record(id, ticket, koppel.BuyOrders, values(t, koppel.BuyOrders, fields))
}

func delivery(t *testing.T, id, order string, ticket, quantity int64, more map[string]any) store.Record {
	t.Helper()
	fields := map[string]any{"buy_order": order, "quantity": quantity, "occurred_at": time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	for name, value := range more {
		fields[name] = value
	}
	return record(id, ticket, koppel.ItemDeliveries, values(t, koppel.ItemDeliveries, fields))
}

const receivedSQL = "SELECT remote_id, quantity_delivered, quantity_open FROM buy_order_line_received ORDER BY position"

func TestDeliveriesAreFoundByLineElseByProduct(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, record("S", 4, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "Supplier"})), product(t, "P", 4, nil), product(t, "Q", 4, nil))
	// The receipts come before their order and wait for it.
	r.write(t, r.lease, delivery(t, "1", "O", 5, 3, map[string]any{"line": "OP"}), delivery(t, "2", "O", 5, 4, map[string]any{"product": "Q"}),
		delivery(t, "3", "O", 5, 1, map[string]any{"line": "not one of ours", "product": "Q"}))
	r.want(t, "3", "SELECT count(*) FROM item_delivery WHERE buy_order_id IS NULL")
	r.write(t, r.lease, purchase(t, "O", 6, map[string]int64{"P": 10, "Q": 5}, nil))
	r.want(t, "OP|3|7\nOQ|5|0", receivedSQL)
	// What went back to the supplier is a negative delivery.
	r.write(t, r.lease, delivery(t, "4", "O", 7, -2, map[string]any{"line": "OP"}))
	r.want(t, "OP|1|9\nOQ|5|0", receivedSQL)
	// A cumulative source replaces its number; a receipt that is gone counts no more.
	r.write(t, r.lease, delivery(t, "1", "O", 8, 10, map[string]any{"line": "OP"}))
	gone := delivery(t, "4", "O", 8, 0, nil)
	gone.Mapped[0] = store.Mapped{Object: koppel.ItemDeliveries, RemoteID: "4", Skip: true}
	r.write(t, r.lease, gone)
	r.want(t, "OP|10|0\nOQ|5|0", receivedSQL)
}

func TestDeliveriesOfAProductFillItsLinesInTheirOrder(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	order := purchase(t, "O", 5, nil, map[string]any{"lines": []koppel.Values{
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "a", "product": "P", "quantity": int64(4), "subtotal_value": decimal.New(4, 0)}),
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "b", "product": "P", "quantity": int64(6), "subtotal_value": decimal.New(6, 0)}),
	}})
	r.write(t, r.lease, product(t, "P", 5, nil), order, delivery(t, "1", "O", 5, 1, map[string]any{"line": "a"}), delivery(t, "2", "O", 5, 5, map[string]any{"product": "P"}))
	r.want(t, "a|4|0\nb|2|4", receivedSQL)
	r.write(t, r.lease, delivery(t, "3", "O", 6, 9, map[string]any{"product": "P"}))
	r.want(t, "a|4|0\nb|11|0", receivedSQL)
}

func TestADeliveryWithoutTimeKeepsWhenItWasFirstSeen(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	seen := func(ticket, quantity int64) string {
		d := delivery(t, "1", "O", ticket, quantity, nil)
		_, field, _ := koppel.ItemDeliveries.Field("occurred_at")
		for i, f := range koppel.ItemDeliveries.Fields() {
			if f.Name == field.Name {
				d.Mapped[0].Values[i] = nil
			}
		}
		r.write(t, r.lease, d)
		return r.text(t, "SELECT occurred_at, quantity FROM item_delivery")
	}
	first := seen(5, 1)
	if again := seen(6, 2); again[:len(again)-1] != first[:len(first)-1] || again[len(again)-1] != '2' {
		t.Errorf("first %s, then %s", first, again)
	}
}

func TestShipmentsWaitForTheirOrder(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, record("H", 5, koppel.Shipments, values(t, koppel.Shipments, map[string]any{
		"sell_order": "O", "carrier": "PostNL", "tracking_code": "3S1", "lines": []koppel.Values{line(t, koppel.Shipments, map[string]any{"product": "P", "quantity": int64(2)})},
	})))
	const sent = "SELECT h.status, h.sell_order_id IS NOT NULL AS o, l.product_id IS NOT NULL AS p, l.quantity FROM shipment h JOIN shipment_line l ON l.shipment_id = h.id"
	r.want(t, "created|false|false|2", sent)
	r.write(t, r.lease, product(t, "P", 6, nil), record("O", 6, koppel.SellOrders, values(t, koppel.SellOrders, map[string]any{"placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})))
	r.want(t, "created|true|true|2", sent)
}

func TestWhatARecordListsNoLongerIsGone(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "A", 4, nil), product(t, "B", 4, nil), product(t, "C", 4, nil))
	set := func(ticket int64, parts ...string) store.Record {
		rec := product(t, "A", ticket, nil)
		rec.Lists = []koppel.Object{koppel.ProductCompositions}
		for _, part := range parts {
			rec.Mapped = append(rec.Mapped, store.Mapped{Object: koppel.ProductCompositions, RemoteID: "A_" + part, Values: values(t, koppel.ProductCompositions,
				map[string]any{"composed_product": "A", "part_product": part, "part_quantity": int64(1)})})
		}
		return rec
	}
	const assembled = "SELECT assembled FROM product WHERE name = 'Product A'"
	r.write(t, r.lease, set(5, "B", "C"))
	r.want(t, "Product A|Product B|1\nProduct A|Product C|1", partsSQL)
	r.want(t, "true", assembled)
	// What failed to be mapped takes nothing away.
	failed := set(6, "B")
	failed.Lists, failed.Parked = nil, []store.Parked{{Object: koppel.ProductCompositions, Kind: koppel.KindMapping, Reason: "no number"}}
	r.write(t, r.lease, failed)
	r.want(t, "Product A|Product B|1\nProduct A|Product C|1", partsSQL)
	r.write(t, r.lease, set(7, "C"))
	r.want(t, "Product A|Product C|1", partsSQL)
	r.write(t, r.lease, set(8))
	r.want(t, "", partsSQL)
	r.want(t, "false", assembled)
	r.write(t, r.lease, set(9, "B"))
	r.want(t, "Product A|Product B|1", partsSQL)
}

func TestWhatIsLeftOutOfReceiptsIsCountedWithTheScan(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	left := record("1", 5, koppel.ItemDeliveries, nil)
	left.Mapped[0].Skip, left.Ignored = true, []string{"receipts without an order"}
	r.write(t, r.lease, left)
	left.ID, left.Mapped[0].RemoteID, left.Ignored = "2", "2", []string{"receipts without an order", "deliveries of nothing"}
	b := batchOf(r.lease, left)
	b.End = &store.End{Rule: "last page", Complete: true, Ignored: map[string]int64{"403": 4}}
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.want(t, `{"403": 4, "deliveries of nothing": 1, "receipts without an order": 2}`, "SELECT ignored FROM scan")
}

func TestWhatWaitsIsListedWithItsKey(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil), purchase(t, "O", 5, map[string]int64{"P": 1, "Q": 2}, nil), delivery(t, "1", "X", 5, 4, nil), composition(t, "2", "P", "R", 5, 1))
	list := func(f store.WaitingFilter) (all []string) {
		t.Helper()
		for more := true; more; more = f.After != "" {
			page, err := store.With(t.Context(), r.App, store.ForWebshop(r.shop.ID), func(tx *store.Tx) (store.Page[store.Waiting], error) { return tx.Waiting(t.Context(), f) })
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range page.Items {
				if w.CouplingUUID != r.coupling.UUID || w.WebshopUUID != r.shop.UUID || time.Since(w.Since) > time.Hour {
					t.Errorf("%+v", w)
				}
				all = append(all, string(w.Object)+" "+w.Field+" "+string(w.Target)+" "+w.Keys[0])
			}
			f.After = page.Next
		}
		slices.Sort(all)
		return all
	}
	want := []string{"buy_orders lines products Q", "buy_orders supplier suppliers S", "item_deliveries buy_order buy_orders X", "product_compositions part_product products R"}
	if got := list(store.WaitingFilter{Limit: 1}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := list(store.WaitingFilter{Target: koppel.Products, Object: koppel.BuyOrders, Coupling: r.coupling.UUID}); !slices.Equal(got, want[:1]) {
		t.Errorf("%q", got)
	}
	r.write(t, r.lease, product(t, "R", 6, nil), product(t, "Q", 6, nil))
	if _, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.coupling.ID, r.lease.Run); err != nil {
		t.Fatal(err)
	}
	if got := list(store.WaitingFilter{}); !slices.Equal(got, want[1:3]) {
		t.Errorf("%q", got)
	}
}
