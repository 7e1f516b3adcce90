// Package web serves the pages for people: which couplings there are and how
// they do, one coupling with its buttons, one run with its evidence while it
// runs, what needs a person, proposals, parked records, webshops.
//
//	sign in with an API key ──▶ session (cookie) ──▶ page ──▶ API, as that key
//
// The pages know nothing that the API does not tell and do nothing that it does
// not do: each page is made of calls to it, inside the process, with the rights
// of the key that signed in. They are plain HTML; only live progress needs
// JavaScript. What is stored of its own is who is signed in, by the hash of a
// token (store.Session).
package web
