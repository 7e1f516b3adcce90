package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// finding is one line of the doctor.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Found is what there is, or what is wrong.
	Found string `json:"found"`
	// Do is what to do about it.
	Do string `json:"do,omitempty"`
}

func (p *program) doctorCommand() *cobra.Command {
	var (
		newKey string
		api    bool
	)
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look at everything the platform needs, and say what to do about what is wrong", Args: cobra.NoArgs,
		Long: "Look at the database, its schema, roles and partitions, Temporal, keys and clocks, as the environment says.\n" +
			"Exit code 1 when anything is wrong. With --api only the API is looked at, as a support command would reach it.\n\n" + environmentHelp(),
		Example: "  koppel doctor\n  koppel doctor --output json\n  koppel doctor --api\n  koppel doctor --new-master-key",
		RunE: action(func(ctx context.Context, _ []string) error {
			if newKey != "" {
				return p.newMasterKey(newKey)
			}
			d := &doctor{program: p}
			if api {
				d.api(ctx)
			} else {
				d.installation(ctx)
			}
			return d.tell()
		}),
	}
	cmd.Flags().StringVar(&newKey, "new-master-key", "", "print a fresh master key for KOPPEL_KEYSET, under this id")
	cmd.Flags().Lookup("new-master-key").NoOptDefVal = "k" + time.Now().UTC().Format("20060102")
	cmd.Flags().BoolVar(&api, "api", false, "look at the API only: address, key, readiness")
	cmd.MarkFlagsMutuallyExclusive("api", "new-master-key")
	return cmd
}

func (p *program) newMasterKey(id string) error {
	line := store.NewMasterKey(id)
	if _, err := store.ParseKeys(line.Reveal()); err != nil {
		return usagef("--new-master-key %s: %s", id, koppel.DetailOf(err))
	}
	err := p.show(map[string]string{"keyset": line.Reveal()}, func(t *table) { t.row(line.Reveal()) })
	p.note("Put it first in KOPPEL_KEYSET, keep the older ones behind it, and keep a copy: without it no credential opens.")
	return err
}

// doctor gathers findings.
type doctor struct {
	*program
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{Check: check, OK: true, Found: fmt.Sprintf(format, args...)})
}

func (d *doctor) wrong(check, do string, err error) {
	d.findings = append(d.findings, finding{Check: check, Found: koppel.DetailOf(err), Do: do})
}

// tell prints the findings; any that is wrong fails the command.
func (d *doctor) tell() error {
	wrong := 0
	for _, f := range d.findings {
		if !f.OK {
			wrong++
		}
	}
	err := d.show(map[string]any{"ok": wrong == 0, "findings": d.findings}, func(t *table) {
		for _, f := range d.findings {
			if f.OK {
				t.row("ok", f.Check, f.Found)
				continue
			}
			t.row("problem", f.Check, f.Found)
			if f.Do != "" {
				t.row("", "", "do: "+f.Do)
			}
		}
	})
	if err == nil && wrong > 0 {
		return fmt.Errorf("%d of %d checks found a problem", wrong, len(d.findings))
	}
	return err
}

// installation looks at what server, worker and migrate need.
func (d *doctor) installation(ctx context.Context) {
	s, err := d.settings(needs{database: true, engine: true, keyset: true})
	var bad *misconfigured
	switch {
	case errors.As(err, &bad):
		for _, problem := range bad.problems {
			d.wrong("environment", "set or correct it; koppel server --help lists every variable", problem)
		}
	default:
		d.ok("environment", "complete")
	}
	if s.Keys != nil {
		d.ok("keyset", "seals with %q", s.Keys.Primary())
	}
	d.database(ctx, "database of the server", store.App, "KOPPEL_DATABASE_URL", s.Database)
	d.database(ctx, "database of the worker", store.Engine, "KOPPEL_ENGINE_DATABASE_URL", s.EngineDatabase)
	d.schema(ctx, s)
	d.storedKeys(ctx, s)
	d.temporal(ctx, s)
}

// Skew that a person must know of: tokens, signatures and windows depend on it.
const skewLimit = 2 * time.Second

func (d *doctor) database(ctx context.Context, check string, role store.Role, variable string, dsn koppel.Secret) {
	if dsn.IsZero() {
		return
	}
	db, err := store.Open(ctx, store.Config{DSN: dsn.Reveal(), Role: role, MaxConns: 1})
	if err != nil {
		d.wrong(check, doDatabase(err, variable), err)
		return
	}
	defer db.Close()
	before := time.Now()
	now, err := db.Now(ctx)
	if err != nil {
		d.wrong(check, "look at PostgreSQL's log", err)
		return
	}
	d.ok(check, "answers; logged in as %s, which row-level security holds", role)
	if role != store.App {
		return
	}
	if skew := now.Sub(before.Add(time.Since(before) / 2)); skew.Abs() > skewLimit {
		d.wrong("clock", "let both machines follow NTP", fmt.Errorf("the clocks of this machine and of PostgreSQL are %s apart", skew.Abs().Round(time.Millisecond)))
	} else {
		d.ok("clock", "within %s of PostgreSQL's", skewLimit)
	}
	d.partitions(ctx, db)
}

func doDatabase(err error, variable string) string {
	if koppel.KindOf(err) == koppel.KindPermission || koppel.KindOf(err) == koppel.KindInvalidRequest {
		return "correct " + variable
	}
	return "start PostgreSQL, or correct host, database, role and password in " + variable
}

// daysAhead is for how many days partitions must be there: those that the
// sweep makes, less what it may be late.
const daysAhead = 7

func (d *doctor) partitions(ctx context.Context, db *store.DB) {
	made, err := db.MakePartitions(ctx, daysAhead)
	switch {
	case err != nil:
		d.wrong("partitions", "run: koppel migrate", err)
	case made > 0:
		d.wrong("partitions", "see that a worker runs: its sweep makes them each minute",
			fmt.Errorf("%d daily partitions of the next %d days were missing; they are made now", made, daysAhead))
	default:
		d.ok("partitions", "there for the next %d days", daysAhead)
	}
}

func (d *doctor) schema(ctx context.Context, s settings) {
	dsn := s.Database
	if dsn.IsZero() {
		dsn = s.EngineDatabase
	}
	if dsn.IsZero() {
		return
	}
	pending, err := migrations.Pending(ctx, dsn.Reveal())
	switch {
	case err != nil:
		d.wrong("schema", "run: koppel migrate", err)
	case len(pending) > 0:
		d.wrong("schema", "run: koppel migrate", fmt.Errorf("the database lacks migrations %v", pending))
	default:
		d.ok("schema", "version %d, which this program needs", migrations.Latest())
	}
}

// dialLimit is how long Temporal may take to answer.
const dialLimit = 10 * time.Second

func (d *doctor) temporal(ctx context.Context, s settings) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	cluster, err := temporal.Dial(ctx, s.Temporal)
	if err != nil {
		d.wrong("temporal", "start Temporal, or correct KOPPEL_TEMPORAL_ADDRESS and KOPPEL_TEMPORAL_NAMESPACE", err)
		return
	}
	defer cluster.Close()
	address, namespace := first(s.Temporal.Address, "127.0.0.1:7233"), first(s.Temporal.Namespace, "default")
	d.ok("temporal", "answers at %s, namespace %s", address, namespace)
	if err := temporal.EnsureSearchAttributes(ctx, cluster, namespace); err != nil {
		d.wrong("search attributes", "register them by hand", err)
		return
	}
	d.ok("search attributes", "registered")
	d.workers(temporal.Unpolled(ctx, cluster))
}

// api looks at the API as a support command reaches it.
func (d *doctor) api(ctx context.Context) {
	from, err := d.readProfile()
	if err != nil {
		d.wrong("profile", "correct "+d.configPath(), err)
		return
	}
	address := first(from.URL, defaultURL)
	if u, err := url.Parse(address); err == nil {
		address = u.Redacted()
	}
	c, err := d.program.api()
	if err != nil {
		d.wrong("address", "correct --url, KOPPEL_URL or the profile", err)
		return
	}
	ready, err := c.Ready(ctx)
	if err != nil {
		d.wrong("api", "check --url, KOPPEL_URL or the profile, and that koppel server runs there", err)
		return
	}
	d.ok("api", "answers at %s", address)
	for _, name := range slices.Sorted(maps.Keys(ready.Checks)) {
		if part := ready.Checks[name]; part.OK {
			d.ok("its "+name, "is there")
		} else {
			d.wrong("its "+name, "look at it on the server: koppel doctor", errors.New(part.Detail))
		}
	}
	if from.Key.IsZero() {
		d.wrong("key", "give one with --key, KOPPEL_KEY or key_file in the profile", errors.New("no key is given"))
		return
	}
	if _, err := c.Webshops(ctx, client.Page{Limit: 1}); err != nil && exitCode(err) == exitRefused {
		d.wrong("key", "make another: koppel key create", err)
		return
	}
	d.ok("key", "accepted")
}
