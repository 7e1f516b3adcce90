-- The job queue of github.com/riverqueue/river: what its own migrations of line main, 1 to 8, make of an empty
-- database. It stands here so that koppel migrate stays the one command and goose the one list of what was applied.
-- An upgrade of river that brings a migration brings one here.

-- +goose Up
CREATE TABLE river_migration (
    line       text        NOT NULL,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT line_length CHECK (char_length(line) > 0 AND char_length(line) < 128),
    CONSTRAINT version_gte_1 CHECK (version >= 1),
    PRIMARY KEY (line, version)
);
INSERT INTO river_migration (line, version) SELECT 'main', generate_series(1, 8);

CREATE TYPE river_job_state AS ENUM ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled');

-- +goose StatementBegin
CREATE FUNCTION river_job_state_in_bitmask(bitmask bit(8), state river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION river_job_state_in_bitmask(bit, river_job_state) IS 'River: whether a state is among those in which a job is unique.';

CREATE TABLE river_job (
    id            bigserial PRIMARY KEY,
    state         river_job_state NOT NULL DEFAULT 'available',
    attempt       smallint     NOT NULL DEFAULT 0,
    max_attempts  smallint     NOT NULL DEFAULT 25,
    attempted_at  timestamptz,
    created_at    timestamptz  NOT NULL DEFAULT now(),
    finalized_at  timestamptz,
    scheduled_at  timestamptz  NOT NULL DEFAULT now(),
    priority      smallint     NOT NULL DEFAULT 1,
    args          jsonb        NOT NULL,
    attempted_by  text[],
    errors        jsonb[],
    kind          text         NOT NULL,
    metadata      jsonb        NOT NULL DEFAULT '{}',
    queue         text         NOT NULL DEFAULT 'default',
    tags          varchar(255)[] NOT NULL DEFAULT '{}',
    unique_key    bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK (
        (finalized_at IS NULL AND state NOT IN ('cancelled', 'completed', 'discarded')) OR
        (finalized_at IS NOT NULL AND state IN ('cancelled', 'completed', 'discarded'))
    ),
    CONSTRAINT max_attempts_is_positive CHECK (max_attempts > 0),
    CONSTRAINT priority_in_range CHECK (priority >= 1 AND priority <= 4),
    CONSTRAINT queue_length CHECK (char_length(queue) > 0 AND char_length(queue) < 128),
    CONSTRAINT kind_length CHECK (char_length(kind) > 0 AND char_length(kind) < 128)
);
CREATE INDEX river_job_kind ON river_job (kind);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;
CREATE INDEX river_job_prioritized_fetching_index ON river_job (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_args_index ON river_job USING gin (args);
CREATE INDEX river_job_metadata_index ON river_job USING gin (metadata);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key)
    WHERE unique_key IS NOT NULL AND unique_states IS NOT NULL AND river_job_state_in_bitmask(unique_states, state);

CREATE UNLOGGED TABLE river_leader (
    elected_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    leader_id  text        NOT NULL,
    name       text        PRIMARY KEY DEFAULT 'default',
    CONSTRAINT name_length CHECK (name = 'default'),
    CONSTRAINT leader_id_length CHECK (char_length(leader_id) > 0 AND char_length(leader_id) < 128)
);

CREATE TABLE river_queue (
    name       text        PRIMARY KEY NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    metadata   jsonb       NOT NULL DEFAULT '{}',
    paused_at  timestamptz,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE river_notification (
    id         bigserial   PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    payload    text        NOT NULL,
    topic      text        NOT NULL,
    CONSTRAINT topic_length CHECK (length(topic) > 0 AND length(topic) < 128)
);
CREATE INDEX river_notification_created_at_idx ON river_notification (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification (topic, id);

-- A job holds inner ids only, so that the queue needs no tenants; what they point at is held to row-level security.
GRANT SELECT, INSERT, UPDATE ON river_job TO koppel_app;
GRANT USAGE ON SEQUENCE river_job_id_seq TO koppel_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON river_job, river_leader, river_queue, river_notification TO koppel_engine;
GRANT SELECT ON river_migration TO koppel_app, koppel_engine;
GRANT USAGE ON SEQUENCE river_job_id_seq, river_notification_id_seq TO koppel_engine;

COMMENT ON TABLE river_migration IS 'River: its own migrations that the schema holds.';
COMMENT ON COLUMN river_migration.line IS 'Line of migrations.';
COMMENT ON COLUMN river_migration.version IS 'Number in its line.';
COMMENT ON COLUMN river_migration.created_at IS 'When it was applied.';
COMMENT ON TABLE river_job IS 'River: jobs, small work that is inserted in the transaction of the data it is about.';
COMMENT ON COLUMN river_job.id IS 'Inner id.';
COMMENT ON COLUMN river_job.state IS 'How far it is; only available ones are taken.';
COMMENT ON COLUMN river_job.attempt IS 'How often it was begun.';
COMMENT ON COLUMN river_job.max_attempts IS 'After so many it is discarded.';
COMMENT ON COLUMN river_job.attempted_at IS 'When it was last begun.';
COMMENT ON COLUMN river_job.created_at IS 'When it was inserted.';
COMMENT ON COLUMN river_job.finalized_at IS 'When it came to its end.';
COMMENT ON COLUMN river_job.scheduled_at IS 'Not before.';
COMMENT ON COLUMN river_job.priority IS '1 is first, 4 is last.';
COMMENT ON COLUMN river_job.args IS 'Inner ids of what it is about; nothing secret and no records.';
COMMENT ON COLUMN river_job.attempted_by IS 'The clients that began it.';
COMMENT ON COLUMN river_job.errors IS 'What failed, by attempt.';
COMMENT ON COLUMN river_job.kind IS 'What is to be done.';
COMMENT ON COLUMN river_job.metadata IS 'River''s own notes.';
COMMENT ON COLUMN river_job.queue IS 'The queue it waits in.';
COMMENT ON COLUMN river_job.tags IS 'Labels.';
COMMENT ON COLUMN river_job.unique_key IS 'Two jobs of one key are one, in unique_states.';
COMMENT ON COLUMN river_job.unique_states IS 'The states in which the key counts.';
COMMENT ON TABLE river_leader IS 'River: the client that sees to maintenance.';
COMMENT ON COLUMN river_leader.elected_at IS 'Since when.';
COMMENT ON COLUMN river_leader.expires_at IS 'Until when, unless it goes on.';
COMMENT ON COLUMN river_leader.leader_id IS 'The client.';
COMMENT ON COLUMN river_leader.name IS 'Always default.';
COMMENT ON TABLE river_queue IS 'River: queues that clients work on.';
COMMENT ON COLUMN river_queue.name IS 'The queue.';
COMMENT ON COLUMN river_queue.created_at IS 'When it was first seen.';
COMMENT ON COLUMN river_queue.metadata IS 'River''s own notes.';
COMMENT ON COLUMN river_queue.paused_at IS 'Since when nothing is taken from it; null while it runs.';
COMMENT ON COLUMN river_queue.updated_at IS 'When a client last worked on it.';
COMMENT ON TABLE river_notification IS 'River: notices for databases that cannot notify by themselves; empty here.';
COMMENT ON COLUMN river_notification.id IS 'Order.';
COMMENT ON COLUMN river_notification.created_at IS 'When it was written.';
COMMENT ON COLUMN river_notification.payload IS 'The notice.';
COMMENT ON COLUMN river_notification.topic IS 'What it is about.';
