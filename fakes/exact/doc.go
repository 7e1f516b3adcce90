// Package exact is a fake remote system: an Exact Online site with its OAuth2
// login, its administrations (divisions) and the OData-style REST API v1 under
// /api, with the quirks that its public documentation and public clients tell
// of. It exists so that tests and the fault boards have an ERP that rotates
// tokens, counts requests, refuses for real, misbehaves on request and keeps a
// ledger.
//
// It imports nothing of the project: what it says about itself under /_fake is
// independent evidence.
//
// # What it stores
//
// Every administration is a set of tables made from the seed when the site
// begins; all of it lives in memory. Each change gives its row a new Timestamp,
// a number that only grows over the whole site, and most also a new Modified.
//
// # States
//
//	grant    code → (access token, refresh token) → the next pair, once each
//	row      present → deleted (told by sync/Deleted where its kind is known)
//	endpoint open → blocked after too many client errors → open
//
// # Order of one request
//
//	draw a fault → before the effect? answer it
//	             → bearer token → budgets → blocked? → do
//	             → fault after the effect? spoil the answer
//	             → count it in the ledger → write
package exact
