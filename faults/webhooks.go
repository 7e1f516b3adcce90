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
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/faults/verify"
)

// hooksProfile is how much is told by webhook and how much is broken meanwhile.
type hooksProfile struct {
	profile
	// rate is calls a second, calls how many there are, duplicates among them.
	rate, calls int
	items       int
	serverKills int
}

// duplicateShare of the calls are ones that were sent before.
const duplicateShare = 0.05

func hooksProfileOf(quick bool, seed uint64) hooksProfile {
	p := hooksProfile{profile: profile{seed: seed, workers: 3, webshops: []int{1, 1, 1, 1}, durations: shortDurations()}}
	// A job that a killed worker had is begun again after twice this.
	p.durations.Job = 10 * time.Second
	p.rate, p.calls, p.items, p.serverKills, p.kills, p.crashes = 1000, 60_000, 400, 8, 8, 1
	if quick {
		p.rate, p.calls, p.items, p.serverKills, p.kills, p.webshops = 150, 2400, 60, 2, 2, []int{1, 1}
	}
	return p
}

// hooksVerdict is the outcome of the board webhooks.
type hooksVerdict struct {
	Faults string `json:"faults"`
	// Sent is how many calls there were, Duplicates how many of them had been
	// sent before, Rate how many a second were begun.
	Sent       int64   `json:"sent"`
	Duplicates int64   `json:"duplicates"`
	Rate       float64 `json:"sent_per_second"`
	// Answered counts answers 2xx, Repeats requests beyond a call's first,
	// since there was no such answer: TurnedAway (503), Failed (5xx), none at
	// all (Unanswered). Refused ones were answered 4xx.
	Answered   int64 `json:"answered_2xx"`
	Repeats    int64 `json:"repeats"`
	TurnedAway int64 `json:"turned_away"`
	Failed     int64 `json:"failed"`
	Unanswered int64 `json:"unanswered"`
	Refused    int64 `json:"refused"`
	verify.HookFindings
	// P50 and P99 are of the time in which a request was answered 2xx, Settled
	// of that from a call's first request to its answer, faults included.
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Settled float64 `json:"settled_p99_ms"`
	// Drained is how many seconds after the last answer everything was read.
	Drained       float64 `json:"drained_seconds"`
	Runs          int64   `json:"runs"`
	ServerKills   int64   `json:"server_kills"`
	WorkerKills   int64   `json:"worker_kills"`
	PostgresStops int64   `json:"postgres_stops"`
	Seed          uint64  `json:"seed"`
	Seconds       float64 `json:"seconds"`

	want hooksProfile
}

// rateReached is the share of the wanted rate at which calls must be begun.
const rateReached = 0.98

func (v hooksVerdict) check() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(v.Sent != int64(v.want.calls) || v.Answered != v.Sent, "%d calls sent, %d answered, want %d", v.Sent, v.Answered, v.want.calls)
	wrong(v.Rate < rateReached*float64(v.want.rate), "%.0f calls a second, want %d", v.Rate, v.want.rate)
	wrong(v.Duplicates < v.Sent/40, "%d duplicates of %d calls", v.Duplicates, v.Sent)
	wrong(v.Repeats == 0, "no call was sent again: nothing was broken")
	wrong(v.Refused > 0, "%d calls refused", v.Refused)
	wrong(v.ServerKills < int64(v.want.serverKills), "%d servers killed, want %d", v.ServerKills, v.want.serverKills)
	wrong(v.WorkerKills < int64(v.want.kills), "%d workers killed, want %d", v.WorkerKills, v.want.kills)
	wrong(v.PostgresStops < int64(v.want.crashes), "%d stops of PostgreSQL, want %d", v.PostgresStops, v.want.crashes)
	return errors.Join(append(errs, v.HookFindings.Err(v.Sent-v.Duplicates))...)
}

// hooking is the board webhooks while it is played.
type hooking struct {
	*platform
	want    hooksProfile
	teller  *teller
	servers *servers
	caller  *caller
	calls   []*call
	verdict hooksVerdict

	serverKills, workerKills, stops atomic.Int64
}

func playWebhooks(ctx context.Context, p hooksProfile, log string, say *progress) (verdict, error) {
	h, err := newHooking(ctx, p, log, say)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := h.play(ctx); err != nil {
		return nil, err
	}
	err = h.judge(ctx)
	return h.verdict, err
}

func newHooking(ctx context.Context, p hooksProfile, log string, say *progress) (h *hooking, err error) {
	say.say("seed %d: %d calls at %d a second, %d couplings of %d items, %d servers, %d workers", p.seed, p.calls, p.rate, p.couplings(), p.items, serverCount, p.workers)
	f, err := start(ctx, p.profile, log, say)
	if err != nil {
		return nil, err
	}
	h = &hooking{platform: f, want: p, verdict: hooksVerdict{Faults: "webhooks", Seed: p.seed, want: p}}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if h.teller, err = newTeller(p.couplings(), p.items, p.seed); err != nil {
		return nil, err
	}
	f.onClose(func() { _ = h.teller.server.Close() })
	orders := f.fleet.orders
	if h.servers, err = newServers(serverOrders{
		Database: f.dsn("koppel_app"), Keys: orders.Keys, Temporal: orders.Temporal, Namespace: orders.Namespace, Durations: p.durations,
	}, f.log); err != nil {
		return nil, err
	}
	f.onClose(h.servers.close)
	h.caller = newCaller(h.servers)
	return h, h.furnish(ctx)
}

// furnish couples each account to a webshop of its own, and waits until the
// remote has every subscription. Nothing is read by the clock: what arrives
// has been told.
func (h *hooking) furnish(ctx context.Context) error {
	if _, err := h.api.Publish(ctx, client.ConnectorSource{Manifest: tellerManifest, Mapping: tellerMapping}); err != nil {
		return err
	}
	for _, a := range h.teller.accounts {
		webshop, err := h.api.CreateWebshop(ctx, client.NewWebshop{Name: a.key, Organisation: "Faults"})
		if err != nil {
			return err
		}
		coupling, err := h.api.CreateCoupling(ctx, client.NewCoupling{
			Webshop: webshop.ID, Connector: "teller", Name: a.key, Settings: map[string]any{"mapping_key.products": koppel.ByRemoteID},
			Credentials: client.Credentials{"url": h.teller.url, "key": a.key},
		})
		if err != nil {
			return err
		}
		if err := (&site{platform: h.platform, name: a.key, webshop: webshop.ID, coupling: coupling.ID}).activate(ctx); err != nil {
			return err
		}
		if _, err := h.api.SetTimetable(ctx, coupling.ID, client.NewTimetable{Lines: []client.Schedule{}}); err != nil {
			return err
		}
	}
	return eventually(ctx, func(context.Context) error {
		if !h.teller.subscribed() {
			return errors.New("the remote has not got every subscription")
		}
		return nil
	})
}

// play sends the calls while servers, workers and PostgreSQL are broken, and
// waits until everything that they told of is read.
func (h *hooking) play(ctx context.Context) error {
	h.say.say("up; calls begin")
	work, working := errgroup.WithContext(ctx)
	work.Go(func() error { return h.tell(working, ctx) })
	work.Go(func() error { return h.breakThings(working) })
	if err := work.Wait(); err != nil {
		return err
	}
	h.caller.wait()
	h.say.say("every call is answered: %+v", h.caller.callCounts)
	return h.drain(ctx)
}

// tell begins the calls at the board's rate, whatever becomes of them; each is
// sent until it is answered, or until sending ends.
func (h *hooking) tell(ctx, sending context.Context) error {
	draw := rand.New(rand.NewPCG(h.want.seed, 1))
	began := time.Now()
	for n := range h.want.calls {
		if due := began.Add(time.Duration(n) * time.Second / time.Duration(h.want.rate)); time.Until(due) > time.Millisecond {
			if !pause(ctx, time.Until(due)) {
				return ctx.Err()
			}
		}
		if len(h.calls) > 0 && draw.Float64() < duplicateShare {
			h.verdict.Duplicates++
			one := h.earlier(draw)
			h.caller.send(sending, one, (one.first+draw.IntN(serverCount))%serverCount)
			continue
		}
		one, err := h.teller.next()
		if err != nil {
			return err
		}
		h.calls = append(h.calls, one)
		h.caller.send(sending, one, one.first)
	}
	h.verdict.Sent = int64(h.want.calls)
	h.verdict.Rate = float64(int64(10*float64(h.want.calls)/time.Since(began).Seconds())) / 10
	h.say.say("%d calls begun, %.1f a second", h.want.calls, h.verdict.Rate)
	return nil
}

// earlier draws a call to send once more: every second one of the last second.
func (h *hooking) earlier(draw *rand.Rand) *call {
	if draw.IntN(2) == 0 {
		return h.calls[len(h.calls)-1-draw.IntN(min(len(h.calls), h.want.rate/2))]
	}
	return h.calls[draw.IntN(len(h.calls))]
}

// breakThings spreads the faults over the time in which calls are sent.
func (h *hooking) breakThings(ctx context.Context) error {
	draw := rand.New(rand.NewPCG(h.want.seed, 2))
	p := h.want
	long := time.Duration(p.calls) * time.Second / time.Duration(p.rate)
	faults, breaking := errgroup.WithContext(ctx)
	faults.Go(func() error {
		for h.serverKills.Load() < int64(p.serverKills) {
			if !pause(breaking, long/time.Duration(p.serverKills+1)) {
				return breaking.Err()
			}
			n := int(h.serverKills.Load()) % serverCount
			for !h.servers.kill(n) {
				if !pause(breaking, poll) {
					return breaking.Err()
				}
			}
			h.say.say("%d kills of a server", h.serverKills.Add(1))
		}
		return nil
	})
	faults.Go(func() error {
		for h.workerKills.Load() < int64(p.kills) {
			if !pause(breaking, long/time.Duration(p.kills+2)) {
				return breaking.Err()
			}
			for killed := false; !killed; {
				if holders := h.fleet.holders(); len(holders) > 0 {
					killed = h.fleet.kill(holders[draw.IntN(len(holders))])
				}
				if !killed && !pause(breaking, poll) {
					return breaking.Err()
				}
			}
			h.say.say("%d kills of a worker", h.workerKills.Add(1))
		}
		return nil
	})
	faults.Go(func() error {
		if !pause(breaking, long/2) {
			return breaking.Err()
		}
		began := time.Now()
		if err := h.crashPostgres(breaking, time.Second); err != nil {
			return err
		}
		h.stops.Add(1)
		h.say.say("PostgreSQL was away for %s", time.Since(began).Round(100*time.Millisecond))
		return nil
	})
	return faults.Wait()
}

// undoneSQL is what is left of the calls.
const undoneSQL = `
SELECT (SELECT count(*) FROM inbox WHERE handled_at IS NULL), (SELECT count(*) FROM refetch_key) + (SELECT count(*) FROM refetch),
       (SELECT count(*) FROM river_job WHERE kind IN ('inbox', 'refetch') AND finalized_at IS NULL),
       (SELECT count(*) FROM run WHERE state IN ('queued', 'running', 'waiting'))`

// drain waits until nothing is left of the calls, and takes workers and
// servers away so that it stays so.
func (h *hooking) drain(ctx context.Context) error {
	began := time.Now()
	for told := began; ; {
		var calls, keys, jobs, runs int64
		if err := h.db.QueryRow(ctx, undoneSQL).Scan(&calls, &keys, &jobs, &runs); err != nil {
			return err
		}
		if calls+keys+jobs+runs == 0 {
			break
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			h.say.say("left: %d calls, %d records to read, %d jobs, %d runs", calls, keys, jobs, runs)
		}
		if time.Since(began) > 2*patience {
			h.say.say("%d calls, %d records, %d jobs and %d runs are left after %s", calls, keys, jobs, runs, 2*patience)
			break // the verifier counts them
		}
		if !pause(ctx, poll) {
			return ctx.Err()
		}
	}
	h.verdict.Drained = float64(time.Since(began).Round(100*time.Millisecond)) / float64(time.Second)
	h.servers.close()
	h.fleet.close()
	return nil
}

// judge looks at what is left.
func (h *hooking) judge(ctx context.Context) (err error) {
	v, c := &h.verdict, h.caller
	v.ServerKills, v.WorkerKills, v.PostgresStops = h.serverKills.Load(), h.workerKills.Load(), h.stops.Load()
	v.Answered, v.Repeats, v.Refused, v.TurnedAway, v.Failed, v.Unanswered = c.answered, c.repeats, c.refused, c.turnedAway, c.failed, c.unanswered
	v.P50, v.P99, v.Settled = quantile(c.took, 0.5), quantile(c.took, 0.99), quantile(c.settled, 0.99)
	calls := make([]verify.Call, len(h.calls))
	for i, one := range h.calls {
		calls[i] = one.Call
	}
	if err := h.db.QueryRow(ctx, `SELECT count(*) FROM run WHERE trigger = 'webhook'`).Scan(&v.Runs); err != nil {
		return err
	}
	h.say.say("comparing %d calls and every object", len(calls))
	v.HookFindings, err = verify.Hooks(ctx, verify.HookConfig{Database: h.dsn("postgres"), Calls: calls, Items: h.teller.truth()})
	for _, example := range v.Examples {
		h.say.say("wrong: %s", example)
	}
	v.Seconds = float64(time.Since(h.say.began).Round(100*time.Millisecond)) / float64(time.Second)
	return err
}
