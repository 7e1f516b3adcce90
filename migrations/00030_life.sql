-- The life of a coupling: quiet hours and jitter beside the cron lines, what became of each line's last firing, and
-- disabling and removing couplings step by step.

-- +goose Up
ALTER TABLE coupling ADD COLUMN quiet jsonb NOT NULL DEFAULT '[]';
ALTER TABLE coupling ADD COLUMN jitter_seconds integer NOT NULL DEFAULT 300 CHECK (jitter_seconds BETWEEN 0 AND 3600);
COMMENT ON COLUMN coupling.quiet IS 'Hours in which no schedule starts a run: list of {from, to, days, time_zone}.';
COMMENT ON COLUMN coupling.jitter_seconds IS 'Over how many seconds its schedules may be moved; by how many it is follows from its id.';

ALTER TABLE schedule ADD COLUMN fired_at timestamptz;
ALTER TABLE schedule ADD COLUMN outcome text CHECK (outcome IN ('started', 'skipped', 'quiet', 'covered'));
ALTER TABLE schedule ADD COLUMN fired_run uuid;
ALTER TABLE schedule ADD COLUMN skips integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN schedule.fired_at IS 'When it fired last; null when it never did.';
COMMENT ON COLUMN schedule.outcome IS 'What became of that: started a run, skipped as one was open, fell in quiet hours, or covered by a full read that was due at the same time.';
COMMENT ON COLUMN schedule.fired_run IS 'Outside id of the run that was started, or met.';
COMMENT ON COLUMN schedule.skips IS 'How many firings in a row were skipped.';

ALTER TABLE coupling ADD COLUMN closing jsonb NOT NULL DEFAULT '[]';
ALTER TABLE coupling ADD COLUMN closing_since timestamptz;
ALTER TABLE coupling ADD COLUMN remove_objects text CHECK (remove_objects IN ('keep', 'disable'));
ALTER TABLE coupling ADD COLUMN removed_at timestamptz;
CREATE INDEX coupling_closing ON coupling (id) WHERE closing_since IS NOT NULL;
COMMENT ON COLUMN coupling.closing IS 'Steps of the last disabling or removal: list of {name, state, detail}.';
COMMENT ON COLUMN coupling.closing_since IS 'Since when it is being disabled or removed; null when nothing of that is under way.';
COMMENT ON COLUMN coupling.remove_objects IS 'It is being removed, or was: what becomes of objects that no other coupling carries. Null otherwise.';
COMMENT ON COLUMN coupling.removed_at IS 'When it was removed; null before.';
