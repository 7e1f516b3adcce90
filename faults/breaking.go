package main

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"
)

// killWorkers kills workers that hold a lease, one after the other.
func (k *killing) killWorkers(ctx context.Context, draw *rand.Rand) error {
	for k.kills.Load() < int64(k.want.kills) {
		// Not in step with anything: between half and one and a half of the pause.
		if !pause(ctx, k.want.every/2+time.Duration(draw.Int64N(int64(k.want.every)))) {
			return ctx.Err()
		}
		// Now and then in its first batch, mostly later: else nothing would get on.
		victim, ok := k.victim(ctx, draw.IntN(5) == 0, func(h held) bool { return k.fleet.kill(h.holder) })
		if !ok {
			return ctx.Err()
		}
		if n := k.kills.Add(1); n%10 == 0 || k.want.kills <= 20 {
			k.say.say("%d kills, the last of %s in stream %d at epoch %d", n, victim.holder, victim.stream, victim.epoch)
		}
	}
	return nil
}

// victim waits for a worker whose lease is at work, and strikes it at once;
// false when ctx ended.
func (k *killing) victim(ctx context.Context, first bool, strike func(held) bool) (held, bool) {
	for {
		// An error is PostgreSQL being away: nobody holds anything then.
		leases, _ := atWork(ctx, k.db, first)
		for _, h := range leases {
			if strike(h) {
				return h, true
			}
		}
		if !pause(ctx, 20*time.Millisecond) {
			return held{}, false
		}
	}
}

const (
	// stopMost is how long a worker stays stopped at most; its transaction is
	// taken from it before.
	stopMost = 45 * time.Second
	// watchedFor is for how long one that went on is left alone, so that it can
	// try to write what it still has.
	watchedFor = 4 * time.Second
)

// stopWorkers stops workers that hold a lease until another has taken it, and
// lets them go on then.
func (k *killing) stopWorkers(ctx context.Context, draw *rand.Rand) error {
	for k.stopped.Load() < int64(k.want.stops) {
		if !pause(ctx, time.Second+time.Duration(draw.Int64N(int64(5*time.Second)))) {
			return ctx.Err()
		}
		var stopped *worker
		lease, ok := k.victim(ctx, true, func(h held) bool {
			stopped = k.fleet.stop(h.holder)
			return stopped != nil
		})
		if !ok {
			return ctx.Err()
		}
		began := time.Now()
		taken := k.awaitTaken(ctx, lease)
		if err := stopped.signal(syscall.SIGCONT); err != nil {
			return err
		}
		if taken && time.Since(began) > k.durations.Heartbeat {
			k.say.say("%d stops: %s was stopped for %s until stream %d had another holder", k.stopped.Add(1), lease.holder, time.Since(began).Round(100*time.Millisecond), lease.stream)
		} else {
			k.say.say("%s was stopped for %s and nobody took stream %d", lease.holder, time.Since(began).Round(100*time.Millisecond), lease.stream)
		}
		pause(ctx, watchedFor)
		k.fleet.release(stopped)
	}
	return nil
}

// awaitTaken waits until another worker holds the lease's stream.
func (k *killing) awaitTaken(ctx context.Context, lease held) bool {
	ctx, cancel := context.WithTimeout(ctx, stopMost)
	defer cancel()
	for pause(ctx, 50*time.Millisecond) {
		now, err := currentLease(ctx, k.db, lease.stream)
		if err == nil && now.epoch > lease.epoch && now.holder != lease.holder {
			return true
		}
	}
	return false
}

// crashes stops PostgreSQL as a crash would, spread over the kills.
func (k *killing) crashes(ctx context.Context, draw *rand.Rand) error {
	for n := int64(0); n < int64(k.want.crashes); {
		due := (n + 1) * int64(k.want.kills) / int64(k.want.crashes+1)
		for k.kills.Load() < due {
			if !pause(ctx, 100*time.Millisecond) {
				return ctx.Err()
			}
		}
		if _, ok := k.victim(ctx, true, func(held) bool { return true }); !ok {
			return ctx.Err()
		}
		began := time.Now()
		if err := k.crashPostgres(ctx, time.Duration(draw.Int64N(int64(2*time.Second)))); err != nil {
			return err
		}
		n = k.crashed.Add(1)
		k.say.say("%d crashes of PostgreSQL, away for %s", n, time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}
