// Package api is the own family of the REST API: webshops, couplings, runs,
// objects, buy orders, parked records, keys and connectors under /api/v1, with
// health, readiness, metrics, the OpenAPI 3.1 document and its page beside it.
//
// It stores nothing of its own. Every request goes
//
//	request id → access log → route → key and scope → huma (validation) → store
//
// and every route is one row of the table in routes.go: what is not in the
// table cannot be registered. A key sees one webshop or, when it is bound to
// none, all of them; the database itself holds a request to that. Every write
// leaves an audit row in its own transaction.
//
// Errors are problem documents (RFC 9457) made of koppel.Error by the table in
// problem.go. huma stays inside this package.
package api
