-- Comparisons of the remote with what is stored.

-- +goose Up
ALTER TABLE run DROP CONSTRAINT run_mode_check;
ALTER TABLE run ADD CONSTRAINT run_mode_check CHECK (mode IN ('full', 'since', 'window', 'history', 'single', 'replay', 'merge', 'push', 'proposal', 'compare'));

CREATE TABLE comparison (
    webshop_id  bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    run_id      bigint      NOT NULL REFERENCES run ON DELETE CASCADE,
    stream_id   bigint      NOT NULL REFERENCES stream ON DELETE CASCADE,
    report      jsonb       NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, stream_id)
);
CREATE INDEX comparison_coupling ON comparison (coupling_id, at DESC);
CREATE INDEX comparison_stream ON comparison (stream_id);
CREATE INDEX comparison_webshop ON comparison (webshop_id);
COMMENT ON TABLE comparison IS 'What runs of mode compare found, by stream: the remote beside what is stored. Kept for 14 days.';
COMMENT ON COLUMN comparison.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN comparison.coupling_id IS 'The coupling.';
COMMENT ON COLUMN comparison.run_id IS 'The run that compared.';
COMMENT ON COLUMN comparison.stream_id IS 'The stream.';
COMMENT ON COLUMN comparison.report IS 'koppel.Comparison: counts, and of the sample what is not the same, with values.';
COMMENT ON COLUMN comparison.at IS 'When it was written.';

ALTER TABLE comparison ENABLE ROW LEVEL SECURITY;
ALTER TABLE comparison FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON comparison TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON comparison TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON comparison TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON comparison TO koppel_app, koppel_engine;
