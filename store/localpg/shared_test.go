package localpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSharedIsOneServerAndStaysWhileItIsUsed(t *testing.T) {
	t.Parallel()
	a, err := Shared(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Shared(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.PID() != b.PID() {
		t.Errorf("two shared servers: %d and %d", a.PID(), b.PID())
	}
	if got := query(t, Config{Binaries: mustFind(t)}, a, "SELECT current_setting('fsync') || current_setting('max_connections')"); got != "off400" {
		t.Errorf("settings = %s, want off400", got)
	}
}

func TestTheWatcherStopsAServerNobodyUses(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("flock"); err != nil {
		t.Log("no flock program: the shared server is left running here, by design")
		return
	}
	cfg := config(t)
	s := mustStart(t, cfg)
	users, err := openLock(filepath.Join(s.Dir(), "users"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := flock(ctx, users, syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if err := watch(s, cfg.Binaries, 50*time.Millisecond, 3); err != nil {
		t.Fatal(err)
	}
	used, cancelUsed := context.WithTimeout(ctx, time.Second)
	defer cancelUsed()
	if err := wait(used, func() bool { return !runs(s.PID(), s.data) }); err == nil {
		t.Fatal("a server in use was stopped")
	}
	users.Close()
	if err := wait(ctx, func() bool { return !runs(s.PID(), s.data) }); err != nil {
		t.Fatal("an unused server was not stopped")
	}
	if _, err := os.Stat(filepath.Join(s.data, "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("it was not stopped in order: %v", err)
	}
}

func mustFind(t *testing.T) Binaries {
	t.Helper()
	b, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
