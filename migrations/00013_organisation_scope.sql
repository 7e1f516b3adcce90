-- The scope of an organisation: a transaction of the app that names one sees the webshops of that one. It sets
-- koppel.webshop to 0, no webshop's id, so that what is open to a transaction without a webshop stays closed to it.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION koppel_organisation() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('koppel.organisation', true), '')::bigint $$;
-- +goose StatementEnd
COMMENT ON FUNCTION koppel_organisation() IS 'The organisation whose webshops this transaction may touch; null when none is set.';

CREATE POLICY organisation ON webshop FOR SELECT TO koppel_app USING (organisation_id = (SELECT koppel_organisation()));
CREATE POLICY organisation ON organisation FOR SELECT TO koppel_app USING (id = (SELECT koppel_organisation()));
CREATE POLICY organisation ON api_key FOR SELECT TO koppel_app USING (organisation_id = (SELECT koppel_organisation())
    OR (SELECT koppel_organisation()) IS NOT NULL AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
CREATE POLICY organisation ON audit FOR SELECT TO koppel_app
    USING ((SELECT koppel_organisation()) IS NOT NULL AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'webshop_counter', 'data_key', 'credential', 'stream', 'scan', 'scan_seen', 'timeline', 'exchange', 'inbox',
        'record', 'parked', 'dirty', 'source', 'product', 'supplier', 'supplier_product', 'sell_order', 'sell_order_line',
        'buy_order', 'buy_order_line', 'change', 'coupling', 'schedule', 'run', 'outbox'
    ] LOOP
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
