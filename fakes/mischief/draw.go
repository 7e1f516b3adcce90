package mischief

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Drawer decides what happens to each request. M is the fake's misbehaviour,
// of which the faults are a part. A Drawer is used once Init was called.
type Drawer[M any] struct {
	mu     sync.Mutex
	rng    *rand.Rand
	set    M
	delay  time.Duration
	faults []Fault
	seen   []int // requests that matched, by fault
	times  []int // how often each struck
}

// Hit is one draw.
type Hit struct {
	// Rule is the fault that strikes, with its Cut drawn; nil for none.
	Rule *Fault
	// Delay is how long the request waits before anything is done.
	Delay time.Duration
}

// Kind is that of the fault; "" for none.
func (h Hit) Kind() Kind {
	if h.Rule == nil {
		return ""
	}
	return h.Rule.Kind
}

// Init seeds all draws.
func (d *Drawer[M]) Init(seed uint64) { d.rng = rand.New(rand.NewPCG(seed, 0x6b6f70)) }

// Replace puts another misbehaviour in place of the present one: a delay of
// every answer, and faults that are tried in order with one draw, so that their
// shares add up (0.2 of one and 0.1 of another spoil three in ten).
func (d *Drawer[M]) Replace(set M, delayMS int, faults []Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set, d.delay = set, time.Duration(delayMS)*time.Millisecond
	d.faults, d.seen, d.times = faults, make([]int, len(faults)), make([]int, len(faults))
}

// Set is the present misbehaviour.
func (d *Drawer[M]) Set() M {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.set
}

// Chance draws whether something of a share happens.
func (d *Drawer[M]) Chance(share float64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return share > 0 && d.rng.Float64() < share
}

// Numbers draws n seeds, for what a fake changes by itself.
func (d *Drawer[M]) Numbers(n int) []uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]uint64, n)
	for k := range all {
		all[k] = d.rng.Uint64()
	}
	return all
}

// Draw decides about one request.
func (d *Drawer[M]) Draw(method, path string) Hit {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := Hit{Delay: d.delay}
	u := d.rng.Float64()
	for k, rule := range d.faults {
		if !rule.matches(method, path) {
			continue
		}
		d.seen[k]++
		if d.seen[k] <= rule.Skip || rule.Times > 0 && d.times[k] >= rule.Times {
			continue
		}
		share := rule.Share
		if share == 0 {
			share = 1
		}
		if u >= share {
			u -= share
			continue
		}
		d.times[k]++
		if rule.Kind == Latency {
			h.Delay += rule.Delay(0)
		}
		if rule.Cut == "" {
			rule.Cut = cuts[d.rng.IntN(len(cuts))]
		}
		h.Rule = &rule
		break
	}
	return h
}
