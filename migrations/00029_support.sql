-- What support asks for: the changes of one object, parked records by id, what people said about an item of the inbox.

-- +goose Up
CREATE INDEX change_object ON change (object_id, number);
CREATE INDEX parked_remote ON parked (webshop_id, remote_id);

-- Couplings that were paused by policy, as in a vendor's outage, catch up as those do that waited for credentials.
DROP INDEX coupling_pause_behind;
CREATE INDEX coupling_pause_behind ON coupling_pause (id) WHERE owner IN ('auth', 'policy') AND ended_at IS NOT NULL AND caught_up_at IS NULL;
COMMENT ON COLUMN coupling_pause.caught_up_at IS 'When the runs were opened that read what was missed; for pauses by auth and by policy.';

CREATE TABLE inbox_handling (
    item            text PRIMARY KEY,
    webshop_id      bigint REFERENCES webshop ON DELETE CASCADE,
    acknowledged_by text,
    acknowledged_at timestamptz,
    snoozed_by      text,
    snoozed_until   timestamptz,
    note            text CHECK (length(note) <= 2000),
    noted_by        text,
    noted_at        timestamptz
);
CREATE INDEX inbox_handling_webshop ON inbox_handling (webshop_id);
COMMENT ON TABLE inbox_handling IS 'What people said about items of the inbox: what needs a person now, which itself follows from other rows.';
COMMENT ON COLUMN inbox_handling.item IS 'Id of the item, made from its cause and what it is about.';
COMMENT ON COLUMN inbox_handling.webshop_id IS 'The webshop the row belongs to; row-level security goes by it. Null for items of the installation.';
COMMENT ON COLUMN inbox_handling.acknowledged_by IS 'Who takes care of it.';
COMMENT ON COLUMN inbox_handling.acknowledged_at IS 'Since when; what comes later shows the item again.';
COMMENT ON COLUMN inbox_handling.snoozed_by IS 'Who put it off.';
COMMENT ON COLUMN inbox_handling.snoozed_until IS 'Until when it is not shown.';
COMMENT ON COLUMN inbox_handling.note IS 'What the next one should know.';
COMMENT ON COLUMN inbox_handling.noted_by IS 'Who wrote the note.';
COMMENT ON COLUMN inbox_handling.noted_at IS 'When the note was written.';

ALTER TABLE inbox_handling ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_handling FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_handling TO koppel_app, koppel_engine;
CREATE POLICY tenant ON inbox_handling TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON inbox_handling TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON inbox_handling TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
