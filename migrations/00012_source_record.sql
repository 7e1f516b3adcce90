-- Which sources a record has under other keys than its own id.

-- +goose Up
CREATE INDEX source_record ON source (webshop_id, stream_id, record_id) WHERE record_id <> remote_id;
