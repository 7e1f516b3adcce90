-- Stock, deliveries and shipments are pushed, many by one run.

-- +goose Up
ALTER TABLE coupling ADD COLUMN pushes text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN coupling.pushes IS 'What is written to the remote when it changes here, as its settings say: stock, shipments, item_deliveries.';

ALTER TABLE outbox DROP CONSTRAINT outbox_operation_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_operation_check CHECK (operation IN ('create', 'update', 'cancel', 'set', 'raise'));
CREATE INDEX outbox_gathered ON outbox (coupling_id, object, due_at) WHERE object <> 'buy_orders' AND state IN ('pending', 'sending', 'unknown');
COMMENT ON COLUMN outbox.object IS 'What is written: an object, or stock, which is of the product object_id.';
COMMENT ON COLUMN outbox.operation IS 'create, update, cancel; set writes one value absolutely, raise adds to it. Of what is gathered it is decided when it is first tried.';
