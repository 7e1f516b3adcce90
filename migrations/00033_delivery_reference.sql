-- A delivery that was pushed is found again by our reference.

-- +goose Up
CREATE INDEX item_delivery_reference ON item_delivery (webshop_id, reference) WHERE reference IS NOT NULL;
