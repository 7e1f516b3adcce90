// Package workflows decides: what a coupling's activation does next, when a
// pull asks for its next slice, waits or gives up, when a push is tried again.
// It does nothing itself; activities do. Workflows read no clock, no
// randomness and no map order, and carry only ids, cursors and counts.
//
//	pull:     open → slice… per stream → map… → finish
//	activate: credentials → suppliers → products → … → schedules
//	close:    runs → schedules → pushes (→ sources → credentials)
//	push:     open → attempt… → finish
package workflows
