package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
	"github.com/koppel-io/koppel/store/storetest"
)

func TestOpenRefusesWhomRowLevelSecurityDoesNotHold(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	owner := env.Owner(t)
	suffix := strings.ReplaceAll(uuid.NewString(), "-", "")
	roles := map[string]struct{ options, says string }{
		"koppel_test_bypass_" + suffix: {"LOGIN BYPASSRLS", "BYPASSRLS"},
		"koppel_test_member_" + suffix: {"LOGIN IN ROLE postgres", "superuser"},
		"koppel_test_nobody_" + suffix: {"LOGIN", "is not koppel_app"},
		"koppel_test_engine_" + suffix: {"LOGIN IN ROLE koppel_engine", "is not koppel_app"},
	}
	refused := map[string]string{"postgres": "superuser", "koppel_engine": "is not koppel_app"}
	for role, r := range roles {
		if _, err := owner.Exec(t.Context(), "CREATE ROLE "+role+" "+r.options); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = owner.Exec(context.Background(), "DROP ROLE "+role) }()
		refused[role] = r.says
	}
	for role, says := range refused {
		_, err := store.Open(t.Context(), store.Config{DSN: env.Server.DSN(env.Database, role), Role: store.App})
		wantKind(t, err, koppel.KindPermission, says, role, "koppel_app")
	}
	member := "koppel_test_app_" + suffix
	if _, err := owner.Exec(t.Context(), "CREATE ROLE "+member+" LOGIN IN ROLE koppel_app"); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = owner.Exec(context.Background(), "DROP ROLE "+member) }()
	db, err := store.Open(t.Context(), store.Config{DSN: env.Server.DSN(env.Database, member), Role: store.App})
	if err != nil {
		t.Fatalf("a member of koppel_app is refused: %v", err)
	}
	db.Close()
}

func TestOpenNeverShowsThePassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://koppel_app:hunter2secret@127.0.0.1:1/koppel?connect_timeout=2",
		"postgres://koppel_app:hunter2secret@127.0.0.1:port/koppel",
		"host=127.0.0.1 port=1 user=koppel_app password=hunter2secret dbname='",
	} {
		_, err := store.Open(t.Context(), store.Config{DSN: dsn, Role: store.App})
		if err == nil {
			t.Fatalf("opened %s", dsn)
		}
		if strings.Contains(err.Error(), "hunter2secret") {
			t.Errorf("error shows the password: %v", err)
		}
	}
}

func TestADatabaseThatIsAwayIsAPassingErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	bin, err := localpg.Ensure(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg := localpg.Config{Dir: dir, Binaries: bin, FastUnsafe: true, Settings: map[string]string{"shared_buffers": "16MB", "max_connections": "20"}}
	server, err := localpg.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := localpg.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	owner, err := pgx.Connect(t.Context(), server.DSN("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "CREATE ROLE koppel_app LOGIN"); err != nil {
		t.Fatal(err)
	}
	_ = owner.Close(t.Context())
	db, err := store.Open(t.Context(), store.Config{DSN: server.DSN("postgres", "koppel_app"), Role: store.App})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := server.Stop(localpg.Fast); err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), store.Queues(), func(tx *store.Tx) error { return nil })
	wantKind(t, err, koppel.KindInternal, server.SocketDir(), "koppel_app")
	if !koppel.KindOf(err).Passes() {
		t.Error("the error does not pass by itself")
	}
	if _, err := localpg.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for db.Ping(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatal("the pool does not find a database that is back")
		}
	}
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	a, b := env.Webshop(t, "a"), env.Webshop(t, "b")
	var tries [2]int
	var met sync.WaitGroup
	met.Add(2)
	rename := func(i int, first, second store.Webshop) error {
		return env.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
			tries[i]++
			if err := store.LockWebshopForTest(t.Context(), tx, first.ID); err != nil {
				return err
			}
			if tries[i] == 1 { // both hold their first row before either asks for its second
				met.Done()
				met.Wait()
			}
			return store.LockWebshopForTest(t.Context(), tx, second.ID)
		})
	}
	errs := make(chan error, 2)
	go func() { errs <- rename(0, a, b) }()
	go func() { errs <- rename(1, b, a) }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if tries[0]+tries[1] != 3 {
		t.Errorf("tried %v times, want one of the two tried twice", tries)
	}
}

func TestInTxNeedsAScopeAndRollsBack(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	wantKind(t, env.App.InTx(t.Context(), store.Scope{}, func(*store.Tx) error { return nil }), koppel.KindInvalidRequest)
	wantKind(t, env.App.InTx(t.Context(), store.ForWebshop(0), func(*store.Tx) error { return nil }), koppel.KindInvalidRequest)
	wantKind(t, env.Engine.InTx(t.Context(), store.AllWebshops(), func(*store.Tx) error { return nil }), koppel.KindPermission)
	boom := koppel.E(koppel.KindConflict, "test", "boom")
	err := env.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
		if _, err := tx.CreateOrganisation(t.Context(), "never"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error %v, want the function's own", err)
	}
	page := in(t, env.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Page[store.Organisation], error) {
		return tx.Organisations(ctx, 0, "")
	})
	if len(page.Items) != 0 {
		t.Errorf("rolled back, yet there are %v", page.Items)
	}
}

func TestATransactionThatStoppedLosesItsLocks(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	shop := env.Webshop(t, "shop")
	impatient, err := store.Open(t.Context(), store.Config{DSN: env.AppDSN + "&idle_in_transaction_session_timeout=300ms", Role: store.App})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(impatient.Close)
	err = impatient.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
		if err := store.LockWebshopForTest(t.Context(), tx, shop.ID); err != nil {
			return err
		}
		// While this one says nothing, another gets the lock.
		return env.App.InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
			return store.LockWebshopForTest(t.Context(), tx, shop.ID)
		})
	})
	if err == nil {
		t.Error("the stopped transaction committed")
	}
	if own := store.SettingForTest(t, env.Engine, "idle_in_transaction_session_timeout"); own != "15s" {
		t.Errorf("a connection waits %s for a stopped client", own)
	}
	for name, db := range map[string]*store.DB{"the server": env.App, "a worker": env.Engine} {
		if jit := store.SettingForTest(t, db, "jit"); jit != "off" {
			t.Errorf("%s has its statements compiled: jit is %s", name, jit)
		}
	}
}

func TestAPanicGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	for range 20 {
		func() {
			defer func() { _ = recover() }()
			_ = env.App.InTx(t.Context(), store.AllWebshops(), func(*store.Tx) error { panic("test") })
		}()
	}
	if inUse, _, _ := env.App.Pool(); inUse != 0 {
		t.Errorf("%d connections are still in use", inUse)
	}
}

func TestErrorsHoldNoValuesOfRows(t *testing.T) {
	t.Parallel()
	env := storetest.New(t)
	insert := `INSERT INTO connector (name) VALUES ($1)`
	if err := store.ExecForTest(t.Context(), env.App, insert, "hunter2secret"); err != nil {
		t.Fatal(err)
	}
	err := store.ExecForTest(t.Context(), env.App, insert, "hunter2secret")
	wantKind(t, err, koppel.KindConflict, "connector_pkey")
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(cause.Error(), "hunter2secret") {
			t.Errorf("the error shows the row: %v", cause)
		}
	}
}
