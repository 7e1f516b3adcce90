-- Cursors that are keys: a row version that only grows is read from as soon as the page that holds it is written.

-- +goose Up
ALTER TABLE stream ADD COLUMN cursor text;
COMMENT ON COLUMN stream.cursor IS 'Highest key read, of a stream that is read by keyset: a whole number as text. Moves forward with every batch, back only by a full read that ended.';
ALTER TABLE scan ADD COLUMN after text, ADD COLUMN cursor text;
COMMENT ON COLUMN scan.after IS 'The stream''s cursor when the scan began, for an incremental read by keyset; null begins at the first key.';
COMMENT ON COLUMN scan.cursor IS 'Highest key that this scan has read.';
