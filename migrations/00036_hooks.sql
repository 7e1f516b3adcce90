-- Inbound webhooks: subscriptions, what came in, what is to be read because of it.

-- +goose Up
CREATE TABLE hook (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid            uuid        NOT NULL UNIQUE,
    webshop_id      bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id     bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    topic           text        NOT NULL,
    token_hash      bytea       NOT NULL UNIQUE,
    sealed          bytea       NOT NULL,
    state           text        NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'active', 'failing', 'leaving', 'left')),
    remote_id       text        NOT NULL DEFAULT '',
    detail          text        NOT NULL DEFAULT '',
    public_keys     jsonb       NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    subscribed_at   timestamptz,
    checked_at      timestamptz,
    due_at          timestamptz NOT NULL DEFAULT now(),
    left_at         timestamptz,
    refused         bigint      NOT NULL DEFAULT 0,
    refused_at      timestamptz,
    refused_for     text        NOT NULL DEFAULT '',
    swept           bigint      NOT NULL DEFAULT 0,
    swept_at        timestamptz
);
CREATE INDEX hook_coupling ON hook (coupling_id);
CREATE UNIQUE INDEX hook_one ON hook (coupling_id, topic) WHERE state IN ('wanted', 'active', 'failing');
CREATE INDEX hook_due ON hook (due_at) WHERE state <> 'left';
COMMENT ON TABLE hook IS 'Subscriptions at remotes: by them a remote calls /hooks/{token} when something changes.';
COMMENT ON COLUMN hook.id IS 'Inner id; never leaves the installation.';
COMMENT ON COLUMN hook.uuid IS 'Outside id, a UUIDv7: the only id in API, events and webhooks.';
COMMENT ON COLUMN hook.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN hook.coupling_id IS 'The coupling it belongs to.';
COMMENT ON COLUMN hook.topic IS 'What it is about, as the manifest names it; * for all topics by one subscription.';
COMMENT ON COLUMN hook.token_hash IS 'SHA-256 of the token in the address.';
COMMENT ON COLUMN hook.sealed IS 'Token and secret, sealed by the webshop''s data key.';
COMMENT ON COLUMN hook.state IS 'wanted (to be made), active, failing (see detail), leaving (to be ended), left.';
COMMENT ON COLUMN hook.remote_id IS 'The remote''s id of the subscription; empty before it is made.';
COMMENT ON COLUMN hook.detail IS 'Why it fails, for people.';
COMMENT ON COLUMN hook.public_keys IS 'Public keys of the remote that signs with private ones, by key id.';
COMMENT ON COLUMN hook.created_at IS 'When the row was made.';
COMMENT ON COLUMN hook.subscribed_at IS 'When the remote took it; null before.';
COMMENT ON COLUMN hook.checked_at IS 'When the remote was last asked how it stands.';
COMMENT ON COLUMN hook.due_at IS 'When it is seen to next.';
COMMENT ON COLUMN hook.left_at IS 'When it was ended; calls that were under way are taken for a while.';
COMMENT ON COLUMN hook.refused IS 'Calls that were refused: not signed, stale, unreadable.';
COMMENT ON COLUMN hook.refused_at IS 'The last of them.';
COMMENT ON COLUMN hook.refused_for IS 'Why the last one was refused.';
COMMENT ON COLUMN hook.swept IS 'Changes of its streams that no call told and only a scan found.';
COMMENT ON COLUMN hook.swept_at IS 'When a scan last found one.';

ALTER TABLE inbox ADD COLUMN hook_id bigint NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN topic text NOT NULL DEFAULT '';
ALTER TABLE inbox ADD COLUMN ticket bigint NOT NULL DEFAULT nextval('ticket');
ALTER TABLE inbox ADD COLUMN outcome text NOT NULL DEFAULT '';
COMMENT ON COLUMN inbox.hook_id IS 'The subscription by which it came.';
COMMENT ON COLUMN inbox.topic IS 'What it is about, as the manifest reads it from the call.';
COMMENT ON COLUMN inbox.ticket IS 'Taken when it came: what was read under a newer one is newer.';
COMMENT ON COLUMN inbox.outcome IS 'What came of it: kept (something is read because of it), ignored, or why it failed.';
ALTER TABLE inbox ALTER COLUMN headers SET DEFAULT '{}';
CREATE INDEX inbox_hook ON inbox (webshop_id, hook_id, at DESC);

CREATE TABLE inbox_key (
    webshop_id bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    hook_id    bigint      NOT NULL REFERENCES hook ON DELETE CASCADE,
    event_id   text        NOT NULL,
    body_hash  bytea       NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    repeats    integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (hook_id, event_id, body_hash)
);
CREATE INDEX inbox_key_at ON inbox_key (at);
CREATE INDEX inbox_key_webshop ON inbox_key (webshop_id);
COMMENT ON TABLE inbox_key IS 'What came in already: a call of the same event id and body is a repeat and stored no second time.';
COMMENT ON COLUMN inbox_key.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN inbox_key.hook_id IS 'The subscription by which it came.';
COMMENT ON COLUMN inbox_key.event_id IS 'The sender''s id of the event; empty when it gives none.';
COMMENT ON COLUMN inbox_key.body_hash IS 'SHA-256 of the raw body.';
COMMENT ON COLUMN inbox_key.at IS 'When it first came.';
COMMENT ON COLUMN inbox_key.repeats IS 'How often it came again.';

CREATE TABLE refetch (
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_group text        NOT NULL,
    due_at       timestamptz NOT NULL,
    PRIMARY KEY (coupling_id, stream_group)
);
CREATE INDEX refetch_webshop ON refetch (webshop_id);
COMMENT ON TABLE refetch IS 'Stream groups of which something waits to be read because a webhook said so: one job each.';
COMMENT ON COLUMN refetch.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN refetch.coupling_id IS 'The coupling.';
COMMENT ON COLUMN refetch.stream_group IS 'The stream group.';
COMMENT ON COLUMN refetch.due_at IS 'When it is read; until then more is gathered.';

CREATE TABLE refetch_key (
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_group text        NOT NULL,
    stream       text        NOT NULL,
    remote_id    text        NOT NULL,
    run_id       bigint      NOT NULL DEFAULT 0,
    gone         boolean     NOT NULL DEFAULT false,
    body         bytea,
    ticket       bigint      NOT NULL,
    events       integer     NOT NULL DEFAULT 1,
    first_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupling_id, stream, remote_id, run_id)
);
CREATE INDEX refetch_key_group ON refetch_key (coupling_id, stream_group, run_id, first_at);
CREATE INDEX refetch_key_webshop ON refetch_key (webshop_id);
COMMENT ON TABLE refetch_key IS 'Records that webhooks named: they wait for a run or are read by one, each once however often it was named.';
COMMENT ON COLUMN refetch_key.webshop_id IS 'The webshop the row belongs to; row-level security goes by it.';
COMMENT ON COLUMN refetch_key.coupling_id IS 'The coupling.';
COMMENT ON COLUMN refetch_key.stream_group IS 'The stream''s group, whose run reads it.';
COMMENT ON COLUMN refetch_key.stream IS 'The record''s stream.';
COMMENT ON COLUMN refetch_key.remote_id IS 'The record''s id; empty asks for what changed in the group.';
COMMENT ON COLUMN refetch_key.run_id IS 'The run that reads it; 0 while it waits.';
COMMENT ON COLUMN refetch_key.gone IS 'The last that was said of it is that it was deleted.';
COMMENT ON COLUMN refetch_key.body IS 'The record as the webhook gave it, whole; null where it is read.';
COMMENT ON COLUMN refetch_key.ticket IS 'Taken when the last call that named it came.';
COMMENT ON COLUMN refetch_key.events IS 'How many calls named it.';
COMMENT ON COLUMN refetch_key.first_at IS 'When the first of them came.';

ALTER TABLE scan ADD COLUMN swept bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN scan.swept IS 'Changed records of streams with webhooks of which no webhook had told.';

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hook', 'inbox_key', 'refetch', 'refetch_key'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO koppel_app, koppel_engine USING (webshop_id = (SELECT koppel_webshop()))', name);
        EXECUTE format('CREATE POLICY installation ON %I TO koppel_app USING ((SELECT koppel_all_webshops()))', name);
        EXECUTE format('CREATE POLICY queue ON %I TO koppel_engine USING ((SELECT koppel_webshop()) IS NULL)', name);
        EXECUTE format('CREATE POLICY organisation ON %I TO koppel_app USING ((SELECT koppel_organisation()) IS NOT NULL '
            'AND webshop_id IN (SELECT id FROM webshop WHERE organisation_id = (SELECT koppel_organisation())))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO koppel_app, koppel_engine', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
