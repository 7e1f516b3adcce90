-- Bodies of records that people corrected.

-- +goose Up
CREATE TABLE record_correction (
    webshop_id bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    stream_id  bigint      NOT NULL REFERENCES stream ON DELETE CASCADE,
    remote_id  text        NOT NULL,
    hash       bytea       NOT NULL,
    codec      smallint    NOT NULL,
    raw        bytea       NOT NULL,
    made_by    text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, remote_id)
);
CREATE INDEX record_correction_webshop ON record_correction (webshop_id);
COMMENT ON TABLE record_correction IS 'Bodies that people put in the place of records that could not be processed, until the remote shows another body.';
COMMENT ON COLUMN record_correction.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN record_correction.stream_id IS 'The record''s stream.';
COMMENT ON COLUMN record_correction.remote_id IS 'The record''s id.';
COMMENT ON COLUMN record_correction.hash IS 'Hash of the remote''s body that it stands for: another one ends the correction.';
COMMENT ON COLUMN record_correction.codec IS 'How raw is packed: 0 as it is, 1 S2.';
COMMENT ON COLUMN record_correction.raw IS 'The corrected body.';
COMMENT ON COLUMN record_correction.made_by IS 'Who corrected it.';
COMMENT ON COLUMN record_correction.at IS 'When.';

ALTER TABLE record_correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE record_correction FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON record_correction TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON record_correction TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON record_correction TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON record_correction TO koppel_app, koppel_engine;
