-- What ran and what it can show for it.

-- +goose Up
CREATE TABLE run (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid                 uuid        NOT NULL UNIQUE,
    webshop_id           bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id          bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    direction            text        NOT NULL CHECK (direction IN ('pull', 'push')),
    stream_group         text        NOT NULL,
    mode                 text        NOT NULL CHECK (mode IN ('full', 'since', 'window', 'single', 'replay', 'push')),
    trigger              text        NOT NULL CHECK (trigger IN ('activation', 'schedule', 'manual', 'webhook', 'dependency')),
    asked_by             text        NOT NULL DEFAULT '',
    workflow_id          text        NOT NULL,
    state                text        NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'succeeded_with_parked', 'suspect', 'failed', 'cancelled')),
    wait_reason          text,
    wait_until           timestamptz,
    window_from          timestamptz,
    window_to            timestamptz,
    keys                 jsonb       NOT NULL DEFAULT '{}',
    connector_version_id bigint REFERENCES connector_version,
    settings             jsonb       NOT NULL DEFAULT '{}',
    settings_version     bigint      NOT NULL DEFAULT 0,
    remote_version       text        NOT NULL DEFAULT '',
    evidence             jsonb       NOT NULL DEFAULT '[]',
    error                jsonb,
    queued_at            timestamptz NOT NULL DEFAULT now(),
    started_at           timestamptz,
    finished_at          timestamptz
);
CREATE UNIQUE INDEX run_one_active_scan ON run (coupling_id, stream_group)
    WHERE state IN ('running', 'waiting') AND mode IN ('full', 'since', 'window');
CREATE UNIQUE INDEX run_one_queued_scan ON run (coupling_id, stream_group)
    WHERE state = 'queued' AND mode IN ('full', 'since', 'window');
CREATE INDEX run_webshop ON run (webshop_id, id DESC);
CREATE INDEX run_coupling ON run (coupling_id, id DESC);
CREATE INDEX run_open ON run (id) WHERE state IN ('queued', 'running', 'waiting');
COMMENT ON TABLE run IS 'One execution for one coupling and stream group (pull) or object (push), opened before anything is attempted.';
COMMENT ON COLUMN run.keys IS 'For single runs: {remote_ids, skus, eans, numbers}. For pushes: {outbox_id}.';
COMMENT ON COLUMN run.evidence IS 'List of koppel.Evidence, one per stream.';
COMMENT ON COLUMN run.error IS 'koppel.Advice of the failure.';

CREATE TABLE scan (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webshop_id   bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    stream_id    bigint      NOT NULL REFERENCES stream ON DELETE CASCADE,
    run_id       bigint      NOT NULL REFERENCES run ON DELETE CASCADE,
    resume       jsonb,
    since        timestamptz,
    until        timestamptz,
    started_at   timestamptz NOT NULL DEFAULT now(),
    last_page_at timestamptz,
    ended_at     timestamptz,
    end_rule     text        NOT NULL DEFAULT '',
    complete     boolean     NOT NULL DEFAULT false,
    ignored      jsonb       NOT NULL DEFAULT '{}',
    total        bigint      NOT NULL DEFAULT -1,
    batches      bigint      NOT NULL DEFAULT 0,
    pages        bigint      NOT NULL DEFAULT 0,
    records      bigint      NOT NULL DEFAULT 0,
    changed      bigint      NOT NULL DEFAULT 0,
    unchanged    bigint      NOT NULL DEFAULT 0,
    parked       bigint      NOT NULL DEFAULT 0,
    gone         bigint      NOT NULL DEFAULT 0,
    objects      bigint      NOT NULL DEFAULT 0,
    bytes        bigint      NOT NULL DEFAULT 0,
    UNIQUE (run_id, stream_id)
);
CREATE INDEX scan_stream ON scan (stream_id, id DESC);
COMMENT ON TABLE scan IS 'One read of one stream within a run, with its resume position and counters; both commit with the rows they describe.';
COMMENT ON COLUMN scan.resume IS 'Opaque position after the last written page; null before the first.';

CREATE TABLE scan_seen (
    webshop_id bigint NOT NULL REFERENCES webshop ON DELETE CASCADE,
    scan_id    bigint NOT NULL REFERENCES scan ON DELETE CASCADE,
    batch      bigint NOT NULL,
    keys       bytea  NOT NULL,
    PRIMARY KEY (scan_id, batch)
);
ALTER TABLE scan_seen ALTER COLUMN keys SET STORAGE EXTERNAL;
COMMENT ON TABLE scan_seen IS 'What a scan saw: per batch the first eight bytes of the SHA-256 of each remote id, sorted, joined.';

CREATE TABLE timeline (
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    webshop_id bigint NOT NULL,
    run_id     bigint NOT NULL,
    event      text   NOT NULL,
    data       jsonb  NOT NULL DEFAULT '{}',
    PRIMARY KEY (webshop_id, run_id, id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE timeline IS 'What happened in a run, in order: state changes, slices, waits, retries, decisions.';

CREATE TABLE exchange (
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    webshop_id bigint NOT NULL,
    run_id     bigint,
    data       jsonb  NOT NULL,
    PRIMARY KEY (webshop_id, id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE exchange IS 'Failed requests with their answers, secrets redacted and bodies cut.';

CREATE TABLE audit (
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    webshop_id bigint,
    actor      text   NOT NULL,
    action     text   NOT NULL,
    subject    text   NOT NULL,
    before     jsonb,
    after      jsonb,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_webshop ON audit (webshop_id, id);
COMMENT ON TABLE audit IS 'Who changed what, before and after, in the transaction of the change.';

CREATE TABLE inbox (
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    id         bigint GENERATED ALWAYS AS IDENTITY,
    webshop_id bigint NOT NULL,
    coupling_id bigint NOT NULL,
    event_id   text   NOT NULL DEFAULT '',
    body_hash  bytea  NOT NULL,
    headers    jsonb  NOT NULL,
    body       bytea  NOT NULL,
    handled_at timestamptz,
    PRIMARY KEY (webshop_id, id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE inbox IS 'Webhooks as they came in, stored once before they are answered.';
