-- People who were erased: what they are recognised by when a remote shows them again.

-- +goose Up
CREATE TABLE erased_person (
    webshop_id bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    digest     bytea       NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('email', 'phone', 'name', 'remote_id')),
    erased_at  timestamptz NOT NULL DEFAULT now(),
    erased_by  text        NOT NULL,
    PRIMARY KEY (webshop_id, digest)
);
COMMENT ON TABLE erased_person IS 'Tombstones of people who were erased: records that name them again are stored without their personal values.';
COMMENT ON COLUMN erased_person.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN erased_person.digest IS 'HMAC-SHA256 of kind and normalised value by a key made of the webshop''s data key; the value itself is nowhere kept.';
COMMENT ON COLUMN erased_person.kind IS 'By what the person is recognised.';
COMMENT ON COLUMN erased_person.erased_at IS 'When it was asked for first.';
COMMENT ON COLUMN erased_person.erased_by IS 'Who asked.';

ALTER TABLE erased_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE erased_person FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON erased_person TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON erased_person TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON erased_person TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON erased_person TO koppel_app, koppel_engine;
