// Package client is the typed Go client of the product's own API, /api/v1: one
// method a route, typed requests and answers, every failure a *Problem that
// says who must act and what the next step is. The command line uses it, and
// any Go program may.
//
// It keeps nothing but its configuration and is safe for concurrent use.
package client
