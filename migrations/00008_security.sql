-- Row-level security: tenant tables by webshop, queue and registry tables by role.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    -- Tenant tables: the app and the engine see the webshop their transaction names;
    -- an installation-wide key's transaction of the app sees all.
    FOREACH name IN ARRAY ARRAY[
        'webshop_counter', 'data_key', 'credential', 'stream', 'scan', 'scan_seen', 'timeline', 'exchange', 'inbox',
        'record', 'parked', 'dirty', 'source', 'product', 'supplier', 'supplier_product', 'sell_order', 'sell_order_line',
        'buy_order', 'buy_order_line', 'change'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;

    -- Queue tables: the engine's sweep, dispatch and schedule reconciler look across webshops in transactions that name none;
    -- one that names a webshop sees only that one's.
    FOREACH name IN ARRAY ARRAY['coupling', 'schedule', 'run', 'outbox'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY queue ON %I TO koppel_engine USING ((SELECT koppel_webshop()) IS NULL)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;

    -- Registry tables without tenant data of their own.
    FOREACH name IN ARRAY ARRAY['connector', 'connector_version', 'provider', 'integration', 'app_credential', 'budget', 'budget_hold'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
REVOKE UPDATE, DELETE ON connector_version FROM koppel_app, koppel_engine;

ALTER TABLE webshop ENABLE ROW LEVEL SECURITY;
ALTER TABLE webshop FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webshop TO koppel_app USING (id = (SELECT koppel_webshop()));
CREATE POLICY installation ON webshop TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY engine ON webshop FOR SELECT TO koppel_engine USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON webshop TO koppel_app;
GRANT SELECT ON webshop TO koppel_engine;

ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY installation ON organisation TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY engine ON organisation FOR SELECT TO koppel_engine USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON organisation TO koppel_app;
GRANT SELECT ON organisation TO koppel_engine;

-- A key is looked up by its hash before any webshop is known.
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_key TO koppel_app USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON api_key TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY lookup ON api_key FOR SELECT TO koppel_app USING ((SELECT koppel_webshop()) IS NULL);
GRANT SELECT, INSERT, UPDATE ON api_key TO koppel_app;

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit FOR SELECT TO koppel_app USING (webshop_id = (SELECT koppel_webshop()) OR (SELECT koppel_all_webshops()));
CREATE POLICY write ON audit FOR INSERT TO koppel_app, koppel_engine WITH CHECK (true);
GRANT SELECT, INSERT ON audit TO koppel_app;
GRANT INSERT ON audit TO koppel_engine;

-- Server and worker compare the schema with the one they were built for before they start.
GRANT SELECT ON goose_db_version TO koppel_app, koppel_engine;
