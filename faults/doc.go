// Command faults is the board that breaks the platform on purpose and checks
// that nothing is lost and nothing is doubled.
//
//	go run ./faults -fault=kill   workers killed and stopped, PostgreSQL crashed, while a shop is read
//	go run ./faults -fault=push   orders sent to a shop that loses its answers, workers killed
//	go run ./faults -fault=deletes   lists cut, emptied and shortened at every page: nothing may be disabled
//	go run ./faults -fault=race   two couplings that bring the same products at once
//	go run ./faults -fault=refresh   a login with refresh tokens that work once, whoever renews it killed at each step
//	go run ./faults -fault=webhooks   1,000 signed calls a second, servers and workers killed, PostgreSQL stopped once
//
// It starts everything itself and keeps nothing: a PostgreSQL cluster with
// full durability and a Temporal server with a file, the API server in this
// process, the demo shop and the workers as processes of their own, made from
// this program. Work is asked for through the API, as any user would. What is
// right is judged by package verify, which shares no code with the engine.
//
// Progress goes to stderr, the verdict as one JSON line to stdout; the exit
// status is 0 only when every count was reached and nothing was found wrong.
package main
