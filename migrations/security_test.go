package migrations_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestTheRolesAreHeldByRowLevelSecurity(t *testing.T) {
	t.Parallel()
	owner := storetest.New(t).Owner(t)
	if free := list(t, owner, `SELECT rolname FROM pg_roles WHERE rolname IN ('koppel_app', 'koppel_engine') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)`); len(free) > 0 {
		t.Errorf("%v may do too much", free)
	}
	if roles := list(t, owner, `SELECT rolname FROM pg_roles WHERE rolname IN ('koppel_app', 'koppel_engine')`); len(roles) != 2 {
		t.Errorf("there are %v", roles)
	}
	open := list(t, owner, `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'webshop_id' AND NOT a.attisdropped
		WHERE `+ours+` AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`)
	if len(open) > 0 {
		t.Errorf("tables of webshops without forced row-level security: %v", open)
	}
	if owned := list(t, owner, `SELECT c.relname FROM pg_class c WHERE `+ours+` AND pg_get_userbyid(c.relowner) LIKE 'koppel%'`); len(owned) > 0 {
		t.Errorf("tables owned by a role that serves: %v", owned)
	}
	// A partition asked for by its own name is outside its parent's policies, so nobody may.
	if granted := list(t, owner, `
		SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
		AND (has_table_privilege('koppel_app', c.oid, 'SELECT') OR has_table_privilege('koppel_engine', c.oid, 'SELECT'))`); len(granted) > 0 {
		t.Errorf("partitions that a role can read directly: %v", granted)
	}
}

// tenants has a row of each of two webshops in every table that has a webshop_id.
type tenants struct {
	env    *storetest.Env
	ids    [2]int64
	tables []string
}

// newTenants fills every table of webshops by its columns, so that a table added later is tested without a word here.
func newTenants(t *testing.T) tenants {
	t.Helper()
	ten := tenants{env: storetest.New(t)}
	owner := ten.env.Owner(t)
	ten.tables = list(t, owner, `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'webshop_id' AND NOT a.attisdropped
		WHERE `+ours+` ORDER BY c.relname`)
	for i, name := range []string{"one", "two"} {
		ten.ids[i] = ten.env.Webshop(t, name).ID
	}
	// The rows need not make sense together: foreign keys are off while they are written.
	if _, err := owner.Exec(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	for _, table := range ten.tables {
		for i, id := range ten.ids {
			if table == "webshop_counter" {
				continue // CreateWebshop made it
			}
			if _, err := owner.Exec(t.Context(), insertAny(t, owner, table), id, i); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
	}
	return ten
}

// insertAny makes an INSERT that gives every required column of a table some value; $1 is the webshop, $2 tells rows apart.
func insertAny(t *testing.T, owner *pgx.Conn, table string) string {
	t.Helper()
	rows, err := owner.Query(t.Context(), `
		SELECT a.attname, format_type(a.atttypid, NULL), coalesce((
		    SELECT substring(pg_get_constraintdef(k.oid) FROM '''([a-z_]+)''') FROM pg_constraint k
		    WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] AND pg_get_constraintdef(k.oid) LIKE '%ANY%' LIMIT 1), '')
		FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = ''
		AND (a.attnotnull AND NOT a.atthasdef OR a.attname = 'webshop_id')`, table)
	if err != nil {
		t.Fatal(err)
	}
	var names, values []string
	var name, kind, allowed string
	if _, err := pgx.ForEachRow(rows, []any{&name, &kind, &allowed}, func() error {
		names = append(names, name)
		values = append(values, anyValue(name, kind, allowed))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM (SELECT $2::bigint) v (n)"
}

func anyValue(name, kind, allowed string) string {
	switch {
	case name == "webshop_id":
		return "$1::bigint"
	case allowed != "":
		return "'" + allowed + "'"
	case kind == "uuid":
		return "gen_random_uuid()"
	case kind == "bigint" || kind == "integer" || kind == "smallint" || kind == "numeric":
		return "v.n + 1"
	case kind == "bytea":
		return "('x' || v.n)::bytea"
	case kind == "json" || kind == "jsonb":
		return "'{}'"
	case kind == "text[]":
		return "'{a}'"
	case strings.HasPrefix(kind, "timestamp"):
		return "now()"
	}
	return "'v' || v.n"
}

// rowsOf counts the rows of a table by webshop, as a role with a setting of koppel.webshop.
func (ten tenants) rowsOf(t *testing.T, dsn, setting, table string) map[int64]int {
	t.Helper()
	got := map[int64]int{}
	ten.as(t, dsn, setting, func(tx pgx.Tx) {
		rows, err := tx.Query(t.Context(), `SELECT webshop_id, count(*) FROM `+table+` WHERE webshop_id IS NOT NULL GROUP BY 1`)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		var id int64
		var n int
		if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { got[id] = n; return nil }); err != nil && !strings.Contains(err.Error(), "42501") {
			t.Fatalf("%s: %v", table, err)
		}
	})
	return got
}

func (ten tenants) as(t *testing.T, dsn, setting string, fn func(pgx.Tx)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(t.Context(), `SELECT set_config('koppel.webshop', $1, true)`, setting); err != nil {
		t.Fatal(err)
	}
	fn(tx)
}

func TestTwoTenantsStayApartInEveryTable(t *testing.T) {
	t.Parallel()
	ten := newTenants(t)
	if len(ten.tables) < 25 {
		t.Fatalf("only %d tables of webshops: %v", len(ten.tables), ten.tables)
	}
	one, both := map[int64]int{ten.ids[0]: 1}, map[int64]int{ten.ids[0]: 1, ten.ids[1]: 1}
	none := map[int64]int{}
	queues := []string{"coupling", "schedule", "run", "outbox", "credential_token", "coupling_pause", "hook", "inbox_key", "refetch", "refetch_key",
		"notice_rule", "notice_told", "notice"}
	own := "1"
	if ten.ids[0] != 1 {
		t.Fatalf("the first webshop of a fresh database is %d", ten.ids[0])
	}
	for _, table := range ten.tables {
		app, engine := ten.env.AppDSN, ten.env.EngineDSN
		wantEngine, wantUnset, wantAppUnset := one, none, none
		switch {
		case table == "api_key":
			wantEngine, wantAppUnset = none, both // keys are looked up before a webshop is known, by the app only
		case table == "audit":
			wantEngine = none // the engine writes it and cannot read it
		case slices.Contains(queues, table):
			wantUnset = both
		}
		for what, c := range map[string]struct{ got, want map[int64]int }{
			"app of one":       {ten.rowsOf(t, app, own, table), one},
			"app of all":       {ten.rowsOf(t, app, "all", table), both},
			"app without":      {ten.rowsOf(t, app, "", table), wantAppUnset},
			"engine of one":    {ten.rowsOf(t, engine, own, table), wantEngine},
			"engine without":   {ten.rowsOf(t, engine, "", table), wantUnset},
			"app of a gone":    {ten.rowsOf(t, app, "999", table), none},
			"engine of a gone": {ten.rowsOf(t, engine, "999", table), none},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s, %s: %s", table, what, diff)
			}
		}
	}
}

func TestNobodyWritesIntoAnotherTenant(t *testing.T) {
	t.Parallel()
	ten := newTenants(t)
	for _, table := range ten.tables {
		for role, dsn := range map[string]string{"app": ten.env.AppDSN, "engine": ten.env.EngineDSN} {
			for what, sql := range map[string]string{
				"update": `UPDATE ` + table + ` SET webshop_id = webshop_id WHERE webshop_id = 2`,
				"delete": `DELETE FROM ` + table + ` WHERE webshop_id = 2`,
				"move":   `UPDATE ` + table + ` SET webshop_id = 2 WHERE webshop_id = 1`,
			} {
				ten.as(t, dsn, "1", func(tx pgx.Tx) {
					tag, err := tx.Exec(t.Context(), sql)
					if err == nil && tag.RowsAffected() > 0 {
						t.Errorf("the %s can %s a row of another webshop in %s", role, what, table)
					}
				})
			}
		}
	}
}
