// Command koppel-dev is the whole platform in one process for a newcomer and
// for the end-to-end tests: a demo shop, PostgreSQL, Temporal with its UI, the
// API server and a worker, with a coupling to the demo shop that is activated
// on the first start. It is never production: its keys lie in a file, Temporal
// asks nobody who they are, and loopback addresses are allowed as remotes.
//
// It stores everything in one directory, ./.koppel unless --dir says otherwise:
//
//	koppel-dev.pid   who runs here, with its addresses; flocked while it runs
//	state.json       how the demo shop was made and where it listens
//	postgres/        the cluster, see store/localpg
//	temporal.db      Temporal's histories, timers and schedules
//	demoshop.jsonl   every effect on the demo shop, replayed at the next start
//	keyset           the master key that seals credentials
//	key, cli.yaml    an API key, bare and as a profile of the koppel command
//	dev.log          what every part logs
//
// State machine of a directory:
//
//	absent ──first start──▶ running (activating ─▶ active) ──Ctrl-C──▶ stopped
//	                          ▲      │ SIGKILL, machine off              │
//	                          └──────┴──────── next start ◀──────────────┘
//	stopped ──koppel-dev reset──▶ absent
//
// A killed one leaves PostgreSQL running, which the next start adopts; all else
// was in the process. What was half done goes on, activation included.
package main
