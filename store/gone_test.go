package store_test

import (
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// gone makes records of the lease's stream gone, as of a ticket.
func (r *reading) gone(t *testing.T, lease store.Lease, reason koppel.GoneReason, ticket int64, ids ...string) koppel.Counts {
	t.Helper()
	b := &store.Batch{Lease: lease, Total: -1}
	for _, id := range ids {
		b.Gone = append(b.Gone, store.Gone{ID: id, Ticket: ticket, Reason: reason})
	}
	counts, err := r.Engine.WriteBatch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestGoneHasTheEffectOfEachObjectAndIsUndone(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	records := func(ticket int64) []store.Record {
		return []store.Record{
			product(t, "P", ticket, nil),
			record("S", ticket, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "Supplier"})),
			offer(t, "SP", "S", "P", ticket),
			record("SO", ticket, koppel.SellOrders, values(t, koppel.SellOrders, map[string]any{
				"placed_at": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "lines": []koppel.Values{line(t, koppel.SellOrders, map[string]any{
					"product": "P", "quantity": int64(2), "subtotal_value": decimal.New(10, 0)})},
			})),
			record("BO", ticket, koppel.BuyOrders, values(t, koppel.BuyOrders, map[string]any{"supplier": "S", "lines": []koppel.Values{}})),
		}
	}
	r.write(t, r.lease, records(5)...)
	const state = `
SELECT p.status AS p, p.state_reason AS pr, s.ignored AS s, s.state_reason AS sr, o.status AS o, o.state_reason AS orr,
       so.deleted_at IS NOT NULL AS so, so.state_reason AS sor, (SELECT sum(quantity) FROM sell_order_line) AS lines,
       b.deleted_at IS NOT NULL AS b, b.state_reason AS br
FROM product p, supplier s, supplier_product o, sell_order so, buy_order b`
	const there = "enabled|∅|false|∅|enabled|∅|false|∅|2|false|∅"
	r.want(t, there, state)
	if counts := r.gone(t, r.lease, koppel.GoneMissing, 6, "P", "S", "SP", "SO", "BO", "never read"); counts.Gone != 5 || counts.Objects < 5 {
		t.Errorf("counts = %+v, want 5 gone", counts)
	}
	r.want(t, "disabled|gone|true|gone|disabled|gone|true|gone|2|true|gone", state)
	r.want(t, "5|5|missing", "SELECT (SELECT count(*) FROM record WHERE gone_at IS NOT NULL), count(*), min(gone_reason) FROM source WHERE gone_at IS NOT NULL")
	r.want(t, "2|3", "SELECT count(*) FILTER (WHERE operation = 'deleted'), count(DISTINCT object_id) FILTER (WHERE operation = 'updated') FROM change")
	if counts := r.gone(t, r.lease, koppel.GoneMissing, 7, "P"); counts.Gone != 0 || counts.Objects != 0 {
		t.Errorf("gone twice counts %+v", counts)
	}
	// The same bodies again: what was gone is not taken for unchanged.
	known := make([][16]byte, 1)
	if err := r.Engine.KnownHashes(t.Context(), r.shop.ID, r.lease.Stream, []string{"P"}, known); err != nil || known[0] != [16]byte{} {
		t.Errorf("the hash of a gone record is %x, %v", known[0], err)
	}
	r.write(t, r.lease, records(8)...)
	r.want(t, there, state)
	r.want(t, "0|0", "SELECT (SELECT count(*) FROM record WHERE gone_at IS NOT NULL), count(*) FROM source WHERE gone_reason IS NOT NULL OR gone_at IS NOT NULL")
}

func TestNewerReadingsOutlastGone(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 10, nil))
	if counts := r.gone(t, r.lease, koppel.GoneMissing, 9, "1"); counts.Gone != 0 {
		t.Errorf("a record that was read since is gone: %+v", counts)
	}
	r.want(t, "enabled", "SELECT status FROM product")
	r.gone(t, r.lease, koppel.GoneEvent, 20, "1")
	// A page that was asked for before the event, and is written after it, brings nothing back.
	late := product(t, "1", 15, nil)
	late.Hash = [16]byte{9}
	r.write(t, r.lease, late)
	r.want(t, "disabled|gone", "SELECT status, state_reason FROM product")
	back := &store.Batch{Lease: r.lease, Total: -1, Back: []string{"1", "unknown"}}
	if _, err := r.Engine.WriteBatch(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	r.want(t, "enabled|∅|12.500000", "SELECT status, state_reason, price::text FROM product")
	r.want(t, "true", "SELECT gone_at IS NULL FROM record")
}

func TestExistenceFollowsPrimarySources(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	second := r.Coupling(t, r.shop)
	shop := r.pair.lease(t, second, "products")
	sku := map[string]any{"sku_code": "S1"}
	r.write(t, r.lease, product(t, "1", 5, sku))
	r.rule(t, second, koppel.Products, koppel.Rule{Key: "sku_code"})
	r.write(t, shop, product(t, "W", 5, sku))
	const state = "SELECT status, state_reason, (SELECT count(*) FROM source WHERE object_id = p.id) AS sources FROM product p"
	r.gone(t, shop, koppel.GoneMissing, 6, "W")
	r.want(t, "enabled|∅|2", state)
	r.write(t, shop, product(t, "W", 7, sku))
	r.gone(t, r.lease, koppel.GoneFeed, 7, "1")
	r.want(t, "enabled|∅|2", state)
	// As a secondary source the shop's carries nothing.
	r.rule(t, second, koppel.Products, koppel.Rule{Key: "sku_code", Role: koppel.RoleSecondary})
	r.write(t, shop, product(t, "W", 8, map[string]any{"sku_code": "S1", "name": "again"}))
	r.want(t, "disabled|gone|2", state)
	r.write(t, r.lease, product(t, "1", 9, sku))
	r.want(t, "enabled|∅|2", state)
}

func TestWhatAPersonDisabledStays(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, nil))
	if _, err := r.owner.Exec(t.Context(), `
INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
SELECT webshop_id, 0, object, object_id::text, object_id, 0, object_id::text, run_id, '{"status":"disabled"}' FROM source`); err != nil {
		t.Fatal(err)
	}
	const state = "SELECT name, status, state_reason FROM product"
	r.write(t, r.lease, product(t, "1", 6, map[string]any{"name": "other"}))
	r.want(t, "other|disabled|person", state)
	r.gone(t, r.lease, koppel.GoneMissing, 7, "1")
	r.want(t, "other|disabled|person", state)
	r.write(t, r.lease, product(t, "1", 8, map[string]any{"name": "back"}))
	r.want(t, "back|disabled|person", state)
}
