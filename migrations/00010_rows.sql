-- Composite types in which a batch hands over its rows: one parameter of a statement is an array of one of these.

-- +goose Up
CREATE TYPE record_row AS (remote_id text, parent_id text, hash bytea, ticket bigint, codec smallint, raw bytea, keep boolean);
CREATE TYPE parked_row AS (uuid uuid, remote_id text, object text, field text, expression text, input text, kind text, reason text, codec smallint, raw bytea);
CREATE TYPE source_row AS (object text, remote_id text, object_id bigint, record_id text, mapped json, notes json, gone boolean);
CREATE TYPE dirty_row AS (remote_id text, marked bigint);
CREATE TYPE change_row AS (object_id bigint, fields bigint);

CREATE TYPE supplier_row AS (
    id bigint, uuid uuid, name text, emails text[], delivery_time bigint, replenishment_period bigint,
    fixed_costs numeric(19, 4), minimum_order_value numeric(19, 4), gln text, ignored boolean,
    created_at_remote timestamptz, updated_at_remote timestamptz
);
CREATE TYPE product_row AS (
    id bigint, uuid uuid, name text, sku_code text, article_code text, ean_code text, price numeric(18, 6),
    unlimited_stock boolean, stock_level bigint, status text, not_being_bought boolean, assembled boolean,
    tax_rate numeric(18, 4), categories text[], minimum_stock bigint, maximum_stock bigint,
    stock_measurement_unit text, weight numeric(18, 6), volume numeric(18, 6),
    created_at_remote timestamptz, updated_at_remote timestamptz
);
CREATE TYPE supplier_product_row AS (
    id bigint, uuid uuid, supplier_id bigint, supplier_key text, product_id bigint, product_key text,
    name text, sku_code text, ean_code text, article_code text, price numeric(18, 6), currency text,
    minimum_purchase_quantity bigint, lot_size bigint, delivery_time bigint, preferred boolean,
    status text, availability text, availability_date date, free_stock bigint,
    weight numeric(18, 6), volume numeric(18, 6), created_at_remote timestamptz, updated_at_remote timestamptz,
    key_coupling_id bigint
);
CREATE TYPE sell_order_row AS (
    id bigint, uuid uuid, number text, placed_at timestamptz, completed_at timestamptz, total_value numeric(19, 4),
    status_remote text, cancelled boolean, currency text, total_gross numeric(19, 4),
    tax_lines json, discounts json, shipping_value numeric(19, 4), payments json, refunds json,
    customer text, location text, channel text, created_at_remote timestamptz, updated_at_remote timestamptz,
    deleted boolean
);
CREATE TYPE sell_order_line_row AS (
    sell_order_id bigint, position integer, remote_id text, product_id bigint, product_key text,
    quantity bigint, subtotal_value numeric(19, 4), unit_price_gross numeric(18, 6), tax_rate numeric(18, 4),
    discount numeric(19, 4), options json, key_coupling_id bigint
);
CREATE TYPE buy_order_row AS (
    id bigint, uuid uuid, supplier_id bigint, supplier_key text, placed_at timestamptz, expected_delivery_date date,
    completed_at timestamptz, total_value numeric(19, 4), reference text, status_remote text, assembly boolean,
    created_at_remote timestamptz, updated_at_remote timestamptz, key_coupling_id bigint, deleted boolean
);
CREATE TYPE buy_order_line_row AS (
    buy_order_id bigint, position integer, uuid uuid, remote_id text, product_id bigint, product_key text,
    quantity bigint, subtotal_value numeric(19, 4), expected_delivery_date date, key_coupling_id bigint
);
