// Package rest is the engine of the connector language: it reads a
// connector.yaml into a [Manifest] and speaks to the remote system the way the
// manifest says. A [Client] is one manifest with one credential and one
// coupling's settings; it checks credentials, detects the remote's version,
// reads streams page by page, reads single records, and writes objects.
//
// It stores nothing. What must outlive a process (leased request slots,
// captured exchanges, resume positions) goes through the small interfaces it
// declares ([Leaser], [ExchangeSink]) or comes back as opaque values.
//
// A request passes, in this order: response rules and retries of declared
// idempotent operations, the rate budget (each attempt takes a slot), the
// authorization, and the one [Transport], which pools connections, caps sizes
// and times, and refuses addresses that a tenant must not reach.
//
// A read goes
//
//	fetch → split (bytes of each record, key, hash) → guard → Page → … → End
//
// and stops only by the end rule that the manifest states.
package rest
