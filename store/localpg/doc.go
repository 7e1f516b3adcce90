// Package localpg finds, initialises, starts and stops a PostgreSQL of our own on this machine: for tests,
// koppel-dev and the boards, never for production.
//
// It stores one cluster per directory:
//
//	Dir/data        the data directory (a symbolic link when Dir cannot be reached by the account that runs the server)
//	Dir/server.log  what the server and initdb print
//	Dir/lock        flock that guards initialising, adopting, starting and stopping across processes
//	Dir/sock        the socket directory (beside the data when that is elsewhere; in the temporary directory when the
//	                path is too long for a unix socket)
//
// State machine of a cluster:
//
//	absent ──initdb──▶ stopped ──Start──▶ running ──Stop──▶ stopped
//	                      ▲                  │ machine or server killed
//	                      └── stale pid file ◀┘
//
// A running server is not tied to the process that started it. A server whose starter was killed goes on, and the
// next Start on the same Dir adopts it, so nothing piles up: there is at most one server per Dir. Servers of tests
// come from Shared, one cluster per machine user and set of binaries, which ends by itself two minutes after the
// last process that uses it.
//
// PostgreSQL refuses to run as root. Under root the server runs as the account postgres, else nobody.
package localpg
