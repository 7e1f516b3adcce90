// Package picqer is a fake remote system: a Picqer account (warehouse
// management, REST API v1 under /api/v1) with the quirks that its public
// documentation tells of, and a few that only its users know. It is hostile on
// request and keeps a ledger of every request.
//
// It imports nothing of the project: what it says about itself under /_demo is
// independent evidence.
//
// # What it stores
//
// Everything is kept in memory: products with their parts and their stock by
// warehouse, suppliers, orders, purchase orders, receipts, stock movements,
// hooks. What stands there at the start is a function of the seed.
//
// # States
//
//	order          concept | expected | processing | paused → completed | cancelled
//	purchase order concept → purchased → received; concept, purchased → cancelled
//	receipt        processing → completed
//
// # Order of one request
//
//	draw a fault → before the effect? answer it
//	             → user agent → key → rate limit → right → do → fault after the effect? spoil the answer
//	             → count it in the ledger → write
//
// # What is assumed
//
// The documentation is silent here, so this fake chose: lists are sorted by
// id; updated_after leaves the given second out, sincedate takes it in; the
// rate limit counts in fixed windows; a stock change moves a product's
// updated; error codes other than 8, 20 and 31 are numbers of its own; a hook
// whose receiver failed ten times in a row is no longer active.
package picqer
