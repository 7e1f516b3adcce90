package main

import (
	"time"

	"github.com/koppel-io/koppel"
)

// profile is how large a board is and how much it breaks.
type profile struct {
	seed     uint64
	products int
	workers  int
	// webshops lists how many couplings each webshop has.
	webshops  []int
	durations koppel.Durations

	// kills, crashes (of PostgreSQL) and stops (of a worker beyond its
	// heartbeat) are what must be reached; every is the pause between two kills.
	kills, crashes, stops int
	every                 time.Duration
	// orders are buy orders that are placed meanwhile, at the couplings of the
	// first webshop: references are unique within a webshop only, and all
	// couplings order at one shop.
	orders int
	// delay of each of the shop's answers, so that a small shop takes time too.
	delay time.Duration
}

// couplings is how many there are in all webshops.
func (p profile) couplings() int {
	n := 0
	for _, some := range p.webshops {
		n += some
	}
	return n
}

// shortDurations is a profile of two-second heartbeats.
func shortDurations() koppel.Durations {
	d := koppel.DefaultDurations()
	d.Heartbeat, d.Slice, d.SliceTimeout, d.BatchAge = 2*time.Second, 4*time.Second, time.Minute, 400*time.Millisecond
	d.Request, d.RequestRetries, d.WaitInside = 2*time.Second, time.Second, 500*time.Millisecond
	d.RetryFirst, d.RetryMost, d.RetryFor = 200*time.Millisecond, 2*time.Second, 20*time.Minute
	d.Sweep, d.Coalesce, d.Settle = 5*time.Second, 100*time.Millisecond, 4*time.Second
	d.ShutDown, d.ConnectorCache = 2*time.Second, time.Second
	return d
}

func killProfile(quick bool, seed uint64) profile {
	p := profile{seed: seed, workers: 5, webshops: []int{2, 1, 1}, durations: shortDurations()}
	if quick {
		p.products, p.kills, p.crashes, p.stops, p.orders = 3000, 10, 1, 1, 10
		p.every, p.delay = 500*time.Millisecond, 30*time.Millisecond
		return p
	}
	p.products, p.kills, p.crashes, p.stops, p.orders = 200_000, 300, 10, 20, 100
	p.every = 1300 * time.Millisecond
	return p
}

func pushProfile(quick bool, seed uint64) profile {
	p := profile{seed: seed, products: 300, workers: 4, webshops: []int{4}, durations: shortDurations()}
	p.orders, p.every, p.kills = 5000, 4*time.Second, 40
	if quick {
		p.orders, p.every, p.kills = 40, 1500*time.Millisecond, 4
	}
	return p
}

// deletesProfile is a shop of a few pages, of which a few products are deleted:
// fewer than what a person is asked about.
func deletesProfile(quick bool, seed uint64) profile {
	p := profile{seed: seed, products: 2400, workers: 1, webshops: []int{1}, durations: shortDurations()}
	if quick {
		p.products = 130
	}
	return p
}
