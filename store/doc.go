// Package store keeps everything that lasts, in PostgreSQL: organisations, webshops and keys; connectors by version;
// couplings with their credentials, schedules and streams; runs with their evidence; raw records, sources and the
// objects that are their merge; the outbox of writes; the change feed and the audit log.
//
// All work goes through DB.InTx with a Scope, which the database itself holds to by row-level security: a
// transaction sees one webshop, or (the app role, for installation keys) all, or (Queues) only what has no owner and,
// for the engine role, the queue tables. Methods of Tx say what they do inside the caller's transaction; the few
// methods of DB own theirs.
//
// Ids: a bigint inside, which never leaves the installation, and a UUIDv7 outside, a string here. Row types carry
// both. A method that takes a string id answers not_found when the scope cannot see it.
//
// A run:
//
//	queued ──StartRun──▶ running ⇄ waiting ──FinishRun──▶ succeeded | succeeded_with_parked | suspect | failed
//	   └──────────────────────┴───────┴──────CancelRun──▶ cancelled
//
// A coupling:
//
//	draft ─▶ activating ─▶ active ⇄ paused | needs_reauth
//	any of these ─▶ disabled ─▶ activating | removed
//
// An outbox row:
//
//	pending ──claim──▶ sending ──▶ sent | unknown | parked
//	                      ▲           │        │
//	                      └───claim───┘  pending ◀─ retry by a person
package store
