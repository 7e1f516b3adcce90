-- What is switched on for a webshop: credentials, couplings, schedules, streams.

-- +goose Up
CREATE TABLE credential (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid       uuid        NOT NULL UNIQUE,
    webshop_id bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    connector  text        NOT NULL REFERENCES connector,
    name       text        NOT NULL,
    sealed     bytea       NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    tested_at  timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credential_webshop ON credential (webshop_id, id);
COMMENT ON TABLE credential IS 'The secrets for one remote account, sealed with the webshop''s data key; may serve several couplings.';

CREATE TABLE coupling (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid                 uuid        NOT NULL UNIQUE,
    webshop_id           bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    integration_id       bigint      NOT NULL REFERENCES integration,
    connector            text        NOT NULL REFERENCES connector,
    connector_version_id bigint REFERENCES connector_version,
    credential_id        bigint REFERENCES credential,
    name                 text        NOT NULL,
    state                text        NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'activating', 'active', 'paused', 'needs_reauth', 'disabled', 'removed')),
    pause_owner          text CHECK (pause_owner IN ('person', 'auth', 'policy', 'quota')),
    pause_reason         text,
    settings             jsonb       NOT NULL DEFAULT '{}',
    settings_version     bigint      NOT NULL DEFAULT 1,
    priority             bigint      NOT NULL DEFAULT 0,
    remote_version       text        NOT NULL DEFAULT '',
    steps                jsonb       NOT NULL DEFAULT '[]',
    activated_at         timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX coupling_webshop ON coupling (webshop_id, id);
COMMENT ON TABLE coupling IS 'One integration switched on for one webshop. connector_version_id null follows the connector''s current version.';
COMMENT ON COLUMN coupling.priority IS 'Survivorship: the lower number wins; 0 until activation gives it the next number of the webshop.';
COMMENT ON COLUMN coupling.steps IS 'Steps of the last activation: list of {name, state, run_id, detail}.';

CREATE TABLE schedule (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid         uuid        NOT NULL UNIQUE,
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id  bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_group text        NOT NULL,
    mode         text        NOT NULL CHECK (mode IN ('full', 'since')),
    cron         text        NOT NULL,
    time_zone    text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (coupling_id, stream_group, mode, cron, time_zone)
);
CREATE INDEX schedule_webshop ON schedule (webshop_id, coupling_id);
COMMENT ON TABLE schedule IS 'The wish: which stream group of which coupling runs when. Temporal Schedules are made equal to it, one per distinct (coupling, cron, zone).';

CREATE TABLE stream (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webshop_id       bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id      bigint NOT NULL REFERENCES coupling ON DELETE CASCADE,
    name             text   NOT NULL,
    epoch            bigint NOT NULL DEFAULT 0,
    holder           text   NOT NULL DEFAULT '',
    cursor_at        timestamptz,
    parent_stream_id bigint,
    complete_scan_id bigint,
    complete_at      timestamptz,
    UNIQUE (coupling_id, name)
);
CREATE INDEX stream_webshop ON stream (webshop_id, coupling_id);
COMMENT ON TABLE stream IS 'State of one stream of one coupling: lease epoch, cursor, last complete scan.';
COMMENT ON COLUMN stream.parent_stream_id IS 'The stream whose records this stream''s records name by parent_id; written with that stream''s batches.';
COMMENT ON COLUMN stream.epoch IS 'Raised by each activity attempt; the first statement of every batch checks it, so that a paused and revived worker writes nothing.';
COMMENT ON COLUMN stream.cursor_at IS 'Where the next incremental read starts, overlap already taken off; promoted only by a run that succeeds.';
