package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// noopProducts is the size of each webshop; what is not new is not read.
const noopProducts = 20

// noop measures what a coupling costs whose remote has nothing new: started as
// the API starts a run, and fired by its schedule.
func (b *board) noop(ctx context.Context) error {
	n := b.opts.couplings
	b.say("furnishing %d couplings", n)
	f, err := b.fleet(ctx, n)
	if err != nil {
		return err
	}
	defer f.close()
	if _, err := f.round(ctx, "first read", f.start); err != nil {
		return err
	}
	if err := b.owner(ctx, f.database, "VACUUM ANALYZE", "CHECKPOINT"); err != nil {
		return err
	}
	without, err := f.round(ctx, "started", f.start)
	if err != nil {
		return err
	}
	if err := f.schedule(ctx); err != nil {
		return err
	}
	with, err := f.round(ctx, "scheduled", f.awaitMinute)
	if err != nil {
		return err
	}
	b.costs.fired, b.costs.started = with.each(n)["cpu_ms"].(float64), without.each(n)["cpu_ms"].(float64)
	return b.line("noop", map[string]any{
		"couplings": n, "with_schedule": with.each(n), "without_schedule": without.each(n), "goal_ms": []int{90, 60},
	})
}

// fleet is many couplings of one database, a source and a worker.
type fleet struct {
	*board
	*webshop
	shop      *source
	worker    *child
	couplings []store.Coupling
	// minute is when the couplings' schedules fire.
	minute time.Time
	conn   *pgx.Conn
}

func (b *board) fleet(ctx context.Context, n int) (*fleet, error) {
	f := &fleet{board: b}
	var err error
	if f.shop, err = startSource(ctx, noopProducts); err != nil {
		return nil, err
	}
	if f.webshop, err = b.furnish(ctx, f.shop.URL); err != nil {
		return nil, err
	}
	f.couplings = []store.Coupling{f.coupling}
	for len(f.couplings) < n {
		c, err := f.another(ctx, f.shop.URL)
		if err != nil {
			return nil, err
		}
		f.couplings = append(f.couplings, c)
	}
	if f.conn, err = pgx.Connect(ctx, b.pg.DSN(f.database, "postgres")); err != nil {
		return nil, err
	}
	f.worker, err = b.startWorker(ctx, f.database)
	return f, err
}

func (f *fleet) close() {
	_ = f.conn.Close(context.Background())
	_ = f.worker.stop()
	_ = f.shop.stop()
	f.webshop.close()
}

// spent is what every process used in a round.
type spent struct {
	seconds                          float64
	temporal, postgres, worker, shop time.Duration
	transactions                     int64
}

// each is the cost of one coupling of n.
func (s spent) each(n int) map[string]any {
	ms := func(d time.Duration) float64 { return round(float64(d.Microseconds())/1000/float64(n), 1) }
	return map[string]any{
		"cpu_ms": ms(s.temporal + s.postgres + s.worker), "temporal_ms": ms(s.temporal), "postgres_ms": ms(s.postgres), "worker_ms": ms(s.worker),
		"remote_ms": ms(s.shop), "transactions": round(float64(s.transactions)/float64(n), 1), "seconds": round(s.seconds, 1),
	}
}

// round lets every coupling run once and measures all processes from the first
// run to the end of the last. Temporal and the API's side are the board itself.
func (f *fleet) round(ctx context.Context, what string, begin func(context.Context) error) (s spent, err error) {
	f.say("%s: %d couplings", what, len(f.couplings))
	before, err := f.used(ctx)
	if err != nil {
		return s, err
	}
	var ended int
	if err := f.conn.QueryRow(ctx, endedRunsSQL).Scan(&ended); err != nil {
		return s, err
	}
	began := time.Now()
	if err := begin(ctx); err != nil {
		return s, err
	}
	if err := f.awaitRuns(ctx, ended+len(f.couplings)); err != nil {
		return s, err
	}
	s.seconds = time.Since(began).Seconds()
	after, err := f.used(ctx)
	s.temporal, s.postgres, s.worker, s.shop = after.temporal-before.temporal, after.postgres-before.postgres, after.worker-before.worker, after.shop-before.shop
	s.transactions = after.transactions - before.transactions
	f.say("%s: %v", what, s.each(len(f.couplings)))
	return s, err
}

const transactionsSQL = `SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()`

func (f *fleet) used(ctx context.Context) (s spent, err error) {
	if s.temporal, err = cpuOf(os.Getpid()); err != nil {
		return s, err
	}
	if s.postgres, err = cpuOfTree(f.pid); err != nil {
		return s, err
	}
	if s.worker, err = cpuOf(f.worker.cmd.Process.Pid); err != nil {
		return s, err
	}
	if s.shop, err = cpuOf(f.shop.cmd.Process.Pid); err != nil {
		return s, err
	}
	return s, f.conn.QueryRow(ctx, transactionsSQL).Scan(&s.transactions)
}

// start starts a run of each coupling.
func (f *fleet) start(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, c := range f.couplings {
		group.Go(func() error { _, err := f.webshop.start(ctx, c, koppel.ModeSince); return err })
	}
	return group.Wait()
}

// schedule lets every coupling run once an hour, from a minute that is far
// enough ahead for the sweep to make the schedules.
func (f *fleet) schedule(ctx context.Context) error {
	f.minute = time.Now().UTC().Add(2*time.Minute + time.Duration(len(f.couplings))*50*time.Millisecond).Truncate(time.Minute)
	line := []store.NewSchedule{{StreamGroup: string(koppel.Products), Mode: koppel.ModeSince, Cron: fmt.Sprintf("%d * * * *", f.minute.Minute()), TimeZone: "UTC"}}
	for _, c := range f.couplings {
		err := f.app.InTx(ctx, store.ForWebshop(c.WebshopID), func(tx *store.Tx) error {
			_, err := tx.SetSchedules(ctx, c.UUID, line)
			return err
		})
		if err != nil {
			return err
		}
	}
	f.say("schedules fire at %s", f.minute.Format(time.TimeOnly))
	return until(ctx, f.minute.Add(-time.Second))
}

// awaitMinute waits until the schedules fire.
func (f *fleet) awaitMinute(ctx context.Context) error { return until(ctx, f.minute) }

const (
	endedRunsSQL = `SELECT count(*) FROM run WHERE state = 'succeeded'`
	worseRunsSQL = `SELECT coalesce(min(state || ': ' || coalesce(error::text, '') || evidence::text), '') FROM run WHERE state IN ('failed', 'suspect', 'cancelled', 'succeeded_with_parked')`
)

// awaitRuns waits until so many runs have succeeded; one that ended otherwise
// voids the round.
func (f *fleet) awaitRuns(ctx context.Context, want int) error {
	for {
		var ended int
		var worse string
		if err := f.conn.QueryRow(ctx, endedRunsSQL).Scan(&ended); err != nil {
			return err
		}
		if err := f.conn.QueryRow(ctx, worseRunsSQL).Scan(&worse); err != nil {
			return err
		}
		switch {
		case worse != "":
			return fmt.Errorf("a run ended otherwise: %s", worse)
		case ended >= want:
			return nil
		}
		if err := until(ctx, time.Now().Add(200*time.Millisecond)); err != nil {
			return err
		}
	}
}

// until waits for a moment.
func until(ctx context.Context, moment time.Time) error {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
