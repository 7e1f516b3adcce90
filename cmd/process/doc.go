// Package process puts the two processes of the product together: the server,
// which answers the API, and the worker, which does what Temporal hands out.
// Every main program runs them through it, each in a process of its own or
// both in one.
//
// A process is
//
//	New… ──▶ open (database, schema, Temporal checked) ──Run──▶ running ──ctx ends──▶ drained, closed
//
// It keeps nothing beyond its connections.
package process
