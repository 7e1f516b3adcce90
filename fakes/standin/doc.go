// Package standin is what every fake needs to stand in for a remote system as
// a process of its own: a program around it, a server that stops cleanly, the
// ledger of what was asked, and the endpoints that tests use.
package standin
