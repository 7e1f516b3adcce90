-- History: how far back a stream is covered, and windows by creation.

-- +goose Up
ALTER TABLE stream ADD COLUMN covered_from timestamptz;
COMMENT ON COLUMN stream.covered_from IS 'Since when records were made that are covered by a full read or by history runs; null when neither succeeded, year 1 when everything is.';
ALTER TABLE run ADD COLUMN window_by text CHECK (window_by IN ('change', 'creation'));
COMMENT ON COLUMN run.window_by IS 'What the window of a window run compares with: change, or creation; null for other modes.';

ALTER TABLE run DROP CONSTRAINT run_mode_check;
ALTER TABLE run ADD CONSTRAINT run_mode_check CHECK (mode IN ('full', 'since', 'window', 'history', 'single', 'replay', 'merge', 'push', 'proposal'));
DROP INDEX run_one_active_scan;
DROP INDEX run_one_queued_scan;
CREATE UNIQUE INDEX run_one_active_scan ON run (coupling_id, stream_group)
    WHERE state IN ('running', 'waiting') AND mode IN ('full', 'since', 'window', 'history');
CREATE UNIQUE INDEX run_one_queued_scan ON run (coupling_id, stream_group)
    WHERE state = 'queued' AND mode IN ('full', 'since', 'window', 'history');
