-- Pauses: several may stand at once, and each ends only by its own owner.

-- +goose Up
CREATE TABLE coupling_pause (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    owner        text        NOT NULL CHECK (owner IN ('person', 'auth', 'policy', 'quota')),
    reason       text        NOT NULL DEFAULT '',
    since        timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    caught_up_at timestamptz
);
CREATE UNIQUE INDEX coupling_pause_standing ON coupling_pause (coupling_id, owner) WHERE ended_at IS NULL;
CREATE INDEX coupling_pause_webshop ON coupling_pause (webshop_id, coupling_id);
CREATE INDEX coupling_pause_behind ON coupling_pause (id) WHERE owner = 'auth' AND ended_at IS NOT NULL AND caught_up_at IS NULL;
COMMENT ON TABLE coupling_pause IS 'Why a coupling stands still, or stood. The coupling''s own pause_owner and pause_reason repeat the foremost standing one.';
COMMENT ON COLUMN coupling_pause.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN coupling_pause.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN coupling_pause.coupling_id IS 'The coupling that stands still.';
COMMENT ON COLUMN coupling_pause.owner IS 'Who paused it, and alone can end the pause.';
COMMENT ON COLUMN coupling_pause.reason IS 'Why, in words.';
COMMENT ON COLUMN coupling_pause.since IS 'When it began.';
COMMENT ON COLUMN coupling_pause.ended_at IS 'When it ended; null while it stands.';
COMMENT ON COLUMN coupling_pause.caught_up_at IS 'When the runs were opened that read what was missed; for pauses by auth.';

INSERT INTO coupling_pause (webshop_id, coupling_id, owner, reason, since)
SELECT webshop_id, id, pause_owner, coalesce(pause_reason, ''), updated_at FROM coupling WHERE pause_owner IS NOT NULL;

ALTER TABLE coupling_pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE coupling_pause FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON coupling_pause TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON coupling_pause TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY queue ON coupling_pause TO koppel_engine USING ((SELECT koppel_webshop()) IS NULL);
CREATE POLICY organisation ON coupling_pause TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
GRANT SELECT, INSERT, UPDATE, DELETE ON coupling_pause TO koppel_app, koppel_engine;
