package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/faults/verify"
)

// killVerdict is the outcome of the board kill.
type killVerdict struct {
	Faults string `json:"faults"`
	Kills  int64  `json:"kills"`
	// PostgresStops and Stops count PostgreSQL's crashes and the workers that
	// were stopped until another one had taken their lease.
	PostgresStops int64 `json:"postgres_stops"`
	Stops         int64 `json:"stops"`
	Couplings     int   `json:"couplings"`
	Workers       int   `json:"workers"`
	Runs          int64 `json:"runs"`
	// Records is how many records the runs read.
	Records int64 `json:"records"`
	verify.Findings
	// ZombieWrites are writes under an epoch that was taken over already, out
	// of Writes that were noted.
	ZombieWrites int64   `json:"zombie_writes"`
	Writes       int64   `json:"writes"`
	Seed         uint64  `json:"seed"`
	Seconds      float64 `json:"seconds"`

	want profile
}

func (v killVerdict) check() error {
	var errs []error
	for _, reached := range []struct {
		what string
		got  int64
		want int
	}{
		{"kills", v.Kills, v.want.kills}, {"crashes of PostgreSQL", v.PostgresStops, v.want.crashes}, {"stops of a worker", v.Stops, v.want.stops},
	} {
		if reached.got < int64(reached.want) {
			errs = append(errs, fmt.Errorf("%d %s, want %d", reached.got, reached.what, reached.want))
		}
	}
	if v.Writes == 0 || v.Records == 0 {
		errs = append(errs, errors.New("nothing was written under a lease: the board proves nothing"))
	}
	if v.ZombieWrites != 0 {
		errs = append(errs, fmt.Errorf("%d writes by workers that had lost their lease", v.ZombieWrites))
	}
	return errors.Join(append(errs, v.Findings.Err())...)
}

// killing is the board kill while it is played.
type killing struct {
	*platform
	want    profile
	sites   []*site
	verdict killVerdict
	// kills, crashed and stopped count what was broken so far.
	kills, crashed, stopped atomic.Int64
}

// playKill starts everything, breaks it while it works, lets it come to rest
// and judges what is left.
func playKill(ctx context.Context, p profile, log string, say *progress) (verdict, error) {
	k, err := newKilling(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	defer k.close()
	if err := k.play(ctx); err != nil {
		return nil, err
	}
	err = k.judge(ctx)
	return k.verdict, err
}

func newKilling(ctx context.Context, p profile, log string, say *progress) (*killing, error) {
	say.say("seed %d: %d products, %d couplings, %d workers", p.seed, p.products, p.couplings(), p.workers)
	f, err := start(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	k := &killing{platform: f, want: p, verdict: killVerdict{Faults: "kill", Couplings: p.couplings(), Workers: p.workers, Seed: p.seed, want: p}}
	if k.sites, err = f.furnish(ctx, p.webshops); err != nil {
		f.close()
		return nil, err
	}
	return k, nil
}

// changing is how the shop changes while it is read: one product in a hundred
// each second, now and then without a new date, and some new ones.
func (k *killing) changing() demoshop.Misbehaviour {
	return demoshop.Misbehaviour{
		DelayMS:  int(k.want.delay.Milliseconds()),
		Mutation: demoshop.Mutation{PerSecond: 0.01, SilentStock: 0.1, Creates: 0.001},
	}
}

// play keeps every coupling reading while workers and PostgreSQL are broken,
// until each has been broken often enough, and brings everything to rest.
func (k *killing) play(ctx context.Context) error {
	if err := k.shop.misbehave(ctx, k.changing()); err != nil {
		return err
	}
	k.say.say("up; breaking begins")
	work, working := errgroup.WithContext(ctx)
	breaking, enough := context.WithCancel(working)
	defer enough()
	for i, s := range k.sites {
		work.Go(func() error { return k.traffic(working, breaking, s, i) })
	}
	work.Go(func() error { return k.order(working) })
	work.Go(func() error {
		defer enough()
		faults, breaking := errgroup.WithContext(breaking)
		draw := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(k.want.seed, stream)) }
		faults.Go(func() error { return k.killWorkers(breaking, draw(1)) })
		faults.Go(func() error { return k.stopWorkers(breaking, draw(2)) })
		faults.Go(func() error { return k.crashes(breaking, draw(3)) })
		err := faults.Wait()
		k.say.say("breaking is over: %d kills, %d crashes of PostgreSQL, %d stops", k.kills.Load(), k.crashed.Load(), k.stopped.Load())
		return err
	})
	if err := work.Wait(); err != nil {
		return err
	}
	return k.rest(ctx)
}

// traffic activates a coupling and then has it read again and again, in full
// now and then, until breaking is over.
func (k *killing) traffic(ctx, breaking context.Context, s *site, n int) error {
	if err := s.activate(ctx); err != nil {
		return err
	}
	k.say.say("coupling %s is active", s.name)
	for ; breaking.Err() == nil; n++ {
		mode := koppel.ModeSince
		if n%3 == 0 {
			mode = koppel.ModeFull
		}
		run, err := s.sync(ctx, koppel.Products, mode)
		if err != nil {
			return err
		}
		if run.State != koppel.RunSucceeded {
			k.say.say("coupling %s: %s", s.name, describe(run))
		}
	}
	return nil
}

// rest stops the shop from changing and reads everything once more, undisturbed.
func (k *killing) rest(ctx context.Context) error {
	if err := k.shop.misbehave(ctx, demoshop.Misbehaviour{}); err != nil {
		return err
	}
	k.say.say("the shop is at rest; reading it once more")
	work, working := errgroup.WithContext(ctx)
	for _, s := range k.sites {
		work.Go(func() error {
			for _, mode := range []koppel.Mode{koppel.ModeFull, koppel.ModeSince} {
				run, err := s.sync(working, koppel.Products, mode)
				if err != nil {
					return err
				}
				k.say.say("coupling %s: %s run %s, %d records, %d changed", s.name, mode, run.State, run.Counts.Records, run.Counts.Changed)
				if run.State != koppel.RunSucceeded {
					return fmt.Errorf("an undisturbed run did not succeed: %s", describe(run))
				}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	return k.settle(ctx)
}

// judge looks at what is left.
func (k *killing) judge(ctx context.Context) error {
	v := &k.verdict
	v.Kills, v.PostgresStops, v.Stops = k.kills.Load(), k.crashed.Load(), k.stopped.Load()
	var err error
	if v.ZombieWrites, v.Writes, _, err = zombies(ctx, k.db); err != nil {
		return err
	}
	if err := k.db.QueryRow(ctx, `SELECT count(DISTINCT run_id), coalesce(sum(records), 0) FROM scan`).Scan(&v.Runs, &v.Records); err != nil {
		return err
	}
	if v.Findings, err = k.verify(ctx); err != nil {
		return err
	}
	v.Seconds = float64(time.Since(k.say.began).Round(100*time.Millisecond)) / float64(time.Second)
	return nil
}
