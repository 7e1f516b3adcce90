-- What webshops and couplings say of their mapping beside the connector's.

-- +goose Up
CREATE TABLE mapping_override (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webshop_id  bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    connector   text        NOT NULL REFERENCES connector (name),
    coupling_id bigint REFERENCES coupling ON DELETE CASCADE,
    number      bigint      NOT NULL CHECK (number > 0),
    digest      text        NOT NULL,
    source      text        NOT NULL,
    note        text        NOT NULL DEFAULT '',
    actor       text        NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    restores    bigint
);
CREATE UNIQUE INDEX mapping_override_number ON mapping_override (webshop_id, connector, coupling_id, number) NULLS NOT DISTINCT;
COMMENT ON TABLE mapping_override IS 'Immutable versions of a webshop''s or a coupling''s own mapping over a connector''s; the highest number is the one in force.';
COMMENT ON COLUMN mapping_override.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN mapping_override.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN mapping_override.connector IS 'Over whose mapping it is laid.';
COMMENT ON COLUMN mapping_override.coupling_id IS 'For which coupling it counts; null for all of the webshop''s couplings of the connector.';
COMMENT ON COLUMN mapping_override.number IS 'Version, counted from 1 for each webshop and connector, and for each coupling.';
COMMENT ON COLUMN mapping_override.digest IS 'SHA-256 of the source, in hex.';
COMMENT ON COLUMN mapping_override.source IS 'The document as it was saved; empty where the override was taken away.';
COMMENT ON COLUMN mapping_override.note IS 'Why, in the words of who saved it.';
COMMENT ON COLUMN mapping_override.actor IS 'Who saved it.';
COMMENT ON COLUMN mapping_override.at IS 'When it was saved.';
COMMENT ON COLUMN mapping_override.restores IS 'The version that it brings back, 0 for none at all; null for one that was written.';

ALTER TABLE mapping_override ENABLE ROW LEVEL SECURITY;
ALTER TABLE mapping_override FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mapping_override TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON mapping_override TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON mapping_override TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT ON mapping_override TO koppel_app;
GRANT SELECT ON mapping_override TO koppel_engine;

ALTER TABLE run ADD COLUMN overrides bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN run.overrides IS 'Inner ids of the mapping overrides that the run pinned at its start, the webshop''s before the coupling''s.';
ALTER TABLE coupling ADD COLUMN hold text;
COMMENT ON COLUMN coupling.hold IS 'Why the coupling stays on connector_version_id though it follows the current version: its mapping override does not go with that one. Null when it is not held.';
