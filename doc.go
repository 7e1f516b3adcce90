// Package koppel holds the words of the product and nothing else: the objects
// of the canonical model and their fields, couplings, runs, records, errors,
// secrets and durations. Every other package speaks in these words; this one
// imports only the standard library and one decimal library.
package koppel
