package rest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/koppel-io/koppel"
)

// Leaser shares a budget among all workers. The store implements it.
type Leaser interface {
	// LeaseSlots reserves up to n request slots of the budget. No bucket means
	// that only a block delays them.
	LeaseSlots(ctx context.Context, key string, buckets []koppel.Bucket, n int) (koppel.Slots, error)
	// BlockBudget stops the budget until the time, for every worker.
	BlockBudget(ctx context.Context, key string, until time.Time, reason string) error
	// AcquireConcurrency takes one of limit places for at most hold; ok is
	// false when all are taken.
	AcquireConcurrency(ctx context.Context, key, bucket string, limit int, hold time.Duration) (release func(), ok bool, err error)
}

// budget paces the requests of one client within what all workers share.
type budget struct {
	key         string
	buckets     []koppel.Bucket
	concurrency int
	leaser      Leaser
	waitInside  time.Duration
	now         func() time.Time

	places  chan struct{}
	permits *permits

	mu       sync.Mutex
	limiters []*rate.Limiter
	blocked  time.Time
	reason   string
	slots    koppel.Slots
	used     int
	lease    int
	leasedAt time.Time
}

// stale is how long leased slots may lie unused: later they would come as a
// burst beside the slots of other workers.
const stale = time.Second

// leaseMost is the most slots leased at once.
const leaseMost = 50

func newBudget(key string, concurrency int, buckets []koppel.Bucket, leaser Leaser, waitInside time.Duration, now func() time.Time) *budget {
	p := &budget{key: key, concurrency: concurrency, buckets: buckets, leaser: leaser, waitInside: waitInside, now: now}
	for _, bucket := range buckets {
		p.limiters = append(p.limiters, rate.NewLimiter(rate.Limit(float64(bucket.Limit)/bucket.Per.Seconds()), max(bucket.Burst, 1)))
	}
	if concurrency > 0 {
		p.places = make(chan struct{}, concurrency)
		if leaser != nil {
			p.permits = newPermits(p, permitUse, koppel.DefaultDurations().Request)
		}
	}
	return p
}

// take waits for a place and a slot. When the wait would be longer than a
// worker should sit through, it fails at once with the kind rate_limited or
// quota and how long to wait. The caller must call done once.
func (p *budget) take(ctx context.Context) (done func(), err error) {
	done = func() {}
	if p.places != nil {
		select {
		case p.places <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		done = func() { <-p.places }
	}
	if p.permits != nil {
		permit, err := p.permits.take(ctx)
		if err != nil {
			done()
			return nil, err
		}
		done = func() { p.permits.give(permit); <-p.places }
	}
	if err := p.slot(ctx); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// slot waits for the next request slot.
func (p *budget) slot(ctx context.Context) error {
	var wait time.Duration
	var bucket string
	var err error
	if p.leaser != nil {
		wait, bucket, err = p.leasedWait(ctx)
	} else {
		wait, bucket, err = p.localWait()
	}
	if err != nil || wait <= 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the budget %s: %w", bucket, ctx.Err())
	}
}

// localWait paces by this process alone.
func (p *budget) localWait() (time.Duration, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	wait, name := p.blocked.Sub(now), p.reason
	var reserved []*rate.Reservation
	for i, limiter := range p.limiters {
		r := limiter.ReserveN(now, 1)
		reserved = append(reserved, r)
		if d := r.DelayFrom(now); d > wait {
			wait, name = d, p.buckets[i].Name
		}
	}
	if wait > p.waitInside {
		for _, r := range reserved {
			r.CancelAt(now)
		}
		return 0, name, p.tooLong(wait, name)
	}
	return wait, name, nil
}

// leasedWait paces by slots that the store gave this worker.
func (p *budget) leasedWait(ctx context.Context) (time.Duration, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if wait := p.blocked.Sub(now); wait > 0 {
		if wait > p.waitInside {
			return 0, p.reason, p.tooLong(wait, p.reason)
		}
		p.used = p.slots.Count // slots from before the block are void
	}
	if p.used >= p.slots.Count || now.Sub(p.slotAt(p.used)) > stale && now.Sub(p.leasedAt) > stale {
		p.grow()
		slots, err := p.leaser.LeaseSlots(ctx, p.key, p.buckets, p.lease)
		if err != nil {
			return 0, "", koppel.Wrap("lease request slots of "+p.key, err)
		}
		p.slots, p.used, p.leasedAt = slots, 0, now
		if slots.Count <= 0 {
			return 0, slots.Bucket, p.tooLong(max(slots.First.Sub(now), time.Second), slots.Bucket)
		}
	}
	wait := max(p.slotAt(p.used).Sub(now), p.blocked.Sub(now))
	if wait > p.waitInside {
		return 0, p.slots.Bucket, p.tooLong(wait, p.slots.Bucket)
	}
	p.used++
	return wait, p.slots.Bucket, nil
}

func (p *budget) slotAt(i int) time.Time {
	return p.slots.First.Add(time.Duration(i) * p.slots.Every)
}

// grow sets how many slots to lease next: twice as many as were all used, up
// to a second's worth, and one to begin with or after a pause. Slots that are
// leased and not used are lost to everybody, and many clients, such as that of
// a push, send a request or two.
func (p *budget) grow() {
	if p.used < p.slots.Count || p.slots.Count == 0 {
		p.lease = 1
		return
	}
	p.lease *= 2
	for _, b := range p.buckets {
		p.lease = min(p.lease, max(1, int(float64(b.Limit)/b.Per.Seconds())))
	}
	p.lease = min(p.lease, leaseMost)
}

// longSpan divides buckets whose exhaustion is a matter of seconds from those
// that are an allowance.
const longSpan = time.Hour

func (p *budget) tooLong(wait time.Duration, bucket string) error {
	kind := koppel.KindRateLimited
	for _, b := range p.buckets {
		if b.Name == bucket && b.Per >= longSpan {
			kind = koppel.KindQuota
		}
	}
	return &koppel.Error{
		Kind: kind, Op: "wait for the budget", RetryAfter: wait,
		Detail: fmt.Sprintf("the budget %s is used up (%s) until %s", p.key, bucket, p.now().Add(wait).UTC().Format(time.RFC3339)),
	}
}

// block stops the budget here and, through the Leaser, everywhere.
func (p *budget) block(ctx context.Context, until time.Time, reason string) error {
	p.mu.Lock()
	if until.After(p.blocked) {
		p.blocked, p.reason = until, reason
	}
	p.mu.Unlock()
	if p.leaser == nil {
		return nil
	}
	return p.leaser.BlockBudget(ctx, p.key, until, reason)
}
