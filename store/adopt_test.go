package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// pushed is an order of two lines that the remote took under an id.
func (p pair) pushed(t *testing.T, remoteID string, lines map[int]string) store.Outbox {
	t.Helper()
	row := p.placedOrder(t)
	run, err := p.pushRun(t, row)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := p.claim(t, row, run)
	if err != nil {
		t.Fatal(err)
	}
	return in(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxSent(ctx, row.ID, claim.Epoch, store.Sent{RemoteID: remoteID, Lines: lines})
	})
}

const (
	adoptedSQL = `SELECT o.id::text, o.uuid::text, o.reference, o.placed_at, o.supplier_id, o.expected_delivery_date, o.total_value::text, o.assembly, o.deleted_at FROM buy_order o`
	linesSQL   = `SELECT uuid::text, position, remote_id, product_id, quantity, subtotal_value::text, expected_delivery_date FROM buy_order_line ORDER BY position`
	boundSQL   = `SELECT s.remote_id, s.record_id, st.name, s.object_id = o.id AS same, (SELECT count(*) FROM buy_order) AS orders FROM source s LEFT JOIN stream st ON st.id = s.stream_id CROSS JOIN buy_order o WHERE s.object = 'buy_orders'`
)

// pulled is the order as the remote tells it: nothing of when we placed or expect it.
func pulled(t *testing.T, id string, ticket int64, more map[string]any) store.Record {
	t.Helper()
	fields := map[string]any{"supplier": "s1", "total_value": decimal.New(2100, -2), "lines": []koppel.Values{
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "L1", "product": "p1", "quantity": int64(1), "subtotal_value": decimal.New(1050, -2)}),
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "L2", "product": "p2", "quantity": int64(2), "subtotal_value": decimal.New(1050, -2)}),
	}}
	for name, value := range more {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	return record(id, ticket, koppel.BuyOrders, values(t, koppel.BuyOrders, fields))
}

func TestAPullAdoptsWhatAPushMade(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.pushed(t, "PO-77", map[int]string{1: "L1", 2: "L2"})
	r.want(t, "PO-77||∅|true|1", boundSQL)
	order, lines := r.text(t, adoptedSQL), r.text(t, linesSQL)
	// The same order: its source is the stream's from now on, and nothing else changes.
	if counts := r.write(t, r.lease, pulled(t, "PO-77", 5, nil)); counts.Objects != 0 || counts.Parked != 0 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "PO-77|PO-77|products|true|1", boundSQL)
	r.want(t, order, adoptedSQL)
	r.want(t, lines, linesSQL)
	// What the remote changes is taken, what it does not tell stays, without lines and supplier too.
	counts := r.write(t, r.lease, pulled(t, "PO-77", 6, map[string]any{"status_remote": "open", "lines": nil, "supplier": nil}))
	if counts.Objects != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, order, adoptedSQL)
	r.want(t, lines, linesSQL)
	r.want(t, "open", `SELECT status_remote FROM buy_order`)
	// A cut quantity changes that line, which stays the same one.
	cut := pulled(t, "PO-77", 7, map[string]any{"lines": []koppel.Values{
		line(t, koppel.BuyOrders, map[string]any{"remote_id": "L2", "product": "p2", "quantity": int64(1), "subtotal_value": decimal.New(500, -2)}),
	}})
	second := r.text(t, `SELECT uuid FROM buy_order_line WHERE position = 2`)
	r.write(t, r.lease, cut)
	r.want(t, second+"|1|L2|1|5.0000", `SELECT uuid, position, remote_id, quantity, subtotal_value::text FROM buy_order_line`)
}

func TestAPullThatTellsNothingOfAPushedOrderLeavesItWhole(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.pushed(t, "PO-77", nil)
	order, lines := r.text(t, adoptedSQL), r.text(t, linesSQL)
	bare := record("PO-77", 5, koppel.BuyOrders, values(t, koppel.BuyOrders, nil))
	if counts := r.write(t, r.lease, bare); counts.Objects != 0 || counts.Parked != 0 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "PO-77|PO-77|products|true|1", boundSQL)
	r.want(t, order, adoptedSQL)
	r.want(t, lines, linesSQL)
}

// The pull may meet the order before the push has its answer.
func TestAPushFindsWhatAPullAdoptedBefore(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	row := r.placedOrder(t)
	run, err := r.pushRun(t, row)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := r.claim(t, row, run)
	if err != nil {
		t.Fatal(err)
	}
	order := r.text(t, adoptedSQL)
	r.write(t, r.lease, pulled(t, "PO-77", 5, map[string]any{"reference": row.Reference}))
	r.want(t, "PO-77|PO-77|products|true|1", boundSQL)
	r.want(t, order, adoptedSQL)
	done := in(t, r.Engine, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		return tx.OutboxSent(ctx, row.ID, claim.Epoch, store.Sent{RemoteID: "PO-77"})
	})
	if done.State != store.OutboxSent {
		t.Errorf("sent %+v", done)
	}
	r.want(t, "PO-77|PO-77|products|true|1", boundSQL)
}

// The remote can tell of a shipment before it answers the push of it.
func TestAPullAdoptsAShipmentThatIsBeingPushed(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.SetPushes(ctx, r.coupling.UUID, []koppel.Object{koppel.Shipments})
	})
	placed := map[string]any{"placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.write(t, r.lease, record("O", 4, koppel.SellOrders, values(t, koppel.SellOrders, placed)), record("P", 4, koppel.SellOrders, values(t, koppel.SellOrders, placed)))
	order := r.text(t, "SELECT o.uuid FROM sell_order o JOIN source s ON s.object_id = o.id WHERE s.remote_id = 'O'")
	booked := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.BookShipment(ctx, order, store.NewShipment{Carrier: "POSTNL", TrackingCode: "3S1", By: "test"})
	})
	told := func(id, order, code string) store.Record {
		return record(id, 5, koppel.Shipments, values(t, koppel.Shipments, map[string]any{"sell_order": order, "carrier": "POSTNL", "tracking_code": code}))
	}
	if counts := r.write(t, r.lease, told("77", "O", "3S1"), told("78", "P", "3S2"), told("79", "P", "3S2")); counts.Parked != 0 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "77|"+booked.UUID+"|3", "SELECT s.remote_id, h.uuid, (SELECT count(*) FROM shipment) AS all FROM shipment h JOIN source s ON s.object_id = h.id WHERE h.tracking_code = '3S1'")
}
