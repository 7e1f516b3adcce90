-- Compositions, shipments and item deliveries.

-- +goose Up
CREATE TABLE product_composition (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    composed_product_id bigint, composed_product_key text, part_product_id bigint, part_product_key text, key_coupling_id bigint,
    part_quantity bigint NOT NULL CHECK (part_quantity >= 1),
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint, deleted_at timestamptz,
    state_reason text CHECK (state_reason IN ('remote', 'gone', 'person')),
    PRIMARY KEY (webshop_id, id),
    CHECK (composed_product_id <> part_product_id)
);
CREATE UNIQUE INDEX product_composition_uuid ON product_composition (webshop_id, uuid);
CREATE UNIQUE INDEX product_composition_pair ON product_composition (webshop_id, composed_product_id, part_product_id)
    WHERE composed_product_id IS NOT NULL AND part_product_id IS NOT NULL;
CREATE INDEX product_composition_part ON product_composition (webshop_id, part_product_id) WHERE part_product_id IS NOT NULL;
CREATE INDEX product_composition_waits_composed ON product_composition (webshop_id, key_coupling_id, composed_product_key) WHERE composed_product_id IS NULL;
CREATE INDEX product_composition_waits_part ON product_composition (webshop_id, key_coupling_id, part_product_key) WHERE part_product_id IS NULL;

CREATE TABLE shipment (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    sell_order_id bigint, sell_order_key text, key_coupling_id bigint,
    carrier text, tracking_code text, tracking_url text, status text NOT NULL DEFAULT 'created', shipped_at timestamptz, delivered_at timestamptz,
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint, deleted_at timestamptz,
    state_reason text CHECK (state_reason IN ('remote', 'gone', 'person')),
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX shipment_uuid ON shipment (webshop_id, uuid);
CREATE INDEX shipment_order ON shipment (webshop_id, sell_order_id) WHERE sell_order_id IS NOT NULL;
CREATE INDEX shipment_tracking ON shipment (webshop_id, tracking_code) WHERE tracking_code IS NOT NULL;
CREATE INDEX shipment_waits ON shipment (webshop_id, key_coupling_id, sell_order_key) WHERE sell_order_id IS NULL;

CREATE TABLE shipment_line (
    webshop_id bigint NOT NULL, shipment_id bigint NOT NULL, position integer NOT NULL,
    remote_id text, line text, product_id bigint, product_key text, key_coupling_id bigint, quantity bigint NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (webshop_id, shipment_id, position),
    FOREIGN KEY (webshop_id, shipment_id) REFERENCES shipment ON DELETE CASCADE
);
CREATE INDEX shipment_line_waits ON shipment_line (webshop_id, key_coupling_id, product_key) WHERE product_id IS NULL AND product_key IS NOT NULL;

CREATE TABLE item_delivery (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    buy_order_id bigint, buy_order_key text, line text, product_id bigint, product_key text, key_coupling_id bigint,
    quantity bigint NOT NULL CHECK (quantity <> 0), occurred_at timestamptz NOT NULL, reference text,
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint, deleted_at timestamptz,
    state_reason text CHECK (state_reason IN ('remote', 'gone', 'person')),
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX item_delivery_uuid ON item_delivery (webshop_id, uuid);
CREATE INDEX item_delivery_order ON item_delivery (webshop_id, buy_order_id, line) WHERE buy_order_id IS NOT NULL;
CREATE INDEX item_delivery_waits_order ON item_delivery (webshop_id, key_coupling_id, buy_order_key) WHERE buy_order_id IS NULL;
CREATE INDEX item_delivery_waits_product ON item_delivery (webshop_id, key_coupling_id, product_key) WHERE product_id IS NULL AND product_key IS NOT NULL;

ALTER TABLE product_composition SET (fillfactor = 85);
ALTER TABLE shipment SET (fillfactor = 85);
ALTER TABLE item_delivery SET (fillfactor = 85);

CREATE TYPE product_composition_row AS (
    id bigint, uuid uuid, composed_product_id bigint, composed_product_key text, part_product_id bigint, part_product_key text,
    part_quantity bigint, created_at_remote timestamptz, updated_at_remote timestamptz, key_coupling_id bigint, deleted boolean, state_reason text
);
CREATE TYPE shipment_row AS (
    id bigint, uuid uuid, sell_order_id bigint, sell_order_key text, carrier text, tracking_code text, tracking_url text,
    status text, shipped_at timestamptz, delivered_at timestamptz,
    created_at_remote timestamptz, updated_at_remote timestamptz, key_coupling_id bigint, deleted boolean, state_reason text
);
CREATE TYPE shipment_line_row AS (
    shipment_id bigint, position integer, remote_id text, line text, product_id bigint, product_key text, quantity bigint, key_coupling_id bigint
);
CREATE TYPE item_delivery_row AS (
    id bigint, uuid uuid, buy_order_id bigint, buy_order_key text, line text, product_id bigint, product_key text,
    quantity bigint, occurred_at timestamptz, reference text,
    created_at_remote timestamptz, updated_at_remote timestamptz, key_coupling_id bigint, deleted boolean, state_reason text
);

-- +goose StatementBegin
DO $$
DECLARE
    name   text;
    col    text;
    said   text;
BEGIN
    FOREACH name IN ARRAY ARRAY['product_composition', 'shipment', 'shipment_line', 'item_delivery'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
        FOR col, said IN VALUES
            ('webshop_id', 'The webshop the row belongs to; row-level security goes by it.'),
            ('id', 'Inner id; never leaves the installation.'),
            ('uuid', 'Outside id, a UUIDv7: the only id in API, events and webhooks.'),
            ('key_coupling_id', 'The coupling whose keys the references are.'),
            ('created_at_remote', 'When the remote made it.'),
            ('updated_at_remote', 'When the remote last changed it.'),
            ('changed_at', 'When the row was last changed here.'),
            ('run_id', 'The run that changed it last; null for a change made here.'),
            ('deleted_at', 'When it was deleted; null while it counts.'),
            ('state_reason', 'Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.')
        LOOP
            IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(name) AND attname = col AND NOT attisdropped) THEN
                EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', name, col, said);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
-- +goose StatementEnd

COMMENT ON TABLE product_composition IS 'One part of a composed product: the merge of its sources. The pair is unique and never part of a cycle.';
COMMENT ON COLUMN product_composition.composed_product_id IS 'What is made of parts: inner id; null while the key waits.';
COMMENT ON COLUMN product_composition.composed_product_key IS 'How the coupling of key_coupling_id names it.';
COMMENT ON COLUMN product_composition.part_product_id IS 'The part: inner id; null while the key waits.';
COMMENT ON COLUMN product_composition.part_product_key IS 'How the coupling of key_coupling_id names it.';
COMMENT ON COLUMN product_composition.part_quantity IS 'Stock units of the part in one composed product.';

COMMENT ON TABLE shipment IS 'Goods on their way to a customer.';
COMMENT ON COLUMN shipment.sell_order_id IS 'What was sent: inner id; null while the key waits.';
COMMENT ON COLUMN shipment.sell_order_key IS 'How the coupling of key_coupling_id names the order.';
COMMENT ON COLUMN shipment.carrier IS 'Who carries it.';
COMMENT ON COLUMN shipment.tracking_code IS 'The carrier''s code.';
COMMENT ON COLUMN shipment.tracking_url IS 'Where the customer follows it.';
COMMENT ON COLUMN shipment.status IS 'created, in_transit, delivered or returned.';
COMMENT ON COLUMN shipment.shipped_at IS 'When it left.';
COMMENT ON COLUMN shipment.delivered_at IS 'When it arrived.';

COMMENT ON TABLE shipment_line IS 'One line of a shipment; product_id null waits by its key.';
COMMENT ON COLUMN shipment_line.shipment_id IS 'The shipment it belongs to.';
COMMENT ON COLUMN shipment_line.position IS 'Place in the shipment, from 1.';
COMMENT ON COLUMN shipment_line.remote_id IS 'The remote''s line id.';
COMMENT ON COLUMN shipment_line.line IS 'The remote''s id of the sell order''s line.';
COMMENT ON COLUMN shipment_line.product_id IS 'What was sent: inner id; null while the key waits.';
COMMENT ON COLUMN shipment_line.product_key IS 'How the coupling of key_coupling_id names the product.';
COMMENT ON COLUMN shipment_line.quantity IS 'Stock units.';

COMMENT ON TABLE item_delivery IS 'Goods that came in, or went back, on a line of a buy order. The line is found when it is read: by its remote id, else by the product.';
COMMENT ON COLUMN item_delivery.buy_order_id IS 'On which order: inner id; null while the key waits.';
COMMENT ON COLUMN item_delivery.buy_order_key IS 'How the coupling of key_coupling_id names the order.';
COMMENT ON COLUMN item_delivery.line IS 'The remote''s id of the order''s line.';
COMMENT ON COLUMN item_delivery.product_id IS 'What came in: inner id; null while the key waits or when none is named.';
COMMENT ON COLUMN item_delivery.product_key IS 'How the coupling of key_coupling_id names the product.';
COMMENT ON COLUMN item_delivery.quantity IS 'Stock units; negative went back to the supplier.';
COMMENT ON COLUMN item_delivery.occurred_at IS 'When it came in; when it was first seen where the remote does not tell.';
COMMENT ON COLUMN item_delivery.reference IS 'Our reference, when it was pushed.';

-- A delivery belongs to the line that it names. One that names none of the order's lines belongs to the lines of its
-- product: they are filled in their order, and the last one takes what is too much.
CREATE VIEW buy_order_line_received WITH (security_invoker = true) AS
SELECT x.webshop_id, x.buy_order_id, x.position, x.uuid, x.remote_id, x.product_id, x.product_key, x.quantity, x.subtotal_value,
       x.expected_delivery_date, d.delivered AS quantity_delivered,
       CASE WHEN b.completed_at IS NULL THEN greatest(x.quantity - d.delivered, 0) ELSE 0 END AS quantity_open
FROM (
    SELECT l.*, own.quantity AS own,
           coalesce(sum(greatest(l.quantity - own.quantity, 0)) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
           row_number() OVER w = 1 AS first, lead(l.position) OVER w IS NULL AS last
    FROM buy_order_line l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(i.quantity), 0) AS quantity FROM item_delivery i
        WHERE i.webshop_id = l.webshop_id AND i.buy_order_id = l.buy_order_id AND i.line = l.remote_id AND i.deleted_at IS NULL
    ) own
    WINDOW w AS (PARTITION BY l.webshop_id, l.buy_order_id, l.product_id ORDER BY l.position)
) x
JOIN buy_order b ON b.webshop_id = x.webshop_id AND b.id = x.buy_order_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.quantity), 0) AS quantity FROM item_delivery i
    WHERE i.webshop_id = x.webshop_id AND i.buy_order_id = x.buy_order_id AND i.product_id = x.product_id AND i.deleted_at IS NULL
      AND (i.line IS NULL OR NOT EXISTS (
          SELECT FROM buy_order_line o WHERE o.webshop_id = i.webshop_id AND o.buy_order_id = i.buy_order_id AND o.remote_id = i.line))
) loose
CROSS JOIN LATERAL (
    SELECT (x.own + CASE
        WHEN loose.quantity < 0 THEN CASE WHEN x.first THEN loose.quantity ELSE 0 END
        WHEN x.last THEN greatest(loose.quantity - x.before, 0)
        ELSE least(greatest(loose.quantity - x.before, 0), greatest(x.quantity - x.own, 0))
    END)::bigint AS delivered
) d;
COMMENT ON VIEW buy_order_line_received IS 'Lines of buy orders with what was received of them and what is still to come.';
GRANT SELECT ON buy_order_line_received TO koppel_app, koppel_engine;
