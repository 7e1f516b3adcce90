-- Who took a parked record off the list, and why: only what a person did can be taken back.

-- +goose Up
ALTER TABLE parked ADD COLUMN resolved_by text, ADD COLUMN resolved_reason text;
COMMENT ON COLUMN parked.resolved_by IS 'Who took it off the list; null when it was mapped after all.';
COMMENT ON COLUMN parked.resolved_reason IS 'Why it was taken off the list, in that person''s words.';
