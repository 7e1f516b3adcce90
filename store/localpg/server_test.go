package localpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// config is that of a fresh cluster, removed when the test ends.
func config(t *testing.T) Config {
	t.Helper()
	bin, err := Ensure(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pg")
	t.Cleanup(func() {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return Config{Dir: dir, Binaries: bin, FastUnsafe: true, Settings: map[string]string{"shared_buffers": "16MB", "max_connections": "20"}}
}

func mustStart(t *testing.T, cfg Config) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func query(t *testing.T, cfg Config, s *Server, sql string) string {
	t.Helper()
	out, err := exec.Command(cfg.Binaries.Path("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, s.DSN("postgres", "postgres")).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestStartRunsAClusterOnASocketOnly(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	s := mustStart(t, cfg)
	if s.Adopted() {
		t.Error("a fresh server says it was adopted")
	}
	got := query(t, cfg, s, `SELECT concat_ws('|', current_user, current_setting('listen_addresses'), current_setting('fsync'),
		current_setting('shared_buffers'), current_setting('server_encoding'), lower('Ü'))`)
	if want := "postgres||off|16MB|UTF8|ü"; got != want {
		t.Errorf("server says %q, want %q", got, want)
	}
	info, err := os.Stat("/proc/" + strconv.Itoa(s.PID()))
	if err == nil && info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("the server runs as root")
	}
	if len(s.SocketDir())+len("/.s.PGSQL.5432") > 107 {
		t.Errorf("socket path in %s is too long", s.SocketDir())
	}
}

func TestStartAdoptsARunningServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := mustStart(t, cfg)
	second := mustStart(t, cfg)
	if !second.Adopted() || second.PID() != first.PID() || second.DSN("a", "b") != first.DSN("a", "b") {
		t.Errorf("second start gave pid %d (adopted %v), want to adopt %d", second.PID(), second.Adopted(), first.PID())
	}
	cfg.Settings = map[string]string{"shared_buffers": "16MB", "max_connections": "21"}
	third := mustStart(t, cfg)
	if third.Adopted() || third.PID() == first.PID() {
		t.Error("a server with other settings was adopted")
	}
	if got := query(t, cfg, third, "SHOW max_connections"); got != "21" {
		t.Errorf("max_connections = %s, want 21", got)
	}
}

func TestStartsAtOnceShareOneServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	pids := make(chan int)
	for range 4 {
		go func() {
			s, err := Start(context.Background(), cfg)
			if err != nil {
				t.Error(err)
				pids <- 0
				return
			}
			pids <- s.PID()
		}()
	}
	first := <-pids
	for range 3 {
		if pid := <-pids; pid != first {
			t.Errorf("two servers: %d and %d", first, pid)
		}
	}
}

func TestImmediateStopAndRestartKeepCommittedRows(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.FastUnsafe = false
	s := mustStart(t, cfg)
	query(t, cfg, s, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	if err := s.Stop(Immediate); err != nil {
		t.Fatal(err)
	}
	if runs(s.PID(), s.data) {
		t.Fatal("the server runs after Stop")
	}
	if err := s.Stop(Fast); err != nil {
		t.Errorf("stopping a stopped server: %v", err)
	}
	again := mustStart(t, cfg)
	if again.Adopted() {
		t.Error("a stopped server was adopted")
	}
	if got := query(t, cfg, again, "SELECT n FROM kept"); got != "42" {
		t.Errorf("row = %s, want 42", got)
	}
	log, err := os.ReadFile(again.LogPath())
	if err != nil || !strings.Contains(string(log), "automatic recovery in progress") {
		t.Errorf("the log does not tell of a recovery (%v)", err)
	}
}

func TestStartAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.FastUnsafe = false
	s := mustStart(t, cfg)
	query(t, cfg, s, "CREATE TABLE kept (n int)")
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := mustStart(t, cfg)
	if again.PID() == s.PID() {
		t.Fatal("the killed server was adopted")
	}
	if got := query(t, cfg, again, "SELECT count(*) FROM kept"); got != "0" {
		t.Errorf("count = %s, want 0", got)
	}
}

// A pid file that names a live process of somebody else, here this test, stops PostgreSQL from starting.
func TestStartSeesThroughAPidFileOfAnotherProgram(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	s := mustStart(t, cfg)
	pidFile := filepath.Join(s.data, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(Fast); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	again := mustStart(t, cfg)
	if again.PID() == os.Getpid() || again.Adopted() {
		t.Error("a stale pid file was believed")
	}
	if got := query(t, cfg, again, "SELECT 1"); got != "1" {
		t.Errorf("SELECT 1 = %s", got)
	}
}

func TestALongDirectoryGetsAShortSocket(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("long/", 30) + "data"
	got, err := socketDir(account{}, "", long)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(got) })
	if len(got) > longestSocketDir || filepath.Dir(got) != filepath.Clean(os.TempDir()) {
		t.Errorf("socket directory %s", got)
	}
	if _, err := socketDir(account{}, long, "/x"); err == nil || !strings.Contains(err.Error(), "shorter SocketDir") {
		t.Errorf("a socket directory that was asked for and is too long: %v", err)
	}
}

func TestStartRefusesAClusterOfAnotherVersion(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	s := mustStart(t, cfg)
	if err := s.Stop(Fast); err != nil {
		t.Fatal(err)
	}
	cfg.Binaries.Major++
	if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "was made by PostgreSQL") {
		t.Errorf("error = %v", err)
	}
}

func TestTCPNeedsAPassword(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Port = freePort(t)
	s := mustStart(t, cfg)
	query(t, cfg, s, "CREATE ROLE visitor LOGIN PASSWORD 'open sesame'")
	visit := func(password string) error {
		cmd := exec.Command(cfg.Binaries.Path("psql"), "-XAtqw", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port()), "-U", "visitor", "-c", "SELECT 1", "postgres")
		cmd.Env = []string{"PGPASSWORD=" + password}
		return cmd.Run()
	}
	if err := visit("open sesame"); err != nil {
		t.Errorf("with the password: %v", err)
	}
	if err := visit("wrong"); err == nil {
		t.Error("a wrong password logs in over TCP")
	}
}
