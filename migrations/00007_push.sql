-- What goes back, and what all workers share.

-- +goose Up
CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid            uuid        NOT NULL UNIQUE,
    webshop_id      bigint      NOT NULL REFERENCES webshop ON DELETE CASCADE,
    coupling_id     bigint      NOT NULL REFERENCES coupling ON DELETE CASCADE,
    object          text        NOT NULL,
    object_id       bigint      NOT NULL,
    operation       text        NOT NULL CHECK (operation IN ('create', 'update', 'cancel')),
    reference       text        NOT NULL,
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'parked')),
    epoch           bigint      NOT NULL DEFAULT 0,
    attempts        integer     NOT NULL DEFAULT 0,
    remote_id       text,
    error           jsonb,
    run_id          bigint,
    due_at          timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX outbox_open ON outbox (coupling_id, object, object_id) WHERE state IN ('pending', 'sending', 'unknown');
CREATE INDEX outbox_webshop ON outbox (webshop_id, id DESC);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('pending', 'unknown');
COMMENT ON TABLE outbox IS 'Writes to a remote: pending → sending → sent | unknown | parked. The uuid is the idempotency key, reference is our number.';
COMMENT ON COLUMN outbox.epoch IS 'Raised by each attempt; a revived attempt with an older epoch may not record an outcome.';

CREATE TABLE budget (
    key           text NOT NULL,
    bucket        text NOT NULL,
    next_at       timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz,
    reason        text NOT NULL DEFAULT '',
    PRIMARY KEY (key, bucket)
);
COMMENT ON TABLE budget IS 'Shared request budgets: the next free time slot of each bucket, and until when a remote asked for quiet.';

CREATE TABLE budget_hold (
    key     text        NOT NULL,
    bucket  text        NOT NULL,
    slot    integer     NOT NULL,
    holder  uuid        NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (key, bucket, slot)
);
COMMENT ON TABLE budget_hold IS 'Leases on a budget''s concurrent requests; one that is past its time may be taken over.';
