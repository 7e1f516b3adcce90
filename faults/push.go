package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/faults/verify"
)

// pushVerdict is the outcome of the board push.
type pushVerdict struct {
	Faults string `json:"faults"`
	// Orders is how many were placed, Kills how many workers were killed
	// meanwhile.
	Orders int   `json:"orders"`
	Kills  int64 `json:"kills"`
	// Once, Twice, Missing and UnknownLeft are the orders by what became of them.
	Once        int64 `json:"once"`
	Twice       int64 `json:"twice"`
	Missing     int64 `json:"missing"`
	UnknownLeft int64 `json:"unknown_left"`
	WrongIDs    int64 `json:"wrong_ids"`
	// Attempts is how often orders were tried, the most for one order in MostAttempts.
	Attempts     int64   `json:"attempts"`
	MostAttempts int64   `json:"most_attempts"`
	Seed         uint64  `json:"seed"`
	Seconds      float64 `json:"seconds"`

	found verify.Findings
	want  profile
}

func (v pushVerdict) check() error {
	var errs []error
	if v.Orders != v.want.orders || v.found.Orders.Placed != int64(v.want.orders) {
		errs = append(errs, fmt.Errorf("%d orders are to be sent, want %d", v.found.Orders.Placed, v.want.orders))
	}
	if v.Kills < int64(v.want.kills) {
		errs = append(errs, fmt.Errorf("%d kills, want %d", v.Kills, v.want.kills))
	}
	return errors.Join(append(errs, v.found.Err())...)
}

// pushing is the board push while it is played.
type pushing struct {
	*platform
	want    profile
	sites   []*site
	verdict pushVerdict
	// kills counts the workers that were killed so far.
	kills atomic.Int64
}

func playPush(ctx context.Context, p profile, log string, say *progress) (verdict, error) {
	b, err := newPushing(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.play(ctx); err != nil {
		return nil, err
	}
	err = b.judge(ctx)
	return b.verdict, err
}

func newPushing(ctx context.Context, p profile, log string, say *progress) (*pushing, error) {
	say.say("seed %d: %d orders over %d couplings, %d workers", p.seed, p.orders, p.couplings(), p.workers)
	f, err := start(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	b := &pushing{platform: f, want: p, verdict: pushVerdict{Faults: "push", Seed: p.seed, want: p}}
	if b.sites, err = f.furnish(ctx, p.webshops); err != nil {
		f.close()
		return nil, err
	}
	return b, nil
}

// losing is a shop that takes orders and loses its answers: two in ten are
// answered 500, one in ten never.
func losing() demoshop.Misbehaviour {
	const path = "/purchase-orders"
	return demoshop.Misbehaviour{Faults: []demoshop.Fault{
		{Kind: demoshop.ErrorAfter, Share: 0.2, Method: "POST", Path: path},
		{Kind: demoshop.HangAfter, Share: 0.1, Method: "POST", Path: path, DelayMS: 20_000},
	}}
}

// play places all orders while workers are killed, and waits until every one
// of them is known to have arrived.
func (b *pushing) play(ctx context.Context) error {
	activations, activating := errgroup.WithContext(ctx)
	for _, s := range b.sites {
		activations.Go(func() error { return s.activate(activating) })
	}
	if err := activations.Wait(); err != nil {
		return err
	}
	if err := b.shop.misbehave(ctx, losing()); err != nil {
		return err
	}
	b.say.say("up; placing orders")
	killing, done := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.killWorkers(killing)
	}()
	err := b.placeAll(ctx)
	if err == nil {
		b.say.say("%d orders are placed", b.verdict.Orders)
		err = b.awaitSent(ctx)
	}
	done()
	<-ended
	b.verdict.Kills = b.kills.Load()
	if err != nil {
		return err
	}
	b.say.say("the workers are left alone after %d kills", b.verdict.Kills)
	return b.settle(ctx)
}

// placeAll places every coupling's share, no faster than workers are killed:
// a fast machine would be done before the first one.
func (b *pushing) placeAll(ctx context.Context) error {
	placing, ctx := errgroup.WithContext(ctx)
	share := func(i int) int { return (b.want.orders + len(b.sites) - 1 - i) / len(b.sites) }
	for i, s := range b.sites {
		placing.Go(func() error {
			stock, err := s.goods(ctx)
			if err != nil {
				return err
			}
			for n := range share(i) {
				for due := int64(n * b.want.kills / share(i)); b.kills.Load() < due; {
					if !pause(ctx, poll) {
						return ctx.Err()
					}
				}
				if err := s.place(ctx, stock, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := placing.Wait(); err != nil {
		return err
	}
	b.verdict.Orders = b.want.orders
	return nil
}

// killWorkers kills one worker after the other while there is something to
// send, or will be.
func (b *pushing) killWorkers(ctx context.Context) {
	draw := rand.New(rand.NewPCG(b.want.seed, 1))
	for pause(ctx, b.want.every/2+time.Duration(draw.Int64N(int64(b.want.every)))) {
		var open int64
		err := b.db.QueryRow(ctx, `SELECT count(*) FROM outbox WHERE state <> 'sent'`).Scan(&open)
		names := b.fleet.holders()
		if err != nil || open == 0 && b.kills.Load() >= int64(b.want.kills) || len(names) == 0 {
			continue
		}
		if b.fleet.kill(names[draw.IntN(len(names))]) {
			b.kills.Add(1)
		}
	}
}

// mostPush is how long sending everything may take.
const mostPush = 90 * time.Minute

// awaitSent waits until no write is open and enough was killed.
func (b *pushing) awaitSent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mostPush)
	defer cancel()
	told := time.Now()
	for {
		var open, all int64
		err := b.db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state IN ('pending', 'sending', 'unknown')), count(*) FROM outbox`).Scan(&open, &all)
		if err == nil && open == 0 && b.kills.Load() >= int64(b.want.kills) {
			return nil
		}
		if err == nil && time.Since(told) > 5*time.Second {
			told = time.Now()
			b.say.say("%d of %d orders are not known to be sent", open, all)
		}
		if !pause(ctx, poll) {
			return fmt.Errorf("orders are still open: %w", ctx.Err())
		}
	}
}

// judge compares with the shop's ledger.
func (b *pushing) judge(ctx context.Context) error {
	v := &b.verdict
	err := b.db.QueryRow(ctx, `SELECT coalesce(sum(attempts), 0), coalesce(max(attempts), 0) FROM outbox`).Scan(&v.Attempts, &v.MostAttempts)
	if err != nil {
		return err
	}
	if v.found, err = b.verify(ctx); err != nil {
		return err
	}
	o := v.found.Orders
	v.Once, v.Twice, v.Missing, v.UnknownLeft, v.WrongIDs = o.Once, o.Twice, o.Missing, o.UnknownLeft, o.WrongIDs
	v.Seconds = float64(time.Since(b.say.began).Round(100*time.Millisecond)) / float64(time.Second)
	return nil
}
