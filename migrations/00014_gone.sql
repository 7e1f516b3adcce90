-- Gone is a fact about a source; the object's state follows from its sources, with a reason.

-- +goose Up
ALTER TABLE source ADD COLUMN gone_reason text
    CHECK (gone_reason IN ('missing', 'feed', 'flag', 'event', 'parent', 'approved', 'left_out', 'renamed'));
COMMENT ON COLUMN source.gone_reason IS 'Why the source is gone: missing from complete scans, named by a deleted feed, flagged, told by an event, its parent is gone, a person approved a proposal, left_out by the mapping, renamed by its record. Null while it is there.';
ALTER TYPE source_row ADD ATTRIBUTE gone_reason text;

ALTER TABLE product ADD COLUMN state_reason text CHECK (state_reason IN ('remote', 'gone', 'person'));
ALTER TABLE supplier ADD COLUMN state_reason text CHECK (state_reason IN ('remote', 'gone', 'person'));
ALTER TABLE supplier_product ADD COLUMN state_reason text CHECK (state_reason IN ('remote', 'gone', 'person'));
ALTER TABLE sell_order ADD COLUMN state_reason text CHECK (state_reason IN ('remote', 'gone', 'person'));
ALTER TABLE buy_order ADD COLUMN state_reason text CHECK (state_reason IN ('remote', 'gone', 'person'));
COMMENT ON COLUMN product.state_reason IS 'Why it is disabled: remote says so, gone from all its sources, a person said so. Null while it is enabled.';
COMMENT ON COLUMN supplier.state_reason IS 'Why it is ignored: remote says so, gone from all its sources, a person said so. Null while it is not.';
COMMENT ON COLUMN supplier_product.state_reason IS 'Why it is disabled: remote says so, gone from all its sources, a person said so. Null while it is enabled.';
COMMENT ON COLUMN sell_order.state_reason IS 'Why it counts as zero: remote no longer lets it count, gone from all its sources, a person said so. Null while it counts.';
COMMENT ON COLUMN buy_order.state_reason IS 'Why it is deleted: remote no longer lets it count, gone from all its sources, a person said so. Null while it is there.';
ALTER TYPE product_row ADD ATTRIBUTE state_reason text;
ALTER TYPE supplier_row ADD ATTRIBUTE state_reason text;
ALTER TYPE supplier_product_row ADD ATTRIBUTE state_reason text;
ALTER TYPE sell_order_row ADD ATTRIBUTE state_reason text;
ALTER TYPE buy_order_row ADD ATTRIBUTE state_reason text;
UPDATE source SET gone_reason = 'left_out' WHERE gone_at IS NOT NULL;
