package storetest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestEachTestHasItsOwnDatabaseAndItIsDropped(t *testing.T) {
	t.Parallel()
	var first, second *storetest.Env
	t.Run("pair", func(t *testing.T) {
		first, second = storetest.New(t), storetest.New(t)
		if first.Database == second.Database {
			t.Fatalf("both databases are %s", first.Database)
		}
		mustExec(t, first.Owner(t), `INSERT INTO organisation (uuid, name) VALUES (gen_random_uuid(), 'one')`)
		var n int
		if err := second.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM organisation`).Scan(&n); err != nil || n != 0 {
			t.Fatalf("second database has %d organisations, err %v", n, err)
		}
	})
	for _, env := range []*storetest.Env{first, second} {
		_, err := pgx.Connect(t.Context(), env.OwnerDSN)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "3D000" {
			t.Errorf("database %s is still there after its test: %v", env.Database, err)
		}
	}
}

func TestOpensAsTheRealRoles(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	for dsn, want := range map[string]string{env.AppDSN: "koppel_app", env.EngineDSN: "koppel_engine"} {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		var user string
		if err := conn.QueryRow(t.Context(), `SELECT current_user`).Scan(&user); err != nil || user != want {
			t.Errorf("user %q, want %q, err %v", user, want, err)
		}
	}
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
