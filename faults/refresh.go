package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
)

// refreshVerdict is the outcome of the board refresh.
type refreshVerdict struct {
	Faults  string `json:"faults"`
	Rounds  int    `json:"rounds"`
	Workers int    `json:"workers"`
	// Kills are the workers that were killed while they renewed, by the step.
	Kills map[refreshStep]int `json:"kills"`
	// Refreshes is how many tokens the provider gave; MostARound the most in one round.
	Refreshes  int `json:"refreshes"`
	MostARound int `json:"most_a_round"`
	// Lost are the logins that ended, by the step at which the worker was
	// killed; LostElsewhere those that no kill between the provider's commit and
	// the stored token explains.
	Lost          map[refreshStep]int `json:"lost"`
	LostElsewhere int                 `json:"lost_elsewhere"`
	// Named are the lost ones whose reason says what was lost, when and by whom.
	Named int `json:"named"`
	// Unexplained are failures of workers in rounds whose login was not lost.
	Unexplained int     `json:"unexplained"`
	Seconds     float64 `json:"seconds"`

	want     refreshProfile
	examples []string
}

// refreshProfile is the size of the board.
type refreshProfile struct {
	rounds, processes, workers int
	durations                  koppel.Durations
}

func newRefreshProfile(quick bool) refreshProfile {
	p := refreshProfile{rounds: 200, processes: 8, workers: 8, durations: koppel.DefaultDurations()}
	p.durations.TokenLease, p.durations.Request = 2500*time.Millisecond, 2*time.Second
	if quick {
		p.rounds, p.processes = 12, 4
	}
	return p
}

func (v refreshVerdict) check() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	lost := 0
	for _, n := range v.Lost {
		lost += n
	}
	for _, step := range refreshSteps() {
		wrong(step != stepNone && v.Kills[step] < v.want.rounds/len(refreshSteps()), "%d kills at %s", v.Kills[step], step)
	}
	wrong(v.Rounds != v.want.rounds, "%d rounds, want %d", v.Rounds, v.want.rounds)
	wrong(v.MostARound > 1 || v.Refreshes != v.Rounds, "%d refreshes in %d rounds, %d in one", v.Refreshes, v.Rounds, v.MostARound)
	wrong(v.LostElsewhere > 0, "%d logins lost that no kill explains", v.LostElsewhere)
	wrong(lost != v.Kills[stepCommit]+v.Kills[stepReceived], "%d logins lost, %d kills between the provider's commit and the stored token", lost, v.Kills[stepCommit]+v.Kills[stepReceived])
	wrong(v.Named != lost, "%d of %d lost logins say why", v.Named, lost)
	wrong(v.Unexplained > 0, "%d failures of workers: %s", v.Unexplained, strings.Join(v.examples, "; "))
	return errors.Join(errs...)
}

// refreshing is the board refresh while it is played.
type refreshing struct {
	*platform
	want     refreshProfile
	orders   refreshOrders
	provider *provider
	app      *store.DB
	verdict  refreshVerdict

	mu    sync.Mutex
	alive map[string]*child
	born  int
}

func playRefresh(ctx context.Context, p refreshProfile, log string, say *progress) (verdict, error) {
	b := &refreshing{want: p, alive: map[string]*child{}, platform: &platform{say: say, log: io.Discard}}
	b.verdict = refreshVerdict{Faults: "refresh", Workers: p.processes * p.workers, Kills: map[refreshStep]int{}, Lost: map[refreshStep]int{}, want: p}
	defer b.close()
	if err := b.start(ctx, log); err != nil {
		return nil, err
	}
	for round := 1; round <= p.rounds; round++ {
		if err := b.round(ctx, refreshSteps()[round%len(refreshSteps())]); err != nil {
			return nil, fmt.Errorf("round %d: %w", round, err)
		}
		b.verdict.Rounds = round
		if round%20 == 0 {
			say.say("%d rounds, %d refreshes, kills %v, lost %v", round, b.verdict.Refreshes, b.verdict.Kills, b.verdict.Lost)
		}
	}
	b.verdict.Seconds = float64(time.Since(say.began).Round(100*time.Millisecond)) / float64(time.Second)
	return b.verdict, nil
}

// start brings up PostgreSQL, the provider, one login and the workers.
func (b *refreshing) start(ctx context.Context, logFile string) (err error) {
	if b.dir, err = os.MkdirTemp("", "koppel-faults-"); err != nil {
		return err
	}
	b.onClose(func() { _ = os.RemoveAll(b.dir) })
	if err := os.Chmod(b.dir, 0o755); err != nil { // PostgreSQL's account must get through
		return err
	}
	if logFile != "" {
		file, err := os.Create(logFile)
		if err != nil {
			return err
		}
		b.log = file
		b.onClose(func() { _ = file.Close() })
	}
	if err := b.startPostgres(ctx); err != nil {
		return err
	}
	b.onClose(func() { _ = localpg.Remove(b.cluster()) })
	if _, err := migrations.Up(ctx, b.dsn("postgres"), nil); err != nil {
		return err
	}
	if b.db, err = pgxpool.New(ctx, b.dsn("postgres")); err != nil {
		return err
	}
	b.onClose(b.db.Close)
	if b.provider, err = newProvider(); err != nil {
		return err
	}
	b.provider.kill = b.killNow
	b.onClose(func() { _ = b.provider.server.Close() })
	if err := b.connect(ctx); err != nil {
		return err
	}
	b.onClose(b.killAll)
	for range b.want.processes {
		if err := b.add(); err != nil {
			return err
		}
	}
	b.say.say("up: %d workers in %d processes", b.verdict.Workers, b.want.processes)
	return nil
}

// connect makes the webshop, its credential and its login.
func (b *refreshing) connect(ctx context.Context) error {
	secret := store.NewMasterKey("faults").Reveal()
	keys, err := store.ParseKeys(secret)
	if err != nil {
		return err
	}
	if b.app, err = store.Open(ctx, store.Config{DSN: b.dsn(string(store.App)), Role: store.App, MaxConns: 2, Keys: keys}); err != nil {
		return err
	}
	b.onClose(b.app.Close)
	shop, err := store.With(ctx, b.app, store.AllWebshops(), func(tx *store.Tx) (store.Webshop, error) {
		o, err := tx.CreateOrganisation(ctx, "faults")
		if err != nil {
			return store.Webshop{}, err
		}
		_, err = tx.PublishConnector(ctx, store.NewConnectorVersion{
			Connector: "refresh", Version: "1.0.0", Digest: strings.Repeat("0", 64), Manifest: refreshManifest, Mapping: "objects: {}", PublishedBy: "faults",
		})
		if err != nil {
			return store.Webshop{}, err
		}
		return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: o.UUID, Name: "faults"})
	})
	if err != nil {
		return err
	}
	credential, err := store.With(ctx, b.app, store.ForWebshop(shop.ID), func(tx *store.Tx) (store.Credential, error) {
		return tx.CreateCredential(ctx, store.NewCredential{Connector: "refresh", Name: "login"})
	})
	b.orders = refreshOrders{
		Database: b.dsn(string(store.Engine)), Keys: secret, Provider: b.provider.url, Webshop: shop.ID, Credential: credential.ID,
		Workers: b.want.workers, Durations: b.want.durations,
	}
	if err != nil {
		return err
	}
	return b.login(ctx)
}

// login is the customer logging in, for the first time or again.
func (b *refreshing) login(ctx context.Context) error {
	b.provider.mu.Lock()
	access, refresh := b.provider.issue()
	b.provider.mu.Unlock()
	now := time.Now()
	token := koppel.Token{Access: koppel.NewSecret(access), Refresh: koppel.NewSecret(refresh), Obtained: now, Expires: now.Add(time.Hour)}
	return b.app.InTx(ctx, store.ForWebshop(b.orders.Webshop), func(tx *store.Tx) error { return tx.SaveLogin(ctx, b.orders.Credential, token) })
}

// add starts one more process of workers.
func (b *refreshing) add() error {
	b.mu.Lock()
	b.born++
	orders := b.orders
	orders.Name = fmt.Sprintf("worker-%04d", b.born)
	b.mu.Unlock()
	c, err := startChild(roleRefresher, orders, b.log)
	if err != nil {
		return err
	}
	var ready struct{ Ready bool }
	if err := c.hear(&ready); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive[orders.Name] = c
	return nil
}

// killNow kills the process of a name, as a crash would.
func (b *refreshing) killNow(name string) {
	b.mu.Lock()
	c := b.alive[name]
	delete(b.alive, name)
	b.mu.Unlock()
	if c != nil {
		c.kill()
	}
}

func (b *refreshing) killAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.alive {
		c.kill()
	}
}

// roundMost is how long one round may take.
const roundMost = time.Minute

// use has every worker use the login once; over: with an access token that is
// over, and whoever renews it killed at the step. It returns what failed.
func (b *refreshing) use(ctx context.Context, over bool, step refreshStep) (failures []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundMost)
	defer cancel()
	round := b.provider.begin(over, step)
	for heard := map[string]bool{}; !b.allHeard(heard); {
		select {
		case report := <-b.provider.done:
			if report.Round == round {
				heard[report.Name] = true
				failures = append(failures, report.Failures...)
			}
		case <-time.After(poll): // a worker may have died meanwhile
		case <-ctx.Done():
			return nil, fmt.Errorf("not every worker came back: %w", ctx.Err())
		}
	}
	return failures, nil
}

// round has every worker use the login, and looks at what came of it.
func (b *refreshing) round(ctx context.Context, step refreshStep) error {
	failures, err := b.use(ctx, true, step)
	if err != nil {
		return err
	}
	granted, _, died := b.provider.counts()
	v := &b.verdict
	v.Refreshes += granted
	v.MostARound = max(v.MostARound, granted)
	if died != "" {
		v.Kills[step]++
		if err := b.add(); err != nil {
			return err
		}
	}
	var state, reason string
	if err := b.db.QueryRow(ctx, `SELECT state, reason FROM credential_token WHERE name = 'login'`).Scan(&state, &reason); err != nil {
		return err
	}
	if state == "ok" {
		v.Unexplained += len(failures)
		v.examples = append(v.examples, failures[:min(len(failures), 2)]...)
		return nil
	}
	if died != "" && (step == stepCommit || step == stepReceived) {
		v.Lost[step]++
	} else {
		v.LostElsewhere++
	}
	if strings.HasPrefix(reason, store.LostRenewal) && strings.Contains(reason, died) {
		v.Named++
	}
	if err := b.login(ctx); err != nil {
		return err
	}
	// Every worker must go on with the new login by itself.
	failures, err = b.use(ctx, false, stepNone)
	v.Unexplained += len(failures)
	return err
}

// allHeard reports whether every living process has reported.
func (b *refreshing) allHeard(heard map[string]bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.alive {
		if !heard[name] {
			return false
		}
	}
	return true
}
