// Package devserver is a Temporal server with its web UI inside our own process: for koppel-dev, the boards and
// tests, never for production. It listens on loopback only and asks nobody who they are.
//
// It stores everything (histories, timers, task queues, schedules, search attributes) in one SQLite database: in
// memory, gone with Stop, or a file, on which the next Start carries on also after the process was killed. One
// process at a time may use a file; a lock beside it (name + ".lock") holds that.
package devserver
