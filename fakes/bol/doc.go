// Package bol is a fake remote system: one seller's account at bol.com as the
// Retailer API v10 shows it, with the token endpoint and the shared process
// statuses. It exists so that tests and the fault boards have a marketplace
// that is asynchronous, strict about media types, sparing with requests,
// hostile on request, and that keeps count.
//
// It imports nothing of the project: what it says about itself under /_demo is
// independent evidence. Its shapes follow the published API; where the vendor
// is silent it takes the harsher reading, so that a client that passes here is
// careful enough: a list shows only the items that match its filters, nothing
// older than three months can be read, an empty page has no list at all.
//
// # What it stores
//
// Offers, orders, shipments, replenishments, process statuses, export reports
// and subscriptions live in memory and are gone with the process. All money is
// in cents including VAT.
//
// # States
//
//	order item     OPEN → HANDLED              (by shipping or cancelling)
//	process status PENDING → SUCCESS | FAILURE | TIMEOUT → forgotten (404)
//	replenishment  ANNOUNCED → IN_TRANSIT → ARRIVED_AT_WH → IN_PROGRESS_AT_WH → DONE, or CANCELLED
//	subscription   enabled → switched off after failed deliveries → enabled by PUT
//
// # Order of one request
//
//	draw a fault → before the effect? answer it
//	             → token → media type → bucket → do → fault after the effect? spoil the answer
//	             → count it in the ledger → write
package bol
