package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

const (
	// fairCouplings are those of the bench; the last one is greedy.
	fairCouplings = 32
	// fairEvery is the pause between the small runs' requests.
	fairEvery = 200 * time.Millisecond
	// greedyProducts keep the greedy webshop reading for longer than a round.
	greedyProducts = 500_000
)

// fair measures how long the small runs of 31 couplings wait for their start,
// alone and while another webshop reads everything it has; rounds alternate.
func (b *board) fair(ctx context.Context) error {
	f, err := b.fleet(ctx, fairCouplings-1)
	if err != nil {
		return err
	}
	defer f.close()
	b.say("rendering %d products", greedyProducts)
	shop, err := startSource(ctx, greedyProducts)
	if err != nil {
		return err
	}
	greedy, err := f.another(ctx, shop.URL)
	if err != nil {
		return err
	}
	if _, err := f.round(ctx, "first read", f.start); err != nil {
		return err
	}
	var alone, beside []float64
	for n := range b.opts.rounds {
		a, err := f.lag(ctx)
		if err != nil {
			return err
		}
		var runs []string
		for _, group := range []koppel.Object{koppel.Products, koppel.Suppliers, koppel.SellOrders, koppel.BuyOrders} {
			id, err := f.startGroup(ctx, greedy, group, koppel.ModeFull)
			if err != nil {
				return err
			}
			runs = append(runs, id)
		}
		if err := f.awaitState(ctx, runs[0], "running"); err != nil {
			return err
		}
		c, err := f.lag(ctx)
		if err != nil {
			return err
		}
		if err := f.awaitState(ctx, runs[0], "running"); err != nil {
			return err // it ended too early: the round was not beside anything
		}
		if err := f.stopRun(ctx, greedy.WebshopID, runs[0]); err != nil {
			return err
		}
		alone, beside = append(alone, a), append(beside, c)
		b.say("round %d of %d: p95 start lag alone %.0f ms, beside a full load %.0f ms", n+1, b.opts.rounds, a, c)
	}
	if err := shop.stop(); err != nil {
		return err
	}
	return b.line("fair", map[string]any{
		"couplings": fairCouplings, "rounds": b.opts.rounds, "p95_start_lag_ms_alone": round(median(alone), 0),
		"p95_start_lag_ms_beside": round(median(beside), 0), "ratio": round(median(beside)/median(alone), 2), "goal": 2,
	})
}

const startLagSQL = `SELECT extract(epoch FROM started_at - queued_at) * 1000 FROM run WHERE uuid = ANY ($1::uuid[])`

// lag starts a small run of each coupling, one after the other, and returns the
// 95th percentile of the milliseconds from request to start.
func (f *fleet) lag(ctx context.Context) (float64, error) {
	var ids []string
	for _, c := range f.couplings {
		next := time.Now().Add(fairEvery)
		id, err := f.webshop.start(ctx, c, koppel.ModeSince)
		if err != nil {
			return 0, err
		}
		ids = append(ids, id)
		if err := until(ctx, next); err != nil {
			return 0, err
		}
	}
	for _, id := range ids {
		if err := f.awaitState(ctx, id, string(koppel.RunSucceeded)); err != nil {
			return 0, err
		}
	}
	rows, err := f.conn.Query(ctx, startLagSQL, ids)
	if err != nil {
		return 0, err
	}
	lags, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	if err != nil {
		return 0, err
	}
	slices.Sort(lags)
	return lags[len(lags)*95/100], nil
}

// awaitState waits until a run is in a state, and fails when it ended otherwise.
func (f *fleet) awaitState(ctx context.Context, run, want string) error {
	for {
		var state string
		if err := f.conn.QueryRow(ctx, `SELECT state FROM run WHERE uuid = $1`, run).Scan(&state); err != nil {
			return err
		}
		switch {
		case state == want:
			return nil
		case koppel.RunState(state).Ended():
			return fmt.Errorf("run %s ended as %s", run, state)
		}
		if err := until(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return err
		}
	}
}

// stopRun cancels a run as the API does and waits for its workflow to let go.
func (f *fleet) stopRun(ctx context.Context, webshop int64, id string) error {
	run, err := store.With(ctx, f.app, store.ForWebshop(webshop), func(tx *store.Tx) (store.Run, error) { return tx.CancelRun(ctx, id, "bench") })
	if err != nil {
		return err
	}
	if err := f.engine.Cancel(ctx, run.WorkflowID); err != nil {
		return err
	}
	for {
		state, err := f.engine.State(ctx, run.WorkflowID)
		if err != nil || !state.Open {
			return err
		}
		if err := until(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
}
