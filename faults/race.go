package main

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
)

// raceProfile is how large the race is.
type raceProfile struct {
	seed         uint64
	seeds, codes int
	batch        int
}

func raceProfileOf(quick bool, seed uint64, seeds int) raceProfile {
	p := raceProfile{seed: seed, seeds: 100, codes: 50_000, batch: 2000}
	if quick {
		p.seeds, p.codes, p.batch = 3, 1200, 100
	}
	if seeds > 0 {
		p.seeds = seeds
	}
	return p
}

// raceVerdict is the outcome of two couplings that consolidate the same codes at once, again and again.
type raceVerdict struct {
	Faults string `json:"faults"`
	Seed   uint64 `json:"seed"`
	Seeds  int    `json:"seeds"`
	Codes  int    `json:"codes"`
	// Doubles are codes that have two products, Missing those that have none, Unbound records without their source.
	Doubles int64 `json:"doubles"`
	Missing int64 `json:"missing"`
	Unbound int64 `json:"unbound"`
	// Deadlocks are those that PostgreSQL resolved; Unresolved are batches that were given up.
	Deadlocks  int64    `json:"deadlocks"`
	Unresolved int64    `json:"unresolved"`
	Seconds    float64  `json:"seconds"`
	Examples   []string `json:"examples,omitempty"`
}

func (v raceVerdict) check() error {
	if v.Doubles+v.Missing+v.Unbound+v.Unresolved > 0 {
		return fmt.Errorf("%d codes were made twice, %d not at all, %d records are unbound, %d batches were given up: %v",
			v.Doubles, v.Missing, v.Unbound, v.Unresolved, v.Examples)
	}
	return nil
}

// racing is the board race while it is played. It needs PostgreSQL only.
type racing struct {
	want    raceProfile
	say     *progress
	engine  *store.DB
	app     *store.DB
	owner   *pgxpool.Pool
	stops   []func()
	verdict raceVerdict
}

func playRace(ctx context.Context, p raceProfile, say *progress) (verdict, error) {
	r, err := newRacing(ctx, p, say)
	if err != nil {
		return nil, err
	}
	defer r.close()
	err = r.play(ctx)
	return r.verdict, err
}

func newRacing(ctx context.Context, p raceProfile, say *progress) (r *racing, err error) {
	r = &racing{want: p, say: say, verdict: raceVerdict{Faults: "race", Seed: p.seed, Codes: p.codes}}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	f := &platform{say: say, log: io.Discard}
	if f.dir, err = os.MkdirTemp("", "koppel-faults-"); err != nil {
		return r, err
	}
	r.stops = append(r.stops, func() { _ = os.RemoveAll(f.dir) })
	// PostgreSQL's account must get through.
	if err := os.Chmod(f.dir, 0o755); err != nil {
		return r, err
	}
	if err := f.startPostgres(ctx); err != nil {
		return r, err
	}
	r.stops = append(r.stops, func() { _ = localpg.Remove(f.cluster()) })
	if _, err := migrations.Up(ctx, f.dsn("postgres"), nil); err != nil {
		return r, err
	}
	if r.owner, err = pgxpool.New(ctx, f.dsn("postgres")); err != nil {
		return r, err
	}
	r.stops = append(r.stops, r.owner.Close)
	keys, err := store.ParseKeys(store.NewMasterKey("faults").Reveal())
	if err != nil {
		return r, err
	}
	for role, db := range map[store.Role]**store.DB{store.App: &r.app, store.Engine: &r.engine} {
		if *db, err = store.Open(ctx, store.Config{DSN: f.dsn(string(role)), Role: role, MaxConns: 8, Keys: keys}); err != nil {
			return r, err
		}
		r.stops = append(r.stops, (*db).Close)
	}
	return r, nil
}

func (r *racing) close() {
	for i := len(r.stops) - 1; i >= 0; i-- {
		r.stops[i]()
	}
	r.stops = nil
}

// play races seed after seed, each in a webshop of its own.
func (r *racing) play(ctx context.Context) error {
	began := time.Now()
	for i := range r.want.seeds {
		if err := r.race(ctx, r.want.seed+uint64(i)); err != nil {
			return err
		}
		r.verdict.Seeds++
		r.verdict.Seconds = time.Since(began).Seconds()
		if i%10 == 0 {
			r.say.say("race %d of %d: %d doubles, %d deadlocks", i+1, r.want.seeds, r.verdict.Doubles, r.verdict.Deadlocks)
		}
	}
	return r.owner.QueryRow(ctx, `SELECT sum(deadlocks)::bigint FROM pg_stat_database`).Scan(&r.verdict.Deadlocks)
}

// raceRules are what the two couplings go by, in turn: one that looks for nothing beside one that looks, both that look,
// and the first of them slow to join.
var raceRules = [][2]koppel.Rule{
	{{Key: koppel.ByRemoteID}, {Key: "ean_code"}},
	{{Key: "ean_code"}, {Key: "ean_code"}},
	{{Key: "ean_code"}, {Key: koppel.ByRemoteID}},
}

func (r *racing) race(ctx context.Context, seed uint64) error {
	draw := rand.New(rand.NewPCG(seed, 0))
	webshop, leases, err := r.furnish(ctx, seed, raceRules[seed%uint64(len(raceRules))])
	if err != nil {
		return err
	}
	var group errgroup.Group
	for side, lease := range leases {
		order := draw.Perm(r.want.codes)
		group.Go(func() error { return r.load(ctx, side, lease, order) })
	}
	if err := group.Wait(); err != nil {
		r.verdict.Unresolved++
		r.verdict.Examples = append(r.verdict.Examples, fmt.Sprintf("seed %d: %v", seed, err))
	}
	return r.judge(ctx, webshop)
}

// judgeSQL knows nothing of how codes are compared but that they are digits.
const judgeSQL = `
WITH p AS (SELECT ltrim(ean_code, '0') AS code, count(*) AS n FROM product WHERE webshop_id = $1 GROUP BY 1)
SELECT count(*) FILTER (WHERE n > 1), $2 - count(*), 2 * $2 - (SELECT count(*) FROM source WHERE webshop_id = $1) FROM p`

func (r *racing) judge(ctx context.Context, webshop int64) error {
	var doubles, missing, unbound int64
	if err := r.owner.QueryRow(ctx, judgeSQL, webshop, int64(r.want.codes)).Scan(&doubles, &missing, &unbound); err != nil {
		return err
	}
	r.verdict.Doubles += doubles
	r.verdict.Missing += missing
	r.verdict.Unbound += unbound
	return nil
}

// furnish makes a webshop whose two couplings join at the same moment.
func (r *racing) furnish(ctx context.Context, seed uint64, rules [2]koppel.Rule) (webshop int64, leases [2]store.Lease, err error) {
	const connector = "race"
	err = r.app.InTx(ctx, store.Queues(), func(tx *store.Tx) error {
		if _, err := tx.EnsureIntegration(ctx, connector, connector); err != nil {
			return err
		}
		_, err := tx.PublishConnector(ctx, store.NewConnectorVersion{Connector: connector, Version: "1", Digest: fmt.Sprintf("%064x", 1), Manifest: "name: race\n", Mapping: "{}\n", PublishedBy: "faults"})
		return err
	})
	if err != nil {
		return 0, leases, err
	}
	shop, err := store.With(ctx, r.app, store.AllWebshops(), func(tx *store.Tx) (store.Webshop, error) {
		name := fmt.Sprintf("Race %d", seed)
		o, err := tx.CreateOrganisation(ctx, name)
		if err != nil {
			return store.Webshop{}, err
		}
		return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: o.UUID, Name: name})
	})
	if err != nil {
		return 0, leases, err
	}
	for side := range leases {
		run, err := store.With(ctx, r.app, store.ForWebshop(shop.ID), func(tx *store.Tx) (store.Run, error) {
			c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: connector, Name: fmt.Sprintf("Side %d", side)})
			if err != nil {
				return store.Run{}, err
			}
			if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
				return store.Run{}, err
			}
			if _, err := tx.SetRules(ctx, c.UUID, map[koppel.Object]koppel.Rule{koppel.Products: rules[side]}); err != nil {
				return store.Run{}, err
			}
			opened, err := tx.OpenRun(ctx, store.NewRun{Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: "products", Mode: koppel.ModeFull, Trigger: koppel.TriggerManual, WorkflowID: "race/" + c.UUID})
			if err != nil {
				return store.Run{}, err
			}
			return tx.StartRun(ctx, opened.Run.UUID, opened.Run.WorkflowID)
		})
		if err != nil {
			return 0, leases, err
		}
		if leases[side], _, err = r.engine.TakeLease(ctx, shop.ID, run.ID, "products", "race"); err != nil {
			return 0, leases, err
		}
	}
	return shop.ID, leases, nil
}

// load writes one side's products as a worker does: batches, two beside each other.
func (r *racing) load(ctx context.Context, side int, lease store.Lease, order []int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	var before *store.Batch
	for from := 0; from < len(order); from += r.want.batch {
		b := &store.Batch{Lease: lease, Pages: 1, Total: -1, Resume: json.RawMessage(`{}`)}
		for _, n := range order[from:min(from+r.want.batch, len(order))] {
			b.Records = append(b.Records, raceRecord(side, n))
		}
		b.After, before = before, b
		group.Go(func() error {
			_, err := r.engine.WriteBatch(ctx, b)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// raceRecord is product n as one side tells it: ids of its own, and the same GTIN in one of its lengths.
func raceRecord(side, n int) store.Record {
	code := fmt.Sprintf("%012d", 870_000_000_000+n)
	sum := 0
	for i, c := range code {
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	code = strings.Repeat("0", side) + code + fmt.Sprint((10-sum%10)%10)
	values := make(koppel.Values, len(koppel.Products.Fields()))
	for name, value := range map[string]any{"name": fmt.Sprintf("Product %d", n), "status": "enabled", "ean_code": code} {
		i, _, _ := koppel.Products.Field(name)
		values[i] = value
	}
	id := fmt.Sprintf("%d-%d", side, n)
	raw := fmt.Appendf(nil, `{"id":%q,"ean":%q}`, id, code)
	return store.Record{ID: id, Ticket: 1, Raw: raw, Hash: md5.Sum(raw), New: true, Mapped: []store.Mapped{{Object: koppel.Products, RemoteID: id, Values: values}}}
}
