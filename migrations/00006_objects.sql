-- The canonical model: each source's values, and the objects that are their merge.

-- +goose Up
CREATE TABLE source (
    webshop_id  bigint      NOT NULL,
    coupling_id bigint      NOT NULL,
    object      text        NOT NULL,
    remote_id   text        NOT NULL CHECK (length(remote_id) <= 255),
    object_id   bigint      NOT NULL,
    stream_id   bigint      NOT NULL,
    record_id   text        NOT NULL,
    run_id      bigint      NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT now(),
    gone_at     timestamptz,
    mapped      json        NOT NULL,
    notes       json,
    PRIMARY KEY (webshop_id, coupling_id, object, remote_id)
);
CREATE INDEX source_object ON source (webshop_id, object_id);
COMMENT ON TABLE source IS 'The binding of one object to one coupling''s remote id, with the values that coupling gives it.';
COMMENT ON COLUMN source.mapped IS 'Only the fields the mapping gives; an explicit null clears.';

CREATE TABLE product (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    name text NOT NULL, sku_code text, article_code text, ean_code text, price numeric(18, 6),
    unlimited_stock boolean NOT NULL DEFAULT false, stock_level bigint, status text NOT NULL,
    not_being_bought boolean NOT NULL DEFAULT false, assembled boolean NOT NULL DEFAULT false,
    tax_rate numeric(18, 4), categories text[], minimum_stock bigint, maximum_stock bigint,
    stock_measurement_unit text, weight numeric(18, 6), volume numeric(18, 6),
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint NOT NULL,
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX product_uuid ON product (webshop_id, uuid);
CREATE INDEX product_sku ON product (webshop_id, sku_code) WHERE sku_code IS NOT NULL;
CREATE INDEX product_ean ON product (webshop_id, ean_code) WHERE ean_code IS NOT NULL;

CREATE TABLE supplier (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    name text NOT NULL, emails text[], delivery_time bigint, replenishment_period bigint,
    fixed_costs numeric(19, 4), minimum_order_value numeric(19, 4), gln text, ignored boolean NOT NULL DEFAULT false,
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint NOT NULL,
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX supplier_uuid ON supplier (webshop_id, uuid);

CREATE TABLE supplier_product (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    supplier_id bigint, supplier_key text NOT NULL, product_id bigint, product_key text NOT NULL, key_coupling_id bigint NOT NULL,
    name text, sku_code text, ean_code text, article_code text, price numeric(18, 6), currency text,
    minimum_purchase_quantity bigint, lot_size bigint, delivery_time bigint, preferred boolean NOT NULL DEFAULT false,
    status text NOT NULL, availability text, availability_date date, free_stock bigint,
    weight numeric(18, 6), volume numeric(18, 6), created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint NOT NULL,
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX supplier_product_uuid ON supplier_product (webshop_id, uuid);
CREATE INDEX supplier_product_product ON supplier_product (webshop_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX supplier_product_supplier ON supplier_product (webshop_id, supplier_id) WHERE supplier_id IS NOT NULL;
CREATE INDEX supplier_product_waits_product ON supplier_product (webshop_id, key_coupling_id, product_key) WHERE product_id IS NULL;
CREATE INDEX supplier_product_waits_supplier ON supplier_product (webshop_id, key_coupling_id, supplier_key) WHERE supplier_id IS NULL;

CREATE TABLE sell_order (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    number text, placed_at timestamptz NOT NULL, completed_at timestamptz, total_value numeric(19, 4),
    status_remote text, cancelled boolean NOT NULL DEFAULT false, currency text, total_gross numeric(19, 4),
    tax_lines json, discounts json, shipping_value numeric(19, 4), payments json, refunds json,
    customer text, location text, channel text, created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint NOT NULL, deleted_at timestamptz,
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX sell_order_uuid ON sell_order (webshop_id, uuid);
CREATE INDEX sell_order_number ON sell_order (webshop_id, number) WHERE number IS NOT NULL;

CREATE TABLE sell_order_line (
    webshop_id bigint NOT NULL, sell_order_id bigint NOT NULL, position integer NOT NULL,
    remote_id text, product_id bigint, product_key text, key_coupling_id bigint NOT NULL,
    quantity bigint NOT NULL, subtotal_value numeric(19, 4) NOT NULL,
    unit_price_gross numeric(18, 6), tax_rate numeric(18, 4), discount numeric(19, 4), options json,
    PRIMARY KEY (webshop_id, sell_order_id, position),
    FOREIGN KEY (webshop_id, sell_order_id) REFERENCES sell_order ON DELETE CASCADE
);
CREATE INDEX sell_order_line_product ON sell_order_line (webshop_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX sell_order_line_waits ON sell_order_line (webshop_id, key_coupling_id, product_key) WHERE product_id IS NULL;

CREATE TABLE buy_order (
    webshop_id bigint NOT NULL, id bigint NOT NULL, uuid uuid NOT NULL,
    supplier_id bigint, supplier_key text, key_coupling_id bigint,
    placed_at timestamptz, expected_delivery_date date, completed_at timestamptz, total_value numeric(19, 4),
    reference text NOT NULL, status_remote text, assembly boolean NOT NULL DEFAULT false,
    created_at_remote timestamptz, updated_at_remote timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(), run_id bigint, deleted_at timestamptz,
    PRIMARY KEY (webshop_id, id)
);
CREATE UNIQUE INDEX buy_order_uuid ON buy_order (webshop_id, uuid);
CREATE UNIQUE INDEX buy_order_reference ON buy_order (webshop_id, reference);

CREATE TABLE buy_order_line (
    webshop_id bigint NOT NULL, buy_order_id bigint NOT NULL, position integer NOT NULL, uuid uuid NOT NULL,
    remote_id text, product_id bigint, product_key text, key_coupling_id bigint,
    quantity bigint NOT NULL CHECK (quantity >= 1), subtotal_value numeric(19, 4) NOT NULL,
    expected_delivery_date date,
    PRIMARY KEY (webshop_id, buy_order_id, position),
    FOREIGN KEY (webshop_id, buy_order_id) REFERENCES buy_order ON DELETE CASCADE
);
CREATE INDEX buy_order_line_waits ON buy_order_line (webshop_id, key_coupling_id, product_key) WHERE product_id IS NULL;

ALTER TABLE source SET (fillfactor = 85);
ALTER TABLE product SET (fillfactor = 85);
ALTER TABLE supplier_product SET (fillfactor = 85);
ALTER TABLE sell_order SET (fillfactor = 85);
ALTER TABLE buy_order SET (fillfactor = 85);

COMMENT ON TABLE product IS 'One sellable, stocked thing: the merge of its sources.';
COMMENT ON TABLE supplier IS 'Who goods are bought from.';
COMMENT ON TABLE supplier_product IS 'One supplier''s offer of one product; a reference not there yet keeps its key and waits.';
COMMENT ON TABLE sell_order IS 'A sale; what purchasing needs and the commercial side.';
COMMENT ON TABLE sell_order_line IS 'One line per product per sell order; product_id null waits by its key.';
COMMENT ON TABLE buy_order IS 'A purchase order; placed_at null is a draft, which is never pushed.';
COMMENT ON TABLE buy_order_line IS 'One line of a purchase order.';

CREATE TABLE change (
    at         timestamptz NOT NULL DEFAULT now(),
    webshop_id bigint      NOT NULL,
    number     bigint      NOT NULL,
    object     text        NOT NULL,
    object_id  bigint      NOT NULL,
    operation  text        NOT NULL,
    fields     bigint      NOT NULL,
    run_id     bigint,
    PRIMARY KEY (webshop_id, number, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE change IS 'The change feed: one thin row per object change, numbered per webshop without gaps in commit order.';
COMMENT ON COLUMN change.fields IS 'Bit n is set when field n of koppel.Object.Fields changed.';
