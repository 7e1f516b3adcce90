-- Couplings in shadow, and what another platform wrote.

-- +goose Up
ALTER TABLE push_stop ADD COLUMN shadow boolean NOT NULL DEFAULT false CHECK (NOT shadow OR coupling_id IS NOT NULL);
ALTER TABLE push_stop ADD COLUMN hooks boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN push_stop.shadow IS 'The coupling is in shadow: another platform still writes to its remote. Only the cut over, or leaving the shadow, ends it; no writes are made meanwhile.';
COMMENT ON COLUMN push_stop.hooks IS 'Of a shadow: webhooks are subscribed to all the same.';
DROP INDEX push_stop_open;
CREATE UNIQUE INDEX push_stop_open ON push_stop (coalesce(webshop_id, 0), coalesce(coupling_id, 0), coalesce(connector, ''), shadow) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX push_stop_shadow ON push_stop (coupling_id) WHERE shadow AND ended_at IS NULL;

CREATE TABLE takeover (
    webshop_id  bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    object      text        NOT NULL,
    remote_id   text        NOT NULL,
    their_id    text        NOT NULL DEFAULT '',
    sku         text        NOT NULL DEFAULT '',
    ean         text        NOT NULL DEFAULT '',
    fields      jsonb       NOT NULL DEFAULT '{}',
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupling_id, object, remote_id)
);
CREATE INDEX takeover_webshop ON takeover (webshop_id, object, their_id);
COMMENT ON TABLE takeover IS 'The remote-id mapping of the platform that a coupling takes over from, as it was imported.';
COMMENT ON COLUMN takeover.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN takeover.coupling_id IS 'The coupling.';
COMMENT ON COLUMN takeover.object IS 'Which object.';
COMMENT ON COLUMN takeover.remote_id IS 'The remote''s id.';
COMMENT ON COLUMN takeover.their_id IS 'The other platform''s id of the object it is bound to; empty when it was not given.';
COMMENT ON COLUMN takeover.sku IS 'The SKU it has there; empty when it was not given.';
COMMENT ON COLUMN takeover.ean IS 'The EAN it has there; empty when it was not given.';
COMMENT ON COLUMN takeover.fields IS 'Values it has there, by our fields.';
COMMENT ON COLUMN takeover.at IS 'When it was imported.';

ALTER TABLE takeover ENABLE ROW LEVEL SECURITY;
ALTER TABLE takeover FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON takeover TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON takeover TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON takeover TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON takeover TO koppel_app, koppel_engine;
