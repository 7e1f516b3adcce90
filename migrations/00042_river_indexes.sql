-- Jobs are found by state and by unique key; the indexes over what they hold served nobody and cost every job thrice.

-- +goose Up
DROP INDEX river_job_args_index;
DROP INDEX river_job_metadata_index;
