-- Every mode of a run, those that merge again and those that carry out a proposal among them.

-- +goose Up
ALTER TABLE run DROP CONSTRAINT run_mode_check;
ALTER TABLE run ADD CONSTRAINT run_mode_check CHECK (mode IN ('full', 'since', 'window', 'single', 'replay', 'merge', 'push', 'proposal'));
