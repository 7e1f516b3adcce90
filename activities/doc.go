// Package activities does what workflows decide: it streams a remote's pages
// through the mapping into Postgres, pushes what the outbox holds, and keeps
// runs and Temporal in agreement. Every activity may be run twice and leaves
// the same rows behind; what it stores it stores through package store, with
// the resume position in the same transaction as the rows.
//
// Inputs and results are ids, cursors and counts. Records, bodies and secrets
// never pass through Temporal.
package activities
