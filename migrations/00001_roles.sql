-- Roles and the two functions that row-level security leans on.
-- The owner runs migrations; koppel_app is the API server, koppel_engine the
-- worker. Neither is a superuser and neither bypasses row-level security.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    -- Roles belong to the cluster: databases migrated at the same moment meet here.
    PERFORM pg_advisory_xact_lock(hashtext('koppel roles'));
    FOREACH name IN ARRAY ARRAY['koppel_app', 'koppel_engine'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA public TO koppel_app, koppel_engine;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- +goose StatementBegin
CREATE FUNCTION koppel_webshop() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(nullif(current_setting('koppel.webshop', true), ''), 'all')::bigint $$;
-- +goose StatementEnd
COMMENT ON FUNCTION koppel_webshop() IS 'The webshop this transaction may touch; null when none is set or when it is all.';

-- +goose StatementBegin
CREATE FUNCTION koppel_all_webshops() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(current_setting('koppel.webshop', true) = 'all', false) $$;
-- +goose StatementEnd
COMMENT ON FUNCTION koppel_all_webshops() IS 'True for a transaction of an installation-wide key.';

CREATE SEQUENCE object_id AS bigint INCREMENT BY 1000 CACHE 1;
COMMENT ON SEQUENCE object_id IS 'One number space for the inner ids of all objects: a value is the first of a thousand ids that belong to who took it.';
CREATE SEQUENCE ticket AS bigint CACHE 1;
COMMENT ON SEQUENCE ticket IS 'Order of remote requests: taken before a request, so that what was asked earlier never overwrites what was asked later.';
GRANT USAGE ON SEQUENCE object_id, ticket TO koppel_app, koppel_engine;
