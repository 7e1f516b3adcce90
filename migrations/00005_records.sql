-- What remotes said: raw records, what could not be processed, what waits to be mapped.

-- +goose Up
CREATE TABLE record (
    webshop_id bigint      NOT NULL,
    stream_id  bigint      NOT NULL,
    remote_id  text        NOT NULL CHECK (length(remote_id) <= 255),
    parent_id  text,
    hash       bytea       NOT NULL,
    ticket     bigint      NOT NULL,
    run_id     bigint      NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    gone_at    timestamptz,
    codec      smallint    NOT NULL,
    raw        bytea       NOT NULL,
    PRIMARY KEY (webshop_id, stream_id, remote_id)
);
CREATE INDEX record_parent ON record (webshop_id, stream_id, parent_id) WHERE parent_id IS NOT NULL;
ALTER TABLE record ALTER COLUMN raw SET STORAGE EXTERNAL;
-- Room in each page for a changed row beside its old version: indexes then need no write.
ALTER TABLE record SET (fillfactor = 85);
COMMENT ON TABLE record IS 'One remote body, kept raw, keyed by (stream of a coupling, remote id).';
COMMENT ON COLUMN record.hash IS '16 bytes over the raw bytes without volatile fields and the pinned mapping''s digest: equal means nothing to do.';
COMMENT ON COLUMN record.codec IS 'How raw is stored: 0 as it came, 1 S2 block.';
COMMENT ON COLUMN record.ticket IS 'Taken before the request that read it; an older ticket never overwrites a newer one.';

CREATE TABLE parked (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid        uuid        NOT NULL UNIQUE,
    webshop_id  bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    stream_id   bigint REFERENCES stream ON DELETE CASCADE,
    remote_id   text        NOT NULL,
    object      text        NOT NULL DEFAULT '',
    field       text        NOT NULL DEFAULT '',
    expression  text        NOT NULL DEFAULT '',
    input       text        NOT NULL DEFAULT '',
    kind        text        NOT NULL,
    reason      text        NOT NULL,
    codec       smallint    NOT NULL DEFAULT 0,
    raw         bytea       NOT NULL,
    run_id      bigint      NOT NULL,
    first_at    timestamptz NOT NULL DEFAULT now(),
    last_at     timestamptz NOT NULL DEFAULT now(),
    times       bigint      NOT NULL DEFAULT 1,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX parked_open ON parked (webshop_id, stream_id, remote_id, object) WHERE resolved_at IS NULL;
CREATE INDEX parked_webshop ON parked (webshop_id, id DESC);
COMMENT ON TABLE parked IS 'Records that could not be processed, kept with reason and bytes; gone from here when a later version of the record maps.';

CREATE TABLE dirty (
    webshop_id bigint      NOT NULL,
    stream_id  bigint      NOT NULL,
    remote_id  text        NOT NULL,
    marked     bigint      NOT NULL,
    PRIMARY KEY (webshop_id, stream_id, remote_id)
);
COMMENT ON TABLE dirty IS 'Stored records whose objects must be mapped (again) because they need another record; drained by the map stage.';
COMMENT ON COLUMN dirty.marked IS 'Ticket of the latest mark: a key marked again while it is mapped stays.';
