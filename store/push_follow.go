package store

import "github.com/koppel-io/koppel"

const (
	// A delivery goes to the coupling that received its order, unless that one told of it. Our reference is how it is
	// found there again.
	wantDeliveriesSQL = `
WITH d AS (
    SELECT u.uuid, d.id, coalesce(d.reference, b.reference || 'R' || d.id) AS reference, d.deleted_at,
           coalesce(b.coupling_id, (SELECT s.coupling_id FROM source s WHERE s.webshop_id = $3::bigint AND s.object_id = b.id AND s.object = 'buy_orders'
                                    AND s.gone_at IS NULL ORDER BY s.coupling_id LIMIT 1)) AS coupling_id
    FROM unnest($1::text[], $2::bigint[]) AS u(uuid, id)
    JOIN item_delivery d ON d.webshop_id = $3::bigint AND d.id = u.id JOIN buy_order b ON b.webshop_id = $3::bigint AND b.id = d.buy_order_id
), w AS (
    SELECT d.* FROM d JOIN coupling c ON c.id = d.coupling_id AND 'item_deliveries' = ANY (c.pushes) AND NOT ` + inShadowSQL + `
    WHERE NOT EXISTS (SELECT FROM source s WHERE s.webshop_id = $3::bigint AND s.object_id = d.id AND s.object = 'item_deliveries' AND s.coupling_id = c.id AND s.record_id <> '')
      AND (d.deleted_at IS NULL OR EXISTS (SELECT FROM outbox o WHERE o.coupling_id = c.id AND o.object = 'item_deliveries' AND o.object_id = d.id))
), named AS (
    UPDATE item_delivery i SET reference = w.reference FROM w WHERE i.webshop_id = $3::bigint AND i.id = w.id AND i.reference IS NULL
)
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference, due_at)
SELECT w.uuid::uuid, $3::bigint, w.coupling_id, 'item_deliveries', w.id, 'create', w.reference, clock_timestamp() + make_interval(secs => $4::bigint / 1000.0) FROM w
ORDER BY w.coupling_id, w.id` + joinPushSQL
	// A shipment goes to the couplings that its order came from, unless they told of it.
	wantShipmentsSQL = `
INSERT INTO outbox (uuid, webshop_id, coupling_id, object, object_id, operation, reference, due_at)
SELECT u.uuid::uuid, $3::bigint, c.id, 'shipments', d.id, 'create', coalesce(o.number, s.remote_id) || '-' || d.id, clock_timestamp() + make_interval(secs => $4::bigint / 1000.0)
FROM unnest($1::text[], $2::bigint[]) AS u(uuid, id)
JOIN shipment d ON d.webshop_id = $3::bigint AND d.id = u.id AND d.deleted_at IS NULL AND d.status <> 'returned'
JOIN sell_order o ON o.webshop_id = $3::bigint AND o.id = d.sell_order_id AND o.deleted_at IS NULL
CROSS JOIN LATERAL (
    SELECT s.coupling_id, s.remote_id FROM source s JOIN coupling c ON c.id = s.coupling_id AND 'shipments' = ANY (c.pushes) AND NOT ` + inShadowSQL + `
    WHERE s.webshop_id = $3::bigint AND s.object_id = o.id AND s.object = 'sell_orders' AND s.gone_at IS NULL ORDER BY s.coupling_id LIMIT 1) s
JOIN coupling c ON c.id = s.coupling_id
WHERE NOT EXISTS (SELECT FROM source x WHERE x.webshop_id = $3::bigint AND x.object_id = d.id AND x.object = 'shipments' AND x.coupling_id = c.id AND x.record_id <> '')
ORDER BY c.id, d.id` + joinPushSQL
)

// following are the objects of which a change asks for a push.
var following = map[koppel.Object]string{koppel.ItemDeliveries: wantDeliveriesSQL, koppel.Shipments: wantShipmentsSQL}

// raising are the objects that raise the stock of a product.
var raising = map[koppel.Object]string{koppel.ItemDeliveries: wantRaisesSQL}

// wantFollowing asks for the pushes of the deliveries and shipments that were changed.
func (w *writing) wantFollowing() {
	for i := range w.changes {
		s := &w.changes[i]
		sql, follows := following[s.object]
		if !follows {
			continue
		}
		w.pipe.add(-1, sql, textsArg(newIDs(len(s.ids))), intsArg(s.ids), intArg(w.b.Lease.Webshop), intArg(w.db.gather.Milliseconds()))
		if sql := raising[s.object]; sql != "" {
			w.pipe.add(-1, sql, textsArg(newIDs(len(s.ids))), intsArg(s.ids), intArg(w.b.Lease.Webshop), intArg(w.db.gather.Milliseconds()),
				boolArg(s.operation == changeCreated))
		}
	}
}

func newIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = NewID()
	}
	return ids
}
