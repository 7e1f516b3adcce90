-- How couplings take part in the consolidation of objects.

-- +goose Up
ALTER TABLE coupling ADD COLUMN rules jsonb NOT NULL DEFAULT '{}', ADD COLUMN ranks jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN coupling.rules IS 'By object, how it is consolidated: {role, key, ignore}, as follows from the settings; written when a run starts and when the settings change.';
COMMENT ON COLUMN coupling.ranks IS 'By object and field group, its place in the order of strength that a person set, from 1; what is not named follows in the order of priority.';

-- SKUs are compared without regard to ASCII case. A column of its own, as row-level security keeps expressions from using an index.
DROP INDEX product_sku;
ALTER TABLE product ADD COLUMN sku_key text GENERATED ALWAYS AS (lower(sku_code COLLATE "C")) STORED;
COMMENT ON COLUMN product.sku_key IS 'The SKU as it is compared: ASCII letters in lower case.';
CREATE INDEX product_sku ON product (webshop_id, sku_key) WHERE sku_key IS NOT NULL;

CREATE TABLE link_decision (
    webshop_id  bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id bigint NOT NULL REFERENCES coupling ON DELETE CASCADE,
    object      text NOT NULL,
    remote_id   text NOT NULL,
    action      text NOT NULL CHECK (action IN ('link', 'create', 'ignore')),
    object_id   bigint,
    decided_by  text NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webshop_id, coupling_id, object, remote_id)
);
COMMENT ON TABLE link_decision IS 'What a person decided about a record that could not be linked by itself; every later read goes by it.';
COMMENT ON COLUMN link_decision.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN link_decision.coupling_id IS 'The coupling whose record it is.';
COMMENT ON COLUMN link_decision.object IS 'Which object the record would be.';
COMMENT ON COLUMN link_decision.remote_id IS 'Id in the remote, the key of the source.';
COMMENT ON COLUMN link_decision.action IS 'link, create or ignore.';
COMMENT ON COLUMN link_decision.object_id IS 'With link, the object that it is.';
COMMENT ON COLUMN link_decision.decided_by IS 'Who decided.';
COMMENT ON COLUMN link_decision.decided_at IS 'When.';
ALTER TABLE link_decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE link_decision FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON link_decision TO koppel_app, koppel_engine;
CREATE POLICY tenant ON link_decision TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON link_decision TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON link_decision TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
