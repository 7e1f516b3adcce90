-- How long what is kept: a table by organisation, and what the sweep deleted.

-- +goose Up
CREATE TABLE retention (
    organisation_id bigint REFERENCES organisation ON DELETE CASCADE,
    kind            text        NOT NULL CHECK (kind IN ('records', 'exchanges', 'timeline', 'changes', 'inbox', 'audit', 'outbox')),
    days            integer     NOT NULL CHECK (days BETWEEN 1 AND 3650),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    changed_by      text        NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organisation_id, kind)
);
COMMENT ON TABLE retention IS 'For how many days a kind of data is kept, where somebody said so; the program knows the defaults.';
COMMENT ON COLUMN retention.organisation_id IS 'Whose webshops'' data; null for all that say nothing of their own.';
COMMENT ON COLUMN retention.kind IS 'Which data.';
COMMENT ON COLUMN retention.days IS 'Older data is deleted.';
COMMENT ON COLUMN retention.changed_at IS 'When it was set.';
COMMENT ON COLUMN retention.changed_by IS 'Who set it.';
ALTER TABLE retention ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention FORCE ROW LEVEL SECURITY;
CREATE POLICY installation ON retention TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY engine ON retention FOR SELECT TO koppel_engine USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON retention TO koppel_app;
GRANT SELECT ON retention TO koppel_engine;

CREATE TABLE retention_sweep (
    kind       text PRIMARY KEY,
    swept_at   timestamptz NOT NULL DEFAULT '-infinity',
    partitions bigint      NOT NULL DEFAULT 0,
    rows       bigint      NOT NULL DEFAULT 0
);
COMMENT ON TABLE retention_sweep IS 'What the retention has deleted so far, by kind of data.';
COMMENT ON COLUMN retention_sweep.kind IS 'Which data.';
COMMENT ON COLUMN retention_sweep.swept_at IS 'When it was last looked for data that is too old.';
COMMENT ON COLUMN retention_sweep.partitions IS 'Whole days that were dropped.';
COMMENT ON COLUMN retention_sweep.rows IS 'Single rows that were deleted, of webshops that keep less than others.';
GRANT SELECT ON retention_sweep TO koppel_app;
GRANT SELECT, INSERT, UPDATE ON retention_sweep TO koppel_engine;

-- Only what is older than the shortest time that can be set for it.
CREATE POLICY retain ON audit FOR DELETE TO koppel_engine USING (webshop_id = (SELECT koppel_webshop()) AND at < now() - interval '30 days');
CREATE POLICY retain_read ON audit FOR SELECT TO koppel_engine USING (webshop_id = (SELECT koppel_webshop()) AND at < now() - interval '30 days');
GRANT SELECT, DELETE ON audit TO koppel_engine;

CREATE INDEX record_gone ON record (webshop_id, gone_at) WHERE gone_at IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION koppel_drop_partitions(kind text, before date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    parent  text := CASE kind WHEN 'exchanges' THEN 'exchange' WHEN 'timeline' THEN 'timeline' WHEN 'changes' THEN 'change' WHEN 'inbox' THEN 'inbox' WHEN 'audit' THEN 'audit' END;
    child   text;
    dropped integer := 0;
BEGIN
    IF parent IS NULL OR before > (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'no partitions of % are dropped up to %', kind, before;
    END IF;
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass AND c.relname ~ ('^' || parent || '_[0-9]{8}$') AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
        ORDER BY c.relname LIMIT 50
    LOOP
        EXECUTE format('DROP TABLE %I', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION koppel_drop_partitions(text, date) IS 'Drops the daily partitions of a kind of data that end before a date, at most 50 a call, and says how many; called by the retention.';
REVOKE EXECUTE ON FUNCTION koppel_drop_partitions(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION koppel_drop_partitions(text, date) TO koppel_engine;
