package main

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"
)

// costs are what the model is computed from; what a run of the board measured
// takes the place of what the last whole board did.
type costs struct {
	// fired and started are the processor milliseconds of all processes for a
	// coupling with nothing new: fired by its schedule, and a further group.
	fired, started float64
	// loaded and unchanged are the processor milliseconds for a record that is
	// new or changed, and for one that is not.
	loaded, unchanged float64
	// webhook is what taking in a call costs, worked off by a run of its own
	// for several calls.
	webhook *taken
}

// lastCosts are of the last whole board, on two cores that did nothing else.
var lastCosts = costs{fired: 84.4, started: 57.5, loaded: 2 * 1000.0 / 22_000, unchanged: 2 * 1000.0 / 57_000, webhook: &taken{cpu: 0.57}}

// The assumptions about a coupling and a day; docs/scale.md tells them.
const (
	modelGroups     = 3      // stream groups, each read by every firing
	modelFirings    = 48     // a day: every half hour
	modelRecords    = 5000   // of a coupling, read in full every night
	modelChanged    = 0.02   // of them, a day
	modelTold       = 0.5    // of the couplings have webhooks
	modelCalls      = 200    // a day, of each that has
	modelCallsARun  = 4      // calls that one run reads together
	modelPeak       = 6      // the half hour's firings come within five minutes, the usual jitter
	modelDays       = 60     // for which runs are kept
	modelInboxDays  = 14     // for which calls are kept
	modelPool       = 10     // connections of a process
	modelProcess    = 2.0    // cores that one worker process is given
	modelPollers    = 2 * 2  // of a process and task queue: workflows and activities, the SDK's two each
	modelQueues     = 4      // task queues, by cost class
	modelSchedule   = 4      // actions of a firing: two of the schedule, one start, one local activity
	modelStarted    = 3      // actions of a run of its own: its start and two activities
	modelFull       = 4      // actions of a full read: its start and three activities
	modelLoad       = 25_000 // records that are loaded to learn their size
	modelCouplings  = 40     // couplings whose runs are measured to learn theirs
	secondsADay     = 86_400
	bytesToGigabyte = 1e-9
)

// sizes are what PostgreSQL keeps and writes to its log, in bytes.
type sizes struct{ record, recordLog, unchangedLog, run, runLog float64 }

// model says what many couplings need, from measured costs and stated assumptions.
func (b *board) model(ctx context.Context) error {
	size, err := b.sizes(ctx)
	if err != nil {
		return err
	}
	c := lastCosts
	from := map[string]string{"noop": "last board", "records": "last board", "webhook": "last board"}
	if b.costs.fired > 0 {
		c.fired, c.started, from["noop"] = b.costs.fired, b.costs.started, "this run"
	}
	if b.costs.loaded > 0 && b.costs.unchanged > 0 {
		c.loaded, c.unchanged, from["records"] = b.costs.loaded, b.costs.unchanged, "this run"
	}
	if b.costs.webhook != nil {
		c.webhook, from["webhook"] = b.costs.webhook, "this run"
	}
	return b.line("model", map[string]any{
		"costs": map[string]any{
			"fired_ms": round(c.fired, 1), "started_ms": round(c.started, 1), "record_changed_ms": round(c.loaded, 3),
			"record_unchanged_ms": round(c.unchanged, 3), "webhook_ms": round(c.webhook.cpu, 3), "from": from,
		},
		"bytes": map[string]any{
			"record": round(size.record, 0), "record_wal": round(size.recordLog, 0), "record_unchanged_wal": round(size.unchangedLog, 0),
			"run": round(size.run, 0), "run_wal": round(size.runLog, 0),
		},
		"assumed": map[string]any{
			"groups": modelGroups, "firings_a_day": modelFirings, "records": modelRecords, "changed_a_day": modelChanged, "with_webhooks": modelTold,
			"calls_a_day": modelCalls, "calls_a_run": modelCallsARun, "peak": modelPeak, "runs_kept_days": modelDays, "calls_kept_days": modelInboxDays,
		},
		"needs": []any{needs(10_000, c, size), needs(100_000, c, size)},
	})
}

// needs computes what n couplings need; docs/scale.md has the same formula.
func needs(n float64, c costs, s sizes) map[string]any {
	firings := n * modelFirings
	hookRuns := n * modelTold * modelCalls / modelCallsARun
	runs := firings*modelGroups + hookRuns + n*modelGroups
	unchanged, changed := n*modelRecords, n*modelRecords*modelChanged
	calls := n * modelTold * modelCalls
	cpu := firings*(c.fired+(modelGroups-1)*c.started) + (hookRuns+n*modelGroups)*c.started + unchanged*c.unchanged + changed*c.loaded + calls*c.webhook.cpu
	mean := cpu / 1000 / secondsADay
	peak := mean * modelPeak
	processes := math.Max(2, math.Ceil(peak/modelProcess))
	servers := math.Max(2, math.Ceil(processes/10))
	actions := (firings*modelSchedule + hookRuns*modelStarted + n*modelGroups*modelFull) / secondsADay
	log := runs*s.runLog + unchanged*s.unchangedLog + changed*s.recordLog + calls*callLog
	return map[string]any{
		"couplings": n, "cores_mean": round(mean, 1), "cores_peak": round(peak, 1), "workers": processes, "servers": servers,
		"connections": (processes + servers) * modelPool, "runs_a_day": round(runs, 0), "actions_per_second_mean": round(actions, 1),
		"actions_per_second_peak": round(actions*modelPeak, 1), "pollers": processes * modelQueues * modelPollers,
		"postgres_gb": round((n*modelRecords*s.record+runs*modelDays*s.run+calls*modelInboxDays*callSize)*bytesToGigabyte, 0), "wal_gb_a_day": round(log*bytesToGigabyte, 0),
	}
}

// What a call with a body of a kilobyte keeps, and writes to the log, with its
// key and its job, in bytes: assumed, as it goes by what a remote tells.
const (
	callSize = 3000
	callLog  = 4000
)

const sizeSQL = `SELECT pg_database_size(current_database())::float8, (pg_current_wal_insert_lsn() - '0/0')::float8`

// sizes loads records, reads them again, and has couplings with nothing new
// run, and looks at what that adds.
func (b *board) sizes(ctx context.Context) (s sizes, err error) {
	b.say("rendering %d products", modelLoad)
	shop, err := startSource(ctx, modelLoad)
	if err != nil {
		return s, err
	}
	w, err := b.furnish(ctx, shop.URL)
	if err != nil {
		return s, err
	}
	defer w.close()
	if s.record, s.recordLog, err = b.added(ctx, w.database, modelLoad, func() error { _, err := b.pulled(ctx, w, modelLoad); return err }); err != nil {
		return s, err
	}
	if _, s.unchangedLog, err = b.added(ctx, w.database, modelLoad, func() error { _, err := b.pulled(ctx, w, modelLoad); return err }); err != nil {
		return s, err
	}
	if err := shop.stop(); err != nil {
		return s, err
	}
	f, err := b.fleet(ctx, modelCouplings)
	if err != nil {
		return s, err
	}
	defer f.close()
	if _, err := f.round(ctx, "first read", f.start); err != nil {
		return s, err
	}
	const rounds = 5
	s.run, s.runLog, err = b.added(ctx, f.database, rounds*modelCouplings, func() error {
		for range rounds {
			if _, err := f.round(ctx, "nothing new", f.start); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// added is what work adds to a database and its log, in bytes for each of n.
func (b *board) added(ctx context.Context, database string, n float64, work func() error) (size, log float64, err error) {
	conn, err := pgx.Connect(ctx, b.pg.DSN(database, "postgres"))
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close(ctx)
	// Pages that a checkpoint begins anew are in the log whole once, as they are in life.
	if err := b.owner(ctx, database, "VACUUM ANALYZE", "CHECKPOINT"); err != nil {
		return 0, 0, err
	}
	var size0, log0 float64
	if err := conn.QueryRow(ctx, sizeSQL).Scan(&size0, &log0); err != nil {
		return 0, 0, err
	}
	if err := work(); err != nil {
		return 0, 0, err
	}
	if err := conn.QueryRow(ctx, sizeSQL).Scan(&size, &log); err != nil {
		return 0, 0, err
	}
	return (size - size0) / n, (log - log0) / n, nil
}
