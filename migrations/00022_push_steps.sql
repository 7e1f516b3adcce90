-- A push of several steps, what holds it back, and what stops it.

-- +goose Up
ALTER TABLE outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'parked', 'dropped'));
ALTER TABLE outbox DROP CONSTRAINT outbox_operation_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_operation_check CHECK (operation IN ('create', 'update', 'cancel', 'set'));
ALTER TABLE outbox
    ADD COLUMN steps    jsonb,
    ADD COLUMN target   jsonb,
    ADD COLUMN edited   boolean NOT NULL DEFAULT false,
    ADD COLUMN began_at timestamptz,
    ADD COLUMN held     text CHECK (held IN ('cap', 'stop')),
    ADD COLUMN held_at  timestamptz;
CREATE INDEX outbox_began ON outbox (webshop_id, began_at) WHERE object = 'buy_orders' AND operation = 'create' AND began_at IS NOT NULL;
CREATE INDEX outbox_object ON outbox (object_id, id DESC);
COMMENT ON TABLE outbox IS 'Writes to a remote: pending → sending → sent | unknown | parked; pending → dropped when it is no longer wanted. The uuid is the idempotency key, reference is our number.';
COMMENT ON COLUMN outbox.steps IS 'How far a push came: the remote''s ids, which steps it did, what their answers gave. An attempt goes on from here.';
COMMENT ON COLUMN outbox.target IS 'The value that an absolute write wants, of operation set.';
COMMENT ON COLUMN outbox.edited IS 'The object was changed after the open attempt read it: what follows once that one is sent.';
COMMENT ON COLUMN outbox.began_at IS 'When the first attempt began; what the webshop''s cap counts by.';
COMMENT ON COLUMN outbox.held IS 'Why it waits although it is due: cap of the webshop or a stop.';
COMMENT ON COLUMN outbox.held_at IS 'Since when it is held.';

ALTER TABLE webshop ADD COLUMN buy_order_cap integer NOT NULL DEFAULT 60 CHECK (buy_order_cap BETWEEN 1 AND 1000000);
COMMENT ON COLUMN webshop.buy_order_cap IS 'The most buy orders that begin to be pushed within an hour; the rest waits, visibly.';

ALTER TABLE buy_order ADD COLUMN coupling_id bigint;
COMMENT ON COLUMN buy_order.coupling_id IS 'The one coupling that receives it; null while it is a draft that names none.';
ALTER TABLE buy_order_line ADD COLUMN factor bigint CHECK (factor >= 1);
COMMENT ON COLUMN buy_order_line.factor IS 'Stock units per purchase unit as they were when the line was pushed; deliveries are converted by it.';

ALTER TABLE parked ADD COLUMN outbox_id bigint REFERENCES outbox ON DELETE CASCADE;
CREATE UNIQUE INDEX parked_push ON parked (outbox_id) WHERE resolved_at IS NULL AND outbox_id IS NOT NULL;
COMMENT ON COLUMN parked.outbox_id IS 'The push that a person must see to; null for a record.';

CREATE TABLE push_stop (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid         uuid        NOT NULL UNIQUE,
    webshop_id   bigint REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint REFERENCES coupling ON DELETE CASCADE,
    connector    text REFERENCES connector,
    reason       text        NOT NULL,
    stopped_by   text        NOT NULL,
    stopped_at   timestamptz NOT NULL DEFAULT now(),
    ended_by     text,
    ended_at     timestamptz,
    CHECK (coupling_id IS NULL OR webshop_id IS NOT NULL)
);
CREATE UNIQUE INDEX push_stop_open ON push_stop (coalesce(webshop_id, 0), coalesce(coupling_id, 0), coalesce(connector, '')) WHERE ended_at IS NULL;
COMMENT ON TABLE push_stop IS 'Stops all pushes of what it names, until it is ended: a coupling, a webshop, a connector or, naming none, the installation.';
COMMENT ON COLUMN push_stop.id IS 'Inner id.';
COMMENT ON COLUMN push_stop.uuid IS 'Outside id.';
COMMENT ON COLUMN push_stop.webshop_id IS 'The webshop that is stopped, or that of the coupling.';
COMMENT ON COLUMN push_stop.coupling_id IS 'The coupling that is stopped.';
COMMENT ON COLUMN push_stop.connector IS 'The connector whose couplings are all stopped.';
COMMENT ON COLUMN push_stop.reason IS 'Why, for people.';
COMMENT ON COLUMN push_stop.stopped_by IS 'Who stopped.';
COMMENT ON COLUMN push_stop.stopped_at IS 'Since when.';
COMMENT ON COLUMN push_stop.ended_by IS 'Who let pushes go on.';
COMMENT ON COLUMN push_stop.ended_at IS 'Until when; null while it stops.';

ALTER TABLE push_stop ENABLE ROW LEVEL SECURITY;
ALTER TABLE push_stop FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON push_stop TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()));
CREATE POLICY installation ON push_stop TO koppel_app USING ((SELECT koppel_all_webshops()));
CREATE POLICY organisation ON push_stop TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL
    AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())));
-- What stops a connector or the installation stops every webshop, which may know of it.
CREATE POLICY everybody ON push_stop FOR SELECT TO koppel_app, koppel_engine USING (webshop_id IS NULL);
GRANT SELECT, INSERT, UPDATE ON push_stop TO koppel_app, koppel_engine;
