// Package connect serves the pages that a connect link leads a customer to:
// what will be connected to which webshop, a form of the credential's fields or
// the way to the remote's own login, the list to choose from where an account
// has several, and what to do when it does not work.
//
//	/connect/{token} ── fields ──▶ tried at the remote ───────────────▶ connected
//	        └── login ──▶ remote ──▶ /oauth/callback ── choices? ────────▶ connected
//
// It stores nothing of its own: links, credentials and tokens are the store's.
package connect
