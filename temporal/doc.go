// Package temporal is the fuse box: it dials a cluster (local, TLS, or managed
// with an API key), encrypts payloads where asked, registers workflows and
// activities on the task queues, starts and cancels what the API and the
// sweep ask for, and makes Temporal Schedules equal to what Postgres wants.
//
// Nothing is stored here. Postgres holds the wish, Temporal the clock.
package temporal
