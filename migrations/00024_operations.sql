-- What people do by hand to the bindings of objects, and the runs that merge objects again.

-- +goose Up
ALTER TABLE run DROP CONSTRAINT run_mode_check;
ALTER TABLE run ADD CONSTRAINT run_mode_check CHECK (mode IN ('full', 'since', 'window', 'single', 'replay', 'merge', 'push'));

CREATE TABLE redirect (
    webshop_id bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    object     text NOT NULL,
    old_id     bigint NOT NULL,
    old_uuid   uuid NOT NULL,
    new_id     bigint NOT NULL,
    new_uuid   uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webshop_id, object, old_uuid)
);
CREATE INDEX redirect_to ON redirect (webshop_id, object, new_id);
COMMENT ON TABLE redirect IS 'Objects that were merged into another one: their ids answer with that one.';
COMMENT ON COLUMN redirect.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN redirect.object IS 'Which object.';
COMMENT ON COLUMN redirect.old_id IS 'Inner id of the object that is no more.';
COMMENT ON COLUMN redirect.old_uuid IS 'Its outside id.';
COMMENT ON COLUMN redirect.new_id IS 'Inner id of the object it is now.';
COMMENT ON COLUMN redirect.new_uuid IS 'Its outside id.';
COMMENT ON COLUMN redirect.created_at IS 'When the row was made.';

CREATE TABLE operation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid       uuid NOT NULL UNIQUE,
    webshop_id bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('link', 'merge', 'split')),
    object     text NOT NULL,
    moves      jsonb NOT NULL,
    objects    jsonb NOT NULL,
    actor      text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    undone_at  timestamptz,
    undone_by  text
);
CREATE INDEX operation_webshop ON operation (webshop_id, id DESC);
COMMENT ON TABLE operation IS 'Objects that people linked, merged or split, with the bindings before, so that it can be undone.';
COMMENT ON COLUMN operation.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN operation.uuid IS 'Outside id, a UUIDv7: the only id in API, events and webhooks.';
COMMENT ON COLUMN operation.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN operation.kind IS 'link, merge or split.';
COMMENT ON COLUMN operation.object IS 'Which object.';
COMMENT ON COLUMN operation.moves IS 'What moved: {sources: [{coupling, remote_id, from, to}], ended, made, edit, lines}.';
COMMENT ON COLUMN operation.objects IS 'List of the inner ids of the objects it touched; what touched one of them later is undone first.';
COMMENT ON COLUMN operation.actor IS 'Who did it.';
COMMENT ON COLUMN operation.at IS 'When it happened.';
COMMENT ON COLUMN operation.undone_at IS 'When it was undone; null while it holds.';
COMMENT ON COLUMN operation.undone_by IS 'Who undid it.';

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['redirect', 'operation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
