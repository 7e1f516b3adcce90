package main

import (
	"context"
	"fmt"
	"time"
)

// measured is what one round of one side cost.
type measured struct {
	seconds, perSecond, cpu, postgresCPU, peakMB float64
}

// loads interleaves the rounds of engine and hand, checks every row of both,
// and reads the last engine's webshop again unchanged.
func (b *board) loads(ctx context.Context) error {
	b.say("rendering %d products", b.opts.records)
	shop, err := startSource(ctx, b.opts.records)
	if err != nil {
		return err
	}
	var engine, hand, again []measured
	var wal walBytes
	for n := range b.opts.rounds {
		w, m, err := b.engineRound(ctx, shop)
		if err != nil {
			return err
		}
		engine = append(engine, m)
		h, handBase, err := b.handRound(ctx, shop)
		if err != nil {
			return err
		}
		hand = append(hand, h)
		if err := b.same(ctx, w.database, handBase); err != nil {
			return fmt.Errorf("engine and hand made different rows: %w", err)
		}
		if err := b.drop(ctx, handBase); err != nil {
			return err
		}
		if b.opts.wants("resync_unchanged") {
			r, written, err := b.resync(ctx, w)
			if err != nil {
				return err
			}
			again, wal = append(again, r), wal.add(written)
		}
		w.close()
		if err := b.drop(ctx, w.database); err != nil {
			return err
		}
		b.say("round %d of %d: engine %.0f/s, hand %.0f/s", n+1, b.opts.rounds, m.perSecond, h.perSecond)
	}
	first := b.side(engine, shop)
	b.costs.loaded = b.perRecord(first)
	if b.opts.wants("first_load") {
		by := b.side(hand, shop)
		ratio := first["records_per_second"].(float64) / by["records_per_second"].(float64)
		err := b.line("first_load", map[string]any{
			"records": b.opts.records, "rounds": b.opts.rounds, "engine": first, "hand": by, "ratio": round(ratio, 3), "goal": 0.75,
		})
		if err != nil {
			return err
		}
	}
	if b.opts.wants("resync_unchanged") {
		side := b.side(again, shop)
		b.costs.unchanged = b.perRecord(side)
		factor := side["records_per_second"].(float64) / first["records_per_second"].(float64)
		err := b.line("resync_unchanged", map[string]any{
			"records": b.opts.records, "rounds": b.opts.rounds, "engine": side, "times_first_load": round(factor, 2), "goal": 2.5, "wal_bytes": wal,
		})
		if err != nil {
			return err
		}
	}
	return shop.stop()
}

// side sums rounds up by their medians.
func (b *board) side(rounds []measured, shop *source) map[string]any {
	pick := func(of func(measured) float64) float64 {
		var values []float64
		for _, m := range rounds {
			values = append(values, of(m))
		}
		return median(values)
	}
	seconds := pick(func(m measured) float64 { return m.seconds })
	return map[string]any{
		"seconds":              round(seconds, 3),
		"records_per_second":   round(pick(func(m measured) float64 { return m.perSecond }), 0),
		"mb_per_second":        round(float64(shop.bytes)/1e6/seconds, 1),
		"cpu_seconds":          round(pick(func(m measured) float64 { return m.cpu }), 2),
		"postgres_cpu_seconds": round(pick(func(m measured) float64 { return m.postgresCPU }), 2),
		"peak_rss_mb":          round(pick(func(m measured) float64 { return m.peakMB }), 0),
	}
}

// perRecord is the processor milliseconds that a record cost a side.
func (b *board) perRecord(side map[string]any) float64 {
	return (side["cpu_seconds"].(float64) + side["postgres_cpu_seconds"].(float64)) * 1000 / float64(b.opts.records)
}

// engineRound loads the shop with the engine into a fresh database.
func (b *board) engineRound(ctx context.Context, shop *source) (*webshop, measured, error) {
	w, err := b.furnish(ctx, shop.URL)
	if err != nil {
		return nil, measured{}, err
	}
	m, err := b.pulled(ctx, w, shop.products)
	if err != nil {
		return nil, m, err
	}
	return w, m, b.true(ctx, w.database, shop)
}

// pulled runs one full read with a worker of its own.
func (b *board) pulled(ctx context.Context, w *webshop, products int) (m measured, err error) {
	if err := b.owner(ctx, w.database, "CHECKPOINT"); err != nil {
		return m, err
	}
	worker, err := b.startWorker(ctx, w.database)
	if err != nil {
		return m, err
	}
	var took time.Duration
	m, err = b.measure(worker.cmd.Process.Pid, products, func() (time.Duration, error) {
		var err error
		took, _, err = w.pull(ctx)
		return took, err
	})
	if err != nil {
		return m, err
	}
	return m, worker.stop()
}

// handRound loads the shop with the hand-written loop into a fresh database.
func (b *board) handRound(ctx context.Context, shop *source) (measured, string, error) {
	w, err := b.furnish(ctx, shop.URL)
	if err != nil {
		return measured{}, "", err
	}
	w.close()
	err = b.owner(ctx, w.database,
		"INSERT INTO stream (webshop_id, coupling_id, name) SELECT webshop_id, id, 'products' FROM coupling",
		`INSERT INTO run (uuid, webshop_id, coupling_id, direction, stream_group, mode, trigger, workflow_id)
		 SELECT gen_random_uuid(), webshop_id, id, 'pull', 'products', 'full', 'manual', 'hand' FROM coupling`,
		"INSERT INTO scan (webshop_id, stream_id, run_id) SELECT s.webshop_id, s.id, r.id FROM stream s, run r", "CHECKPOINT")
	if err != nil {
		return measured{}, "", err
	}
	hand, err := startChild(ctx, roleHand, nil, handOrders{
		Database: b.pg.DSN(w.database, "postgres"), URL: shop.URL, Products: shop.products, Webshop: w.coupling.WebshopID, Coupling: w.coupling.ID,
	})
	if err != nil {
		return measured{}, "", err
	}
	m, err := b.measure(hand.cmd.Process.Pid, shop.products, func() (time.Duration, error) {
		var report handReport
		err := hand.hear(&report)
		return time.Duration(report.Seconds * float64(time.Second)), err
	})
	if err != nil {
		return m, "", err
	}
	return m, w.database, hand.stop()
}

// measure sums up what a process and PostgreSQL used while work went on.
func (b *board) measure(pid, products int, work func() (time.Duration, error)) (m measured, err error) {
	cpu, err := cpuOf(pid)
	if err != nil {
		return m, err
	}
	postgres, err := cpuOfTree(b.pid)
	if err != nil {
		return m, err
	}
	took, err := work()
	if err != nil {
		return m, err
	}
	cpuAfter, err := cpuOf(pid)
	if err != nil {
		return m, err
	}
	postgresAfter, err := cpuOfTree(b.pid)
	if err != nil {
		return m, err
	}
	peak, err := peakOf(pid)
	return measured{
		seconds: took.Seconds(), perSecond: float64(products) / took.Seconds(),
		cpu: (cpuAfter - cpu).Seconds(), postgresCPU: (postgresAfter - postgres).Seconds(), peakMB: peak,
	}, err
}
