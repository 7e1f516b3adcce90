// Package migrations holds the database schema as numbered, forward-only SQL files and applies them with goose.
//
// It stores every table, role, policy and function of the product, and goose's own list of what was applied
// (goose_db_version). schema.sql is a snapshot of the result, read from the catalog and held by a test; read it to
// see the schema of today in one piece.
//
// The owner of the database applies migrations; the roles koppel_app and koppel_engine only read the list.
package migrations
