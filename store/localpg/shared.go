package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// sharedSettings are those of the test cluster: many packages with many small pools at once.
var sharedSettings = map[string]string{
	"max_connections":    "400",
	"shared_buffers":     "128MB",
	"autovacuum_naptime": "60s",
	"max_wal_size":       "1GB",
	"checkpoint_timeout": "30min",
	"wal_level":          "minimal",
	"max_wal_senders":    "0",
}

// holding keeps the shared lock on the list of users of the test cluster for as long as this process lives.
var holding struct {
	sync.Mutex
	server *Server
	users  *os.File
}

// Shared gives the test cluster of this machine user and set of binaries: fsync off, 400 connections, in the
// user's cache directory. It is started on demand; packages tested in parallel, each in its own process, share it.
// It is left running between packages and stops by itself two minutes after the last process that called Shared
// has ended, killed or not (where the program flock is missing it is left running and adopted next time). Callers
// must not stop it. A nil log is silent.
func Shared(ctx context.Context, log *slog.Logger) (*Server, error) {
	holding.Lock()
	defer holding.Unlock()
	if s := holding.server; s != nil && runs(s.pm.pid, s.data) {
		return s, nil
	}
	bin, err := Ensure(ctx, log)
	if err != nil {
		return nil, err
	}
	dir, err := prepareDir(sharedDir(bin))
	if err != nil {
		return nil, err
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if holding.users == nil {
		if holding.users, err = openLock(filepath.Join(dir, "users")); err != nil {
			return nil, err
		}
	}
	if err := flock(ctx, holding.users, syscall.LOCK_SH); err != nil {
		return nil, err
	}
	s, err := start(ctx, Config{Settings: sharedSettings, FastUnsafe: true, Log: log}, bin, dir)
	if err != nil {
		return nil, err
	}
	holding.server = s
	return s, watch(s, bin, 5*time.Second, 24)
}

func sharedDir(bin Binaries) string {
	h := sha256.New()
	fmt.Fprintln(h, bin.Dir, bin.Full)
	for _, key := range slices.Sorted(maps.Keys(sharedSettings)) {
		fmt.Fprintln(h, key, sharedSettings[key])
	}
	name := "pg-" + hex.EncodeToString(h.Sum(nil)[:6])
	cache, err := os.UserCacheDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "koppel-"+strconv.Itoa(os.Geteuid()), name)
	}
	return filepath.Join(cache, "koppel", name)
}

// watcher waits until nobody has held the users' lock (4) for $4 looks of $3 seconds, and then stops the server
// under the cluster's lock (3), so that nobody can adopt it while it goes. It holds its own lock (5): there is one.
const watcher = `
flock -n 5 || exit 0
idle=0
while :; do
	sleep "$3"
	if flock -n 4; then flock -u 4; idle=$((idle + 1)); else idle=0; fi
	[ "$idle" -ge "$4" ] || continue
	flock 3
	if flock -n 4; then
		exec "$1" stop -D "$2" -m fast -w 5>&-
	fi
	flock -u 3
	idle=0
done`

// watch starts the process that ends an unused server, unless one is there. It gets files of its own, opened by
// us: the account it runs as may not reach them, and a lock belongs to the opened file.
func watch(s *Server, bin Binaries, every time.Duration, looks int) error {
	if _, err := exec.LookPath("flock"); err != nil {
		return nil
	}
	acct, err := accountFor(s.data)
	if err != nil {
		return err
	}
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for _, name := range []string{"lock", "users", "watcher"} {
		f, err := openLock(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	cmd := acct.command(context.Background(), "/bin/sh", "-c", watcher, "sh",
		bin.Path("pg_ctl"), s.data, strconv.FormatFloat(every.Seconds(), 'f', -1, 64), strconv.Itoa(looks))
	cmd.ExtraFiles = files
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("localpg: start the watcher of the test cluster: %w", err)
	}
	go cmd.Wait() // reaps it; how it ends is its own affair
	return nil
}
