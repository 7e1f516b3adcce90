-- Records that new records name, such as the products of a new sell order, are read singly too.

-- +goose Up
ALTER TABLE refetch_key ADD COLUMN news integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN refetch_key.news IS 'How many new records of other streams named it.';
COMMENT ON COLUMN refetch_key.events IS 'How many calls of webhooks named it.';
COMMENT ON TABLE refetch IS 'Stream groups of which something waits to be read because a webhook or a new record said so: one job each.';
COMMENT ON TABLE refetch_key IS 'Records that webhooks or new records named: they wait for a run or are read by one, each once however often it was named.';
