-- Of two bodies that webhooks gave of one record, the newer one counts, in whatever order they came.

-- +goose Up
ALTER TABLE refetch_key ADD COLUMN changed_at timestamptz;
COMMENT ON COLUMN refetch_key.changed_at IS 'When the remote changed the record that body holds; null where it does not say.';
