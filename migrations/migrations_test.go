package migrations_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store/storetest"
)

var update = flag.Bool("update", false, "write schema.sql anew")

func TestTheSnapshotIsTheSchema(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	got := snapshot(t.Context(), t, env.Owner(t))
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("schema.sql is not the schema; look at the difference, then go test ./migrations -update:\n%s", diff)
	}
}

func TestEveryTableAndColumnSaysWhatItIs(t *testing.T) {
	t.Parallel()
	owner := storetest.New(t).Owner(t)
	missing := list(t, owner, `
		SELECT c.relname || coalesce('.' || a.attname, '')
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE `+ours+` AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
		ORDER BY c.relname, a.attnum`)
	if len(missing) > 0 {
		t.Errorf("no comment on %s: write COMMENT ON into the migration", strings.Join(missing, ", "))
	}
	if columns := list(t, owner, `SELECT a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE `+ours); len(columns) < 300 {
		t.Errorf("looked at %d columns only", len(columns))
	}
}

func TestEveryFieldOfTheModelHasItsColumn(t *testing.T) {
	t.Parallel()
	owner := storetest.New(t).Owner(t)
	types := map[koppel.FieldType]string{koppel.Text: "text", koppel.Int: "int8", koppel.Bool: "bool", koppel.Time: "timestamptz",
		koppel.Date: "date", koppel.Texts: "_text", koppel.JSON: "json"}
	check := func(table string, fields []koppel.Field) {
		for _, f := range fields {
			if f.Derived {
				continue
			}
			want := map[string]string{f.Name: types[f.Type]}
			switch f.Type {
			case koppel.Decimal:
				precision := 18 // numeric(18, 6) and percentages; totals are numeric(19, 4)
				if f.Scale == 4 && f.Name != "tax_rate" {
					precision = 19
				}
				want[f.Name] = fmt.Sprintf("numeric(%d,%d)", precision, f.Scale)
			case koppel.Ref:
				want = map[string]string{f.Name + "_id": "int8", f.Name + "_key": "text"}
			case koppel.Lines:
				continue
			}
			for column, kind := range want {
				got := list(t, owner, `SELECT CASE y.typname WHEN 'numeric' THEN format_type(a.atttypid, a.atttypmod) ELSE y.typname END
					FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = $1::regclass AND a.attname = $2`, table, column)
				if len(got) != 1 || got[0] != kind {
					t.Errorf("column %s.%s is %v, the model asks for %s", table, column, got, kind)
				}
			}
		}
	}
	for object, table := range map[koppel.Object]string{koppel.Suppliers: "supplier", koppel.Products: "product",
		koppel.ProductCompositions: "product_composition", koppel.SupplierProducts: "supplier_product", koppel.SellOrders: "sell_order",
		koppel.Shipments: "shipment", koppel.BuyOrders: "buy_order", koppel.ItemDeliveries: "item_delivery"} {
		check(table, object.Fields())
		if _, f, ok := object.Field("lines"); ok {
			check(table+"_line", f.Line)
		}
	}
}

func TestMigratingIsCountedRepeatableAndSafeAtOnce(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	owner := env.Owner(t)
	name := env.Database + "_empty"
	if _, err := owner.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if conn, err := pgx.Connect(context.Background(), env.OwnerDSN); err == nil {
			_, _ = conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
			_ = conn.Close(context.Background())
		}
	})
	dsn := env.Server.DSN(name, "postgres")
	pending, err := migrations.Pending(t.Context(), dsn)
	if err != nil || int64(len(pending)) != migrations.Latest() {
		t.Fatalf("pending %v of %d, err %v", pending, migrations.Latest(), err)
	}
	if v, err := migrations.Version(t.Context(), dsn); v != 0 || err != nil {
		t.Errorf("version of an empty database is %d, err %v", v, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	applied := make(chan int, 2)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			n, err := migrations.Up(ctx, dsn, nil)
			if err != nil {
				t.Error(err)
			}
			applied <- n
		})
	}
	wg.Wait()
	if a, b := <-applied, <-applied; a+b != len(pending) || a*b != 0 {
		t.Errorf("applied %d and %d, want %d by one of the two", a, b, len(pending))
	}
	// The roles that serve may ask how far the database is.
	for _, role := range []string{"koppel_app", "koppel_engine"} {
		dsn := env.Server.DSN(name, role)
		left, err := migrations.Pending(ctx, dsn)
		v, versionErr := migrations.Version(ctx, dsn)
		if err != nil || versionErr != nil || len(left) != 0 || v != migrations.Latest() {
			t.Errorf("%s: pending %v, version %d, errors %v and %v", role, left, v, err, versionErr)
		}
	}
}

func TestADatabaseThatCannotBeReachedIsSaidSoWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://koppel:hunter2secret@127.0.0.1:1/koppel?connect_timeout=1", "postgres://koppel:hunter2secret@127.0.0.1:port/x"} {
		_, err := migrations.Up(t.Context(), dsn, nil)
		if koppel.KindOf(err) != koppel.KindInternal || strings.Contains(err.Error(), "hunter2secret") {
			t.Errorf("Up: %v", err)
		}
		_, err = migrations.Pending(t.Context(), dsn)
		if koppel.KindOf(err) != koppel.KindInternal || strings.Contains(err.Error(), "hunter2secret") {
			t.Errorf("Pending: %v", err)
		}
	}
}

// list reads one column of text.
func list(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return got
}
