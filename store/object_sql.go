package store

import "github.com/koppel-io/koppel"

// How each object is read: the row's own columns, then one column a field in the order of Object.Fields, two (the
// outside id and the key) for a reference. A test holds the order.
const (
	objectHead = `SELECT o.id, o.webshop_id, o.uuid, o.changed_at, r.uuid AS run_uuid, `
	objectRun  = ` LEFT JOIN run r ON r.id = o.run_id`

	supplierObjectSQL = objectHead + `NULL::timestamptz AS deleted_at, o.state_reason,
    o.name, o.emails, o.delivery_time, o.replenishment_period, o.fixed_costs, o.minimum_order_value, o.gln, o.ignored,
    o.created_at_remote, o.updated_at_remote
FROM supplier o` + objectRun

	productObjectSQL = objectHead + `NULL::timestamptz AS deleted_at, o.state_reason,
    o.name, o.sku_code, o.article_code, o.ean_code, o.price, o.unlimited_stock, o.stock_level, o.status, o.not_being_bought,
    o.assembled, o.tax_rate, o.categories, o.minimum_stock, o.maximum_stock, o.stock_measurement_unit, o.weight, o.volume,
    o.created_at_remote, o.updated_at_remote
FROM product o` + objectRun

	supplierProductObjectSQL = objectHead + `NULL::timestamptz AS deleted_at, o.state_reason,
    s.uuid AS supplier_uuid, o.supplier_key, p.uuid AS product_uuid, o.product_key,
    o.name, o.sku_code, o.ean_code, o.article_code, o.price, o.currency, o.minimum_purchase_quantity, o.lot_size, o.delivery_time,
    o.preferred, o.status, o.availability, o.availability_date, o.free_stock, o.weight, o.volume,
    o.created_at_remote, o.updated_at_remote
FROM supplier_product o` + objectRun + `
LEFT JOIN supplier s ON s.webshop_id = o.webshop_id AND s.id = o.supplier_id
LEFT JOIN product p ON p.webshop_id = o.webshop_id AND p.id = o.product_id`

	sellOrderObjectSQL = objectHead + `o.deleted_at, o.state_reason,
    o.number, o.placed_at, o.completed_at, o.total_value, o.status_remote, o.cancelled, o.currency, o.total_gross, o.tax_lines,
    o.discounts, o.shipping_value, o.payments, o.refunds, o.customer, o.location, o.channel,
    o.created_at_remote, o.updated_at_remote
FROM sell_order o` + objectRun

	buyOrderObjectSQL = objectHead + `o.deleted_at, o.state_reason,
    s.uuid AS supplier_uuid, o.supplier_key,
    o.placed_at, o.expected_delivery_date, o.completed_at, o.total_value, o.reference, o.status_remote, o.assembly,
    o.created_at_remote, o.updated_at_remote
FROM buy_order o` + objectRun + `
LEFT JOIN supplier s ON s.webshop_id = o.webshop_id AND s.id = o.supplier_id`

	compositionObjectSQL = objectHead + `o.deleted_at, o.state_reason,
    c.uuid AS composed_uuid, o.composed_product_key, p.uuid AS part_uuid, o.part_product_key, o.part_quantity,
    o.created_at_remote, o.updated_at_remote
FROM product_composition o` + objectRun + `
LEFT JOIN product c ON c.webshop_id = o.webshop_id AND c.id = o.composed_product_id
LEFT JOIN product p ON p.webshop_id = o.webshop_id AND p.id = o.part_product_id`

	shipmentObjectSQL = objectHead + `o.deleted_at, o.state_reason,
    s.uuid AS order_uuid, o.sell_order_key, o.carrier, o.tracking_code, o.tracking_url, o.status, o.shipped_at, o.delivered_at,
    o.created_at_remote, o.updated_at_remote
FROM shipment o` + objectRun + `
LEFT JOIN sell_order s ON s.webshop_id = o.webshop_id AND s.id = o.sell_order_id`

	deliveryObjectSQL = objectHead + `o.deleted_at, o.state_reason,
    b.uuid AS order_uuid, o.buy_order_key, o.line, p.uuid AS product_uuid, o.product_key, o.quantity, o.occurred_at, o.reference,
    o.created_at_remote, o.updated_at_remote
FROM item_delivery o` + objectRun + `
LEFT JOIN buy_order b ON b.webshop_id = o.webshop_id AND b.id = o.buy_order_id
LEFT JOIN product p ON p.webshop_id = o.webshop_id AND p.id = o.product_id`

	sellOrderLinesSQL = `
SELECT l.sell_order_id, ''::text AS uuid, l.remote_id, p.uuid AS product_uuid, l.product_key,
    l.quantity, l.subtotal_value, l.unit_price_gross, l.tax_rate, l.discount, l.options
FROM sell_order_line l LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
WHERE l.webshop_id = ANY (@webshops::bigint[]) AND l.sell_order_id = ANY (@ids::bigint[]) ORDER BY l.sell_order_id, l.position`

	buyOrderLinesSQL = `
SELECT l.buy_order_id, l.uuid::text, l.remote_id, p.uuid AS product_uuid, l.product_key,
    l.quantity, l.subtotal_value, l.expected_delivery_date, l.quantity_delivered, l.quantity_open
FROM buy_order_line_received l LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
WHERE l.webshop_id = ANY (@webshops::bigint[]) AND l.buy_order_id = ANY (@ids::bigint[]) ORDER BY l.buy_order_id, l.position`

	shipmentLinesSQL = `
SELECT l.shipment_id, ''::text AS uuid, l.remote_id, l.line, p.uuid AS product_uuid, l.product_key, l.quantity
FROM shipment_line l LEFT JOIN product p ON p.webshop_id = l.webshop_id AND p.id = l.product_id
WHERE l.webshop_id = ANY (@webshops::bigint[]) AND l.shipment_id = ANY (@ids::bigint[]) ORDER BY l.shipment_id, l.position`

	objectByUUIDSQL = ` WHERE o.uuid = $1`

	// A column that an object lacks is compared with null: asking for it finds nothing.
	objectAfterSQL  = ` WHERE o.id > @after`
	objectSourceSQL = ` AND (@remote_id::text IS NULL OR o.id IN (
    SELECT x.object_id FROM coupling c JOIN source x ON x.webshop_id = c.webshop_id AND x.coupling_id = c.id
    WHERE x.object = @object AND x.remote_id = @remote_id AND (@coupling::uuid IS NULL OR c.uuid = @coupling)))
AND (@remote_id::text IS NOT NULL OR @coupling::uuid IS NULL OR EXISTS (
    SELECT FROM coupling c JOIN source x ON x.webshop_id = c.webshop_id AND x.coupling_id = c.id
    WHERE c.uuid = @coupling AND x.object = @object AND x.object_id = o.id))
ORDER BY o.id LIMIT @limit`
	supplierListSQL        = supplierObjectSQL + objectAfterSQL + ` AND (@sku::text IS NULL AND @ean::text IS NULL AND @number::text IS NULL)` + objectSourceSQL
	productListSQL         = productObjectSQL + objectAfterSQL + productCodesSQL + objectSourceSQL
	supplierProductListSQL = supplierProductObjectSQL + objectAfterSQL + codesSQL + objectSourceSQL
	productCodesSQL        = ` AND (@sku::text IS NULL OR o.sku_key = lower(trim(@sku) COLLATE "C")) AND (@ean::text IS NULL OR o.ean_code = @ean) AND @number::text IS NULL`
	codesSQL               = ` AND (@sku::text IS NULL OR o.sku_code = @sku) AND (@ean::text IS NULL OR o.ean_code = @ean) AND @number::text IS NULL`
	sellOrderListSQL       = sellOrderObjectSQL + objectAfterSQL + ` AND o.deleted_at IS NULL AND (@number::text IS NULL OR o.number = @number)` + noCodesSQL + objectSourceSQL
	buyOrderListSQL        = buyOrderObjectSQL + objectAfterSQL + ` AND o.deleted_at IS NULL AND (@number::text IS NULL OR o.reference = @number)` + noCodesSQL + objectSourceSQL
	compositionListSQL     = compositionObjectSQL + objectAfterSQL + ` AND o.deleted_at IS NULL AND @number::text IS NULL` + noCodesSQL + objectSourceSQL
	shipmentListSQL        = shipmentObjectSQL + objectAfterSQL + ` AND o.deleted_at IS NULL AND (@number::text IS NULL OR o.tracking_code = @number)` + noCodesSQL + objectSourceSQL
	deliveryListSQL        = deliveryObjectSQL + objectAfterSQL + ` AND o.deleted_at IS NULL AND (@number::text IS NULL OR o.reference = @number)` + noCodesSQL + objectSourceSQL
	noCodesSQL             = ` AND @sku::text IS NULL AND @ean::text IS NULL`

	objectSourcesSQL = `
SELECT x.object_id, c.uuid AS coupling_uuid, c.name AS coupling_name, c.connector, c.priority, x.remote_id, st.name AS stream,
       r.uuid AS run_uuid, x.changed_at, CASE WHEN x.gone_at IS NULL THEN greatest(x.changed_at, st.complete_at) ELSE x.changed_at END AS synced_at,
       x.gone_at, x.gone_reason, x.mapped, x.notes
FROM source x JOIN coupling c ON c.id = x.coupling_id LEFT JOIN stream st ON st.id = x.stream_id LEFT JOIN run r ON r.id = x.run_id
WHERE x.webshop_id = ANY (@webshops::bigint[]) AND x.object = @object AND x.object_id = ANY (@ids::bigint[])
ORDER BY x.object_id, c.priority, c.id, x.remote_id`
)

// objectReads are the statements of each object; lines is "" where there are none.
var objectReads = map[koppel.Object]struct{ one, list, lines string }{
	koppel.Suppliers:           {supplierObjectSQL + objectByUUIDSQL, supplierListSQL, ""},
	koppel.Products:            {productObjectSQL + objectByUUIDSQL, productListSQL, ""},
	koppel.ProductCompositions: {compositionObjectSQL + objectByUUIDSQL, compositionListSQL, ""},
	koppel.SupplierProducts:    {supplierProductObjectSQL + objectByUUIDSQL, supplierProductListSQL, ""},
	koppel.SellOrders:          {sellOrderObjectSQL + objectByUUIDSQL, sellOrderListSQL, sellOrderLinesSQL},
	koppel.Shipments:           {shipmentObjectSQL + objectByUUIDSQL, shipmentListSQL, shipmentLinesSQL},
	koppel.BuyOrders:           {buyOrderObjectSQL + objectByUUIDSQL, buyOrderListSQL, buyOrderLinesSQL},
	koppel.ItemDeliveries:      {deliveryObjectSQL + objectByUUIDSQL, deliveryListSQL, ""},
}
