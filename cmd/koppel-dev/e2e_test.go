package main

import "testing"

// scenario is one story on a platform that others share: it makes a webshop, a demo shop and a coupling of its own.
type scenario struct {
	name string
	play func(*testing.T, *land)
}

// TestEndToEnd plays every scenario that may share a platform, at once, on one.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	shared := newLand(t, landConfig{})
	for _, group := range [][]scenario{
		activations,
		modes,
		runnings,
		publications,
		parkings,
		refusals,
		waits,
		orders,
		pauses,
		clocks,
		timetables,
		closings,
		healings,
		evidences,
		deletions,
		joinings,
		reviews,
		comparings,
		shadowings,
		marketplaces,
		warehouses,
		stocks,
		administrations,
		trios,
		supports,
		webhooks,
		overridings,
		people,
	} {
		for _, s := range group {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.play(t, shared)
			})
		}
	}
}
