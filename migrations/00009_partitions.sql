-- Daily partitions of logs, changes and inbox.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION koppel_partitions(days_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    parent text;
    day    date;
    child  text;
    made   integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('koppel partitions'));
    FOREACH parent IN ARRAY ARRAY['timeline', 'exchange', 'audit', 'inbox', 'change'] LOOP
        FOR day IN SELECT generate_series((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + days_ahead, '1 day')::date LOOP
            child := parent || '_' || to_char(day, 'YYYYMMDD');
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION koppel_partitions(integer) IS 'Makes the daily partitions from yesterday to days_ahead and says how many were new; called by migrate, by every starting server and worker and by the sweep.';
REVOKE EXECUTE ON FUNCTION koppel_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION koppel_partitions(integer) TO koppel_app, koppel_engine;
SELECT koppel_partitions(14);
