// Package demoshop is a fake remote system: a shop that behaves like a
// WooCommerce (REST API v3 under /wp-json/wc/v3) with its documented quirks,
// and that also has suppliers, supplier products and purchase orders under the
// same base. It exists so that a first look, the tests and the fault boards
// have a remote that is large, hostile on request and keeps count.
//
// It imports nothing of the project: what it says about itself under /_demo is
// independent evidence.
//
// # What it stores
//
// Products, variations, orders and offers are functions of the seed and their
// index; only what was changed, created or hidden since is kept, so millions
// of products cost no memory. Purchase orders and the counts of all requests
// are kept whole. With Config.Journal every effect is also appended to a file
// and applied again at the next New.
//
// # States
//
//	product  present ⇄ trashed → gone        (trashed and gone are not listed)
//	order    any status → any status, trash is not listed
//
// # Order of one request
//
//	draw a fault → before the effect? answer it
//	             → authorise → do → fault after the effect? spoil the answer
//	             → count it in the ledger → write
package demoshop
